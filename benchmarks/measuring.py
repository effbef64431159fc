"""Measuring: real servers on loopback, wrk as the client, processor time of the servers' processes."""

import math
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
READY = re.compile(r"Touchstone is ready on (\S+)")
PATIENCE = 30  # seconds: a start takes one, and a few on a busy machine
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Running:
    """A server under measurement: its URL, its first process, and the seconds until its first answer."""

    url: str
    pid: int
    seconds: float


def started(*command: str, **environment: str) -> tuple[subprocess.Popen[str], Running]:
    """Start a server that prints the ready line; the caller ends it."""
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
    """Start a server that prints the ready line, and end its process afterwards."""
    process, server = started(*command, **environment)
    try:
        yield server
    finally:
        end(process)


@contextmanager
def answering(command: list[str], path: str, port: int, **options: Any) -> Iterator[Running]:
    """Start any server on this port, wait until it answers `path` with 200, and end it afterwards."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        while not answers(port, path):
            if process.poll() is not None or time.perf_counter() - begun > PATIENCE:
                raise Refused(f"the server did not start: {' '.join(command)}")
            time.sleep(0.002)  # the precision of the start, and less than a check costs
        yield Running(f"http://127.0.0.1:{port}", process.pid, time.perf_counter() - begun)
    finally:
        end(process)


def answers(port: int, path: str) -> bool:
    """Whether a server answers there with 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def end(process: subprocess.Popen[Any]) -> None:
    """End a started server and its child processes."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        for pid in processes(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def processes(pid: int) -> list[int]:
    """A process and its descendants; empty once it has ended."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [pid, *(each for child in children for each in processes(int(child)))]


def processor_seconds(pid: int) -> float:
    """User and system time of a process and its children so far (proc(5), fields 14 and 15)."""
    stats = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in processes(pid)]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / TICKS


def resident_mib(pid: int) -> float:
    """Memory of a process and its children that is in RAM, shared pages counted once each (Pss)."""
    total = 0
    for each in processes(pid):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            total += int(re.search(r"Pss:\s+(\d+)", Path(f"/proc/{each}/smaps_rollup").read_text())[1])
    return total / 1024


class Peak:
    """The largest memory of a server's processes (Pss) while something runs, sampled every so many seconds."""

    def __init__(self, pid: int, every: float) -> None:
        self.pid, self.every = pid, every
        self.mib = resident_mib(pid)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self) -> None:
        """Sample until the end."""
        while not self.ended.wait(self.every):
            self.mib = max(self.mib, resident_mib(self.pid))

    def __enter__(self) -> "Peak":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()


@dataclass(frozen=True)
class Load:
    """The result of one run: processor µs a request, requests a second, ms at two percentiles, and MiB at the peak.

    Figures that were not measured are nan.
    """

    cpu: float
    rate: float
    p50: float
    p99: float
    memory: float = math.nan


class Refused(Exception):
    """A server answered with another status than 2xx or 3xx, or not at all: nothing can be measured."""


def wrk(
    server: Running,
    path: str,
    *,
    seconds: int,
    connections: int = 16,
    script: str | None = None,
    authorization: str | None = None,
) -> Load:
    """Run wrk on `path`. Raises Refused for answers other than 2xx and 3xx."""
    arguments = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--timeout", "30", "--latency", server.url + path]
    if authorization:
        arguments += ["-H", f"Authorization: {authorization}"]
    if script:
        arguments += ["-s", script]
    before = processor_seconds(server.pid)
    done = subprocess.run(arguments, check=False, capture_output=True, text=True)
    spent = processor_seconds(server.pid) - before
    out = done.stdout
    if done.returncode or "Non-2xx" in out or " 0 requests in" in out:
        raise Refused(out + done.stderr)
    requests = int(re.search(r"(\d+) requests in", out)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    return Load(spent / requests * 1e6, rate, percentile(out, 50), percentile(out, 99))


def percentile(out: str, number: int) -> float:
    """Milliseconds at a percentile, from the output of wrk."""
    value, unit = re.search(rf"{number}%\s+([\d.]+)(\w+)", out).groups()
    return float(value) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}[unit]


def median(loads: list[Load], of: Callable[[Load], float]) -> float:
    """The median of one figure over the rounds."""
    return statistics.median(map(of, loads))


def spread(loads: list[Load], of: Callable[[Load], float]) -> str:
    """The lowest and the highest of one figure over the rounds."""
    values = sorted(map(of, loads))
    return f"{values[0]:,.0f}–{values[-1]:,.0f}"
