"""The memory and durations of uploads and downloads of 16 MiB, one and eight at once.

python -m benchmarks.uploads --rounds 5
"""

import argparse
import hashlib
import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.measuring import Peak, Running, processor_seconds, resident_mib, running
from tests.postgres import Postgres

MIB = 1024 * 1024
SIZE = 16 * MIB


def upload(server: Running, content: bytes) -> str:
    """Send a message in pieces of 64 KiB, and return its path."""
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    connection.putrequest("POST", "/messages")
    connection.putheader("Content-Type", "application/octet-stream")
    connection.putheader("Content-Length", str(len(content)))
    connection.endheaders()
    for at in range(0, len(content), 65536):
        connection.send(content[at : at + 65536])
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 201, answer.status
    return answer.headers["Location"]


def download(server: Running, place: str) -> str:
    """Read a message, and return its SHA-256."""
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    connection.request("GET", place)
    answer = connection.getresponse()
    digest = hashlib.sha256()
    while piece := answer.read(65536):
        digest.update(piece)
    return digest.hexdigest()


def measure(database: str, rounds: int) -> None:
    """Print medians over the rounds, each with a new server."""
    content = os.urandom(SIZE)
    expected = hashlib.sha256(content).hexdigest()
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        with running("run.py", "serve", "--port", "0", "--database", database, ANONYMOUS_QUOTA=str(1 << 40)) as server:
            download(server, upload(server, b"x" * MIB))
            found.setdefault("MiB idle", []).append(resident_mib(server.pid))
            with Peak(server.pid, every=0.005) as peak:
                place = upload(server, content)
            found.setdefault("MiB, one upload at its peak", []).append(peak.mib)
            with Peak(server.pid, every=0.005) as peak, ThreadPoolExecutor(8) as pool:
                list(pool.map(partial(upload, server), [content] * 8))
            found.setdefault("MiB, eight uploads at once at their peak", []).append(peak.mib)
            with Peak(server.pid, every=0.005) as peak, ThreadPoolExecutor(8) as pool:
                digests = list(pool.map(partial(download, server), [place] * 8))
            assert set(digests) == {expected}
            found.setdefault("MiB, eight downloads at once at their peak", []).append(peak.mib)
            for name, act in {
                "upload": partial(upload, server, content),
                "download": partial(download, server, place),
            }.items():
                before, started = processor_seconds(server.pid), time.perf_counter()
                act()
                found.setdefault(f"ms, one {name}", []).append((time.perf_counter() - started) * 1000)
                spent = (processor_seconds(server.pid) - before) * 1000
                found.setdefault(f"ms of processor, one {name}", []).append(spent)
    for name, values in found.items():
        print(f"| {name} | {statistics.median(values):.0f} | {min(values):.0f}–{max(values):.0f} |")


def main() -> None:
    """Measure on both databases."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print("| 16 MiB on SQLite | median | spread |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        measure(f"sqlite:///{Path(folder) / 'bench.db'}", options.rounds)
    print("\n| 16 MiB on PostgreSQL | median | spread |\n|---|---|---|")
    postgres = Postgres()
    try:
        measure(postgres.create("bench"), options.rounds)
    finally:
        postgres.stop()


if __name__ == "__main__":
    main()
