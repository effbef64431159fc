"""Bytes: random ones, the same for the same seed, whole or chunked.

curl -i 'http://127.0.0.1:8000/httpbin/bytes/10?seed=0' --output -
"""

from http import HTTPStatus

from api.rules.seeded import seeded_bytes
from api.web.compat import LARGEST, Answer, Compat, Number, answers

OCTETS = "application/octet-stream"
MOST = 100 * 1024
# More chunks would only keep the server busy.
MOST_CHUNKS = 1000
COUNT = Number("n", "Bytes; more than 102,400 count as 102,400.", 0, MOST, clamped=True, example="10")
SEED = Number("seed", "The same seed gives the same bytes.", -LARGEST, LARGEST)


class Bytes(Compat):
    """Random bytes."""

    paths = ("/bytes/<n>",)
    group = "Bytes"
    parameters = (COUNT, SEED)

    @answers(200, OCTETS)
    def get(self, n: int, seed: int | None) -> Answer:
        """Return random bytes; with a seed the same each time."""
        return seeded_bytes(n, seed), HTTPStatus.OK, {"Content-Type": OCTETS}


class StreamBytes(Compat):
    """Random bytes, chunked."""

    paths = ("/stream-bytes/<n>",)
    group = "Bytes"
    parameters = (
        COUNT,
        SEED,
        Number("chunk_size", "Bytes of a chunk; there are at most 1,000.", 1, LARGEST, 10 * 1024),
    )

    @answers(200, OCTETS)
    def get(self, n: int, seed: int | None, chunk_size: int) -> Answer:
        """Return random bytes in chunks, without a length."""
        content = seeded_bytes(n, seed)
        size = max(chunk_size, -(-n // MOST_CHUNKS))
        chunks = (content[at : at + size] for at in range(0, n, size))
        return chunks, HTTPStatus.OK, {"Content-Type": OCTETS}
