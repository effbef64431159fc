"""The effect of the largest request fields, from 16 connections at once, on an ordinary client.

    python -m benchmarks.fields --seconds 3

The ordinary client asks for `/hello`, 200 times a second. It does so while the server is idle, while 16 connections
send ordinary requests, and while 16 connections send each field at its largest, over HTTP/1.1 and over HTTP/2; each
connection sends its next request when the last is answered. It prints for each field: requests answered a second and
their statuses; the ordinary client's median and 99th percentile, and its ratio to the idle one; the peak of memory.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import uvloop
from hpack import Encoder
from hyperframe.frame import ContinuationFrame, HeadersFrame, SettingsFrame, WindowUpdateFrame

from benchmarks.measuring import Peak, resident_mib, running

CONNECTIONS = 16
PAUSE = 0.005  # seconds between two requests of the ordinary client
LINE = 16_000  # characters of a value: with its name it is below the cap of one field, 16 KiB
Fields = list[tuple[str, str]]


def repeated(name: str, piece: str, lines: int = 1, size: int = LINE) -> Fields:
    """So many lines of a field, each filled with repetitions of a piece."""
    return [(name, (piece * (size // len(piece) + 1))[:size])] * lines


def attacks() -> Iterator[tuple[str, Fields]]:
    """Each field that the server reads, with the values that took longest to read, up to the limits and above them."""
    yield "nothing more", []
    yield "24 lines of Accept", repeated("accept", "a/b,", 24)
    yield "Accept of 390 kB", repeated("accept", "a/b,", size=390_000)
    yield "Accept of 6 MB", repeated("accept", "a/b,", size=6_000_000)
    for piece in ("*/*,", "a/b,", "a/b;q=0.1,", '"'):
        yield f"Accept, two lines of {piece}", repeated("accept", piece, 2)
    yield "Accept, 100 members", [("accept", ",".join(f"*/*;a{n}={'a' * 300}" for n in range(50)))]
    for name in ("if-match", "if-none-match", "if-range"):
        yield f"{name}, two lines of tags", repeated(name, '"a",', 2)
        yield f"{name}, 100 tags", [(name, ",".join(f'"{n:0155}"' for n in range(100)))]
    yield "Prefer", repeated("prefer", "return=x,", 2)
    yield "Cookie", repeated("cookie", "session=a;")
    yield "Cookie, semicolons", repeated("cookie", ";")
    yield "Authorization, Basic", [("authorization", "Basic " + "QUFB" * 3900)]
    yield "Authorization, Bearer", [("authorization", "Bearer " + "a" * 15_900)]
    yield "Content-Type", repeated("content-type", "a/b;a=b;", 2)
    yield "Content-Disposition", repeated("content-disposition", '"')
    yield "Content-Digest", repeated("content-digest", "a=(b b b b),", 2)
    yield "Want-Repr-Digest", repeated("want-repr-digest", "a;b;", 2)
    yield "Idempotency-Key", repeated("idempotency-key", '"a";a=b')
    yield "Range", repeated("range", "bytes=0-1,", 2)
    yield "X-Forwarded-For", repeated("x-forwarded-for", "127.0.0.1,", 2)
    yield "traceparent", repeated("traceparent", "00-", 2)
    yield "Link", repeated("link", "<a>;", 2)
    yield "99 unknown names", [(f"x-{n}-{'a' * 300}", "b") for n in range(98)]


def over_1(fields: Fields) -> bytes:
    """The bytes of the request for HTTP/1.1."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in [("host", "test"), *fields])
    return f"GET /hello HTTP/1.1\r\n{lines}\r\n".encode()


async def attack_over_1(port: int, request: bytes, until: float, seen: Counter[str]) -> None:
    """Send the request repeatedly over one connection; open a new one if the server closes it."""
    while time.perf_counter() < until:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while time.perf_counter() < until:
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                seen[head[9:12].decode()] += 1
                length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                if b"connection: close" in head.lower():
                    break
            writer.close()
        except (OSError, EOFError):
            seen["cut"] += 1


class Streams:
    """One connection of HTTP/2, as prepared frames, so that the client takes less time than the server."""

    def __init__(self, fields: Fields) -> None:
        pseudo = [(":method", "GET"), (":scheme", "http"), (":path", "/hello"), (":authority", "test")]
        encoder = Encoder()
        encoder.header_table_size = 0  # each request is then the same bytes
        block = encoder.encode([*pseudo, *fields], huffman=False)
        pieces = [block[at : at + 16_000] for at in range(0, len(block), 16_000)]
        frames = [HeadersFrame(1, data=pieces[0], flags=["END_STREAM"])]
        frames += [ContinuationFrame(1, data=piece) for piece in pieces[1:]]
        frames[-1].flags.add("END_HEADERS")
        self.frames = [frame.serialize() for frame in frames]

    def request(self, number: int) -> bytes:
        """The frames of a request on this stream."""
        return b"".join(frame[:5] + number.to_bytes(4) + frame[9:] for frame in self.frames)

    async def attack(self, port: int, until: float, seen: Counter[str]) -> None:
        """Send the request repeatedly, like `attack_over_1`."""
        opening = SettingsFrame(0, settings={SettingsFrame.INITIAL_WINDOW_SIZE: 2**30}).serialize()
        opening += WindowUpdateFrame(0, window_increment=2**30).serialize()
        while time.perf_counter() < until:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + opening)
                for number in range(1, 2**31, 2):
                    writer.write(self.request(number))
                    seen[await self.answered(reader)] += 1
                    if time.perf_counter() > until:
                        break
                writer.close()
            except (OSError, EOFError):
                seen["cut"] += 1

    async def answered(self, reader: asyncio.StreamReader) -> str:
        """Wait for the end of the stream, and return the status that its size shows."""
        size = 0
        while True:
            head = await reader.readexactly(9)
            length, kind, flags = int.from_bytes(head[:3]), head[3], head[4]
            await reader.readexactly(length)
            if kind in (3, 7):  # RST_STREAM, GOAWAY
                return "reset"
            size += length if kind == 0 else 0
            if kind in (0, 1) and flags & 1:
                return "200" if 0 < size < 30 else "refused"


async def attack(port: int, version: str, fields: Fields, seconds: float) -> Counter[str]:
    """Attack over all connections at once; return the number of answers by status."""
    seen: Counter[str] = Counter()
    until = time.perf_counter() + seconds
    if version == "2":
        streams = Streams(fields)
        await asyncio.gather(*(streams.attack(port, until, seen) for _ in range(CONNECTIONS)))
    else:
        await asyncio.gather(*(attack_over_1(port, over_1(fields), until, seen) for _ in range(CONNECTIONS)))
    return seen


def ordinary(port: int, seconds: float) -> list[float]:
    """Milliseconds of each request of the ordinary client."""
    client = HTTPConnection("127.0.0.1", port, timeout=60)
    found, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until:
        begun = time.perf_counter()
        client.request("GET", "/hello")
        answer = client.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        found.append((time.perf_counter() - begun) * 1000)
        time.sleep(PAUSE)
    return found


def percentiles(found: list[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    return statistics.median(found), sorted(found)[int(len(found) * 0.99)]


def main() -> None:
    """Measure, or act as the attacker, which is a separate process so that the two clients do not delay each other."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--workers", default="1")
    parser.add_argument("--attack", nargs=3, metavar=("PORT", "VERSION", "NAME"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.attack:
        port, version, name = options.attack
        seen = uvloop.run(attack(int(port), version, dict(attacks())[name], options.seconds))
        print(", ".join(f"{count / options.seconds:,.0f} × {status}" for status, count in seen.most_common()))
        return
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'fields.db'}"
        serve = ("run.py", "serve", "--port", "0", "--workers", options.workers, "--database", database)
        with running(*serve, LOG_FILE=os.devnull) as server:
            port = urlsplit(server.url).port
            ordinary(port, options.seconds)
            p50, idle = percentiles(ordinary(port, 3 * options.seconds))
            memory = resident_mib(server.pid)
            print(f"idle: p50 {p50:.2f} ms, p99 {idle:.2f} ms, {memory:.0f} MiB")
            print("| 16 connections send | over | answers a second | /hello p50, ms | p99, ms | × idle | MiB |")
            print("|---|---|---|---|---|---|---|")
            for name, _ in attacks():
                for version in ("1.1", "2"):
                    command = [sys.executable, "-m", "benchmarks.fields", "--seconds", str(options.seconds + 1)]
                    with Peak(server.pid, every=0.25) as peak:
                        attacker = subprocess.Popen(
                            [*command, "--attack", str(port), version, name], stdout=subprocess.PIPE, text=True
                        )
                        time.sleep(0.7)  # until the attack runs
                        p50, p99 = percentiles(ordinary(port, options.seconds - 0.5))
                        said = attacker.communicate()[0].strip()
                    print(
                        f"| {name} | {version} | {said} | {p50:.2f} | {p99:.2f} | {p99 / idle:.1f} | {peak.mib:.0f} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
