"""The cost of an Idempotency-Key: a create without one, with one, and its repetition.

python -m benchmarks.replays --rounds 5 --requests 1000
"""

import argparse
import json
import statistics
import tempfile
import time
from base64 import b64encode
from http.client import HTTPConnection
from urllib.parse import urlsplit
from uuid import uuid4

from benchmarks.measuring import Running, processor_seconds, running
from tests.postgres import Postgres

FIELDS = {"Authorization": "Basic " + b64encode(b"john:john").decode(), "Content-Type": "application/json"}
ARTICLE = json.dumps({"title": "A title", "body": "A body " * 40, "tags": ["a", "b"]})


def create(server: Running, keys: list[str | None], *, replayed: bool = False) -> tuple[float, float]:
    """Create an article with each key, and return processor microseconds and milliseconds a request."""
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    before, started = processor_seconds(server.pid), time.perf_counter()
    for key in keys:
        connection.request("POST", "/articles", ARTICLE, FIELDS | ({"Idempotency-Key": key} if key else {}))
        answer = connection.getresponse()
        answer.read()
        assert (answer.status, answer.getheader("Idempotent-Replayed") == "true") == (201, replayed), answer.status
    spent, passed = processor_seconds(server.pid) - before, time.perf_counter() - started
    return spent * 1e6 / len(keys), passed * 1e3 / len(keys)


def main() -> None:
    """Measure in interleaved rounds, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=1000)
    options = parser.parse_args()
    postgres = Postgres()
    print("| Database | Job | CPU µs a request | ms a request | beside the first |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        urls = {"SQLite": f"sqlite:///{folder}/replays.db", "PostgreSQL": postgres.create("replays")}
        try:
            for name, url in urls.items():
                found: dict[str, list[tuple[float, float]]] = {"without a key": [], "the first": [], "repeated": []}
                with running("run.py", "serve", "--port", "0", "--database", url) as server:
                    create(server, [None] * 200)
                    for _ in range(options.rounds):
                        keys: list[str | None] = [uuid4().hex for _ in range(options.requests)]
                        found["without a key"].append(create(server, [None] * options.requests))
                        found["the first"].append(create(server, keys))
                        found["repeated"].append(create(server, keys, replayed=True))
                for job, rounds in found.items():
                    cpu, took = (statistics.median(each[index] for each in rounds) for index in (0, 1))
                    firsts = zip(rounds, found["the first"], strict=True)
                    ratio = statistics.median(each[0] / first[0] for each, first in firsts)
                    print(f"| {name} | {job} | {cpu:.0f} | {took:.2f} | {ratio:.2f} |")
        finally:
            postgres.stop()


if __name__ == "__main__":
    main()
