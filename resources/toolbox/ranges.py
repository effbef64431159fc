"""A part of a resource, by Range: as httpbin answers, or strictly as RFC 9110 says.

curl -i http://127.0.0.1:8000/httpbin/range/26 -H 'Range: bytes=-5'
"""

import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from uuid import uuid4

from api.rules.alphabet import letters
from api.rules.pace import Due, spread
from api.rules.problems import NotFound
from api.rules.ranges import Part, read_range
from api.web.compat import LARGEST, Answer, Compat, Number, Text, answers, current_request
from api.web.waits import paced
from resources.toolbox.pacing import LIMIT

OCTETS = "application/octet-stream"
MOST = 100 * 1024
SEVERAL = re.compile(r"bytes=([0-9, \t-]{1,500})", re.IGNORECASE)
BACKWARDS = re.compile(r"bytes=[0-9]+-[0-9]+", re.IGNORECASE)
MOST_PARTS = 10


class Range(Compat):
    """Letters, of which a Range field asks for a part."""

    paths = ("/range/<n>",)
    group = "Bytes"
    parameters = (
        Number("n", "Bytes, from 1 to 102,400; others are 404.", 1, MOST, checked=False, example="26"),
        Number("duration", "Seconds from the first byte to the last.", 0, 60, 0, whole=False, setting=LIMIT),
        Number("chunk_size", "Bytes that are due together.", 1, LARGEST, 10 * 1024),
        Text("strict", "`1`: exactly as RFC 9110 §14 says."),
    )

    @answers(200, OCTETS, also=(206, 416), refuses=[NotFound])
    def get(self, n: int, duration: float, chunk_size: int, strict: str | None) -> Answer:
        """Return letters, or the part that Range asks for."""
        exact = strict not in (None, "0", "false")
        tag = f'"range{n}"' if exact else f"range{n}"
        fields = {"ETag": tag, "Accept-Ranges": "bytes"}
        if not 1 <= n <= MOST:
            raise NotFound(f"The number of bytes is from 1 to {MOST:,}.", headers=fields)
        asked = current_request().environ.get("HTTP_RANGE", "")
        if current_request().environ.get("HTTP_IF_RANGE", tag) != tag and exact:
            asked = ""
        parts = parts_of(asked, n, exact=exact)
        if len(parts) > 1:
            return several(parts, n, fields)
        [part] = parts or [Part(0, n)]
        if part.start >= part.stop or part.stop > n:
            return None, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, {**fields, "Content-Range": f"bytes */{n}"}
        whole = not parts if exact else part == (0, n)
        fields |= {"Content-Type": OCTETS, "Content-Length": str(part.stop - part.start)}
        if not (exact and whole):
            fields["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{n}"
        status = HTTPStatus.OK if whole else HTTPStatus.PARTIAL_CONTENT
        if not duration:
            return letters(*part), status, fields
        return paced(0, timed_letters(part, duration, chunk_size), duration), status, fields


def parts_of(field: str, length: int, *, exact: bool) -> list[Part]:
    """The parts that a Range field asks for; an empty list: all of it."""
    if exact:
        several = SEVERAL.fullmatch(field)
        found = [read_range(f"bytes={each}", length) for each in (several[1].split(",") if several else ())]
        if None in found or len(found) > MOST_PARTS:
            return []
        parts = [each for each in found if each]
        # Those that can be satisfied count (RFC 9110 §14.2).
        return [each for each in parts if each.start < each.stop] or parts[:1]
    found_part = read_range(field, LARGEST)
    if found_part is None:
        # httpbin: a range that ends before it starts cannot be satisfied. Anything else is ignored.
        return [Part(length, length)] if BACKWARDS.fullmatch(field) else []
    last = re.search("-([0-9]{1,18})?[ \t]*$", field)
    if field.partition("=")[2].strip().startswith("-"):
        return [read_range(field, length) or Part(0, length)]
    # httpbin: an end beyond the content cannot be satisfied.
    return [Part(found_part.start, found_part.stop if last and last[1] else max(length, found_part.start))]


def timed_letters(part: Part, seconds: float, chunk: int) -> Iterator[Due]:
    """The letters of a part, and when they are due."""
    at = part.start
    for due, size in spread(part.stop - part.start, seconds, piece=chunk):
        yield due, letters(at, at + size)
        at += size


def several(parts: Sequence[Part], length: int, fields: dict[str, str]) -> Answer:
    """Several parts in one answer (RFC 9110 §14.6)."""
    boundary = uuid4().hex
    content = b"".join(
        f"--{boundary}\r\nContent-Type: {OCTETS}\r\nContent-Range: bytes {each.start}-{each.stop - 1}/{length}"
        "\r\n\r\n".encode()
        + letters(*each)
        + b"\r\n"
        for each in parts
    )
    kind = f"multipart/byteranges; boundary={boundary}"
    return content + f"--{boundary}--\r\n".encode(), HTTPStatus.PARTIAL_CONTENT, {**fields, "Content-Type": kind}
