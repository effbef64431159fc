"""Stops a server under load, and counts the requests that are cut off or refused.

python -m benchmarks.stops --rounds 50 --drain 0

In each round, clients that open a connection for each request and clients that keep theirs read an article from a
server of several workers, until SIGTERM has ended it. Refused: no server listened, and nothing was sent. Cut: a request
was sent, and there was no answer. The exit status is 1 if a request was cut on a new connection, or a server did not
end cleanly.
"""

import argparse
import os
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.measuring import started

REQUEST = b"GET /articles/1 HTTP/1.1\r\nHost: a\r\n\r\n"
PATIENCE = 15.0  # seconds; an answer that takes longer counts as cut


def answered(connection: socket.socket) -> bytes | None:
    """One complete answer, or None if the connection ends before."""
    data = b""
    while True:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
        head, found, body = data.partition(b"\r\n\r\n")
        if found and len(body) >= int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]):
            return data


class Client(threading.Thread):
    """Sends requests until no server listens; their results are in `counts`."""

    def __init__(self, address: tuple[str, int], *, keeps: bool) -> None:
        super().__init__(daemon=True)
        self.address, self.keeps = address, keeps
        self.counts: Counter[str] = Counter()

    def run(self) -> None:
        """Send requests, over one connection after another."""
        while self.ask_on_one():
            pass

    def ask_on_one(self) -> bool:
        """Send one request on a new connection, or requests until the server closes it. False: no server listens."""
        try:
            connection = socket.create_connection(self.address, PATIENCE)
        except OSError:
            self.counts["refused"] += 1
            return False
        used = 0
        with connection:
            while True:
                try:
                    connection.sendall(REQUEST)
                    data = answered(connection)
                except OSError:
                    data = None
                if data is None:
                    self.counts["cut, kept connection" if used else "cut, new connection"] += 1
                    return True
                used += 1
                self.counts["answered" if data.startswith(b"HTTP/1.1 200") else "another status"] += 1
                if not self.keeps or b"connection: close" in data.lower():
                    return True


def stop_once(options: argparse.Namespace, database: str) -> tuple[Counter[str], float, int]:
    """Stop a server under load; return the results of the requests, the seconds to stop, and the exit status."""
    arguments = ("run.py", "serve", "--port", "0", "--workers", str(options.workers), "--database", database)
    process, server = started(*arguments, DRAIN_SECONDS=str(options.drain))
    where = urlsplit(server.url)
    clients = [
        Client((str(where.hostname), int(where.port or 0)), keeps=number % 2 == 1) for number in range(options.clients)
    ]
    for client in clients:
        client.start()
    time.sleep(0.3 + int.from_bytes(os.urandom(1), "big") / 1000)  # a random moment under load
    begun = time.perf_counter()
    process.terminate()
    status = process.wait(30)
    seconds = time.perf_counter() - begun
    for client in clients:
        client.join(PATIENCE + 5)
    return sum((client.counts for client in clients), Counter()), seconds, status


def main() -> None:
    """Stop a server in each round, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--clients", type=int, default=16, help="half of them keep their connections")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--drain", type=float, default=0, help="DRAIN_SECONDS")
    options = parser.parse_args()
    total: Counter[str] = Counter()
    took, statuses, rounds_cut = [], Counter[int](), 0
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            counts, seconds, status = stop_once(options, f"sqlite:///{Path(folder) / 'stops.db'}")
            total += counts
            took.append(seconds)
            statuses[status] += 1
            rounds_cut += any(name.startswith("cut") for name in counts)
    for name, count in sorted(total.items()):
        print(f"{name}: {count:,}")
    print(f"stops: {options.rounds}, with something cut: {rounds_cut}; exit statuses {dict(statuses)}")
    print(f"seconds to stop: median {statistics.median(took):.2f}, longest {max(took):.2f}")
    sys.exit(bool(total["cut, new connection"] or set(statuses) != {0}))


if __name__ == "__main__":
    main()
