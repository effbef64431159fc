"""How things are measured: real servers on loopback, wrk as the client, processor time of the servers' processes."""

import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
READY = re.compile(r"Touchstone is ready on (\S+)")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Running:
    """A server under measurement: its URL, its first process, and the seconds that it took to answer."""

    url: str
    pid: int
    seconds: float


def started(*command: str, **environment: str) -> tuple[subprocess.Popen[str], Running]:
    """Start a server that prints the ready line; whoever starts it ends it."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "LOG_LEVEL": "warning", **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    found = READY.match(process.stdout.readline())
    assert found, "the server did not start"
    return process, Running(found[1], process.pid, time.perf_counter() - begun)


@contextmanager
def running(*command: str, **environment: str) -> Iterator[Running]:
    """Start a server that prints the ready line, and end it afterwards by the process that was started."""
    process, server = started(*command, **environment)
    try:
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def processes(pid: int) -> list[int]:
    """A process and all that came of it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in processes(int(child)))]


def processor_seconds(pid: int) -> float:
    """User and system time of a process and its children so far (proc(5), fields 14 and 15)."""
    stats = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in processes(pid)]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / TICKS


def resident_mib(pid: int) -> float:
    """Memory of a process and its children that is in RAM, shared pages counted once each (Pss)."""
    total = 0
    for each in processes(pid):
        total += int(re.search(r"Pss:\s+(\d+)", Path(f"/proc/{each}/smaps_rollup").read_text())[1])
    return total / 1024


class Peak:
    """The largest memory of a server's processes (Pss) while something runs, looked at `every` so many seconds."""

    def __init__(self, server: Running, every: float = 0.005) -> None:
        self.server, self.every = server, every
        self.mib = resident_mib(server.pid)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self) -> None:
        """Look until it is over."""
        while not self.ended.wait(self.every):
            self.mib = max(self.mib, resident_mib(self.server.pid))

    def __enter__(self) -> "Peak":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()


@dataclass(frozen=True)
class Load:
    """What one run of wrk showed: processor µs a request, requests a second, ms at the 99th percentile."""

    cpu: float
    rate: float
    p99: float


def wrk(
    server: Running,
    path: str,
    *,
    seconds: int,
    connections: int = 16,
    script: str | None = None,
    authorization: str | None = None,
) -> Load:
    """Ask for `path` from as many connections, for so long. Answers other than 2xx and 3xx fail the measurement."""
    arguments = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", server.url + path]
    if authorization:
        arguments += ["-H", f"Authorization: {authorization}"]
    before = processor_seconds(server.pid)
    out = subprocess.run(
        [*arguments, *(["-s", script] if script else [])], check=True, capture_output=True, text=True
    ).stdout
    spent = processor_seconds(server.pid) - before
    assert "Non-2xx" not in out, out
    requests = int(re.search(r"(\d+) requests in", out)[1])
    value, unit = re.search(r"99%\s+([\d.]+)(\w+)", out).groups()
    return Load(spent / requests * 1e6, requests / seconds, float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit])


def median(loads: list[Load], of: Callable[[Load], float]) -> float:
    """The median of one figure over the rounds."""
    return statistics.median(map(of, loads))


def spread(loads: list[Load], of: Callable[[Load], float]) -> str:
    """The lowest and the highest of one figure over the rounds."""
    values = sorted(map(of, loads))
    return f"{values[0]:,.0f}–{values[-1]:,.0f}"
