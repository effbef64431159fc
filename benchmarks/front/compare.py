"""CPU time of a request through Granian alone, a2wsgi, asgiref and the front.

    python benchmarks/front/compare.py --rounds 5 --seconds 5

Needs wrk, a2wsgi and asgiref. The figure is the processor time of the worker
process (user + system) for each request: the median of interleaved rounds.
nan: it answered with errors.
"""

import argparse
import math
import multiprocessing
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server.mp import MPServer

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

BODY = b'{"hello": "world"}' * 10  # about as large as a small representation
FIELDS = [
    ("Content-Type", "application/json"),
    ("Content-Length", str(len(BODY))),
    ("Cache-Control", "private, no-cache"),
    ("ETag", '"1"'),
    ("Vary", "Accept"),
    ("X-Content-Type-Options", "nosniff"),
]
POST = 'wrk.method = "POST"\nwrk.body = string.rep("x", 200)\nwrk.headers["Content-Type"] = "application/json"\n'


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """A minimal WSGI application: reads the body and answers."""
    if environ["REQUEST_METHOD"] == "POST":
        environ["wsgi.input"].read()
    start_response("200 OK", FIELDS)
    return [BODY]


def by_a2wsgi() -> Any:
    from a2wsgi import WSGIMiddleware

    return WSGIMiddleware(application, workers=4)


def by_asgiref() -> Any:
    from asgiref.wsgi import WsgiToAsgi

    return WsgiToAsgi(application)


def by_front(threads: int = 4, executor: bool = False) -> Any:
    from api.front import Front, FrontSettings

    front = Front(application, FrontSettings(threads=threads))
    if executor:
        front.pool = ExecutorPool(threads)  # type: ignore[assignment]  # to compare with Pool
    return front


class ExecutorPool:
    """The standard library's pool with the same two methods."""

    waiting = 0

    def __init__(self, threads: int) -> None:
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        executor, loop = ThreadPoolExecutor(threads), asyncio.get_event_loop()
        self.run = partial(loop.run_in_executor, executor)


async def bare(_scope: Any, _receive: Any, send: Any) -> None:
    """ASGI without an application: the cost of the server itself."""
    await send({"type": "http.response.start", "status": 200, "headers": [(n.encode(), v.encode()) for n, v in FIELDS]})
    await send({"type": "http.response.body", "body": BODY, "more_body": False})


WAYS: dict[str, tuple[Interfaces, Callable[[], Any], dict[str, Any]]] = {
    "ASGI, no application": (Interfaces.ASGINL, lambda: bare, {}),
    "WSGI, 2 blocking threads": (Interfaces.WSGI, lambda: application, {"blocking_threads": 2}),
    "WSGI, default": (Interfaces.WSGI, lambda: application, {}),
    "ASGI, a2wsgi, 4 threads": (Interfaces.ASGINL, by_a2wsgi, {}),
    "ASGI, asgiref": (Interfaces.ASGINL, by_asgiref, {}),
    "ASGI, front, 4 threads": (Interfaces.ASGINL, by_front, {}),
    "ASGI, front, 2 threads": (Interfaces.ASGINL, partial(by_front, 2), {}),
    "ASGI, front, asyncio's loop": (Interfaces.ASGINL, by_front, {"loop": Loops.asyncio}),
    "ASGI, front, ThreadPoolExecutor": (Interfaces.ASGINL, partial(by_front, 4, True), {}),
}


def run(way: str, port: int) -> None:
    """Serve one of the variants until SIGTERM."""
    interface, load, options = WAYS[way]
    server = MPServer(
        "-",
        port=port,
        interface=interface,
        log_level=LogLevels.critical,
        websockets=False,
        workers_kill_timeout=2,
        **options,
    )
    server.serve(target_loader=lambda: load(), wrap_loader=False)


def processor_seconds(pid: int) -> float:
    """User and system time of a process so far (proc(5))."""
    times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def measure(way: str, seconds: int, script: str | None) -> tuple[float, float]:
    """Microseconds of processor time a request, and requests a second."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = multiprocessing.get_context("fork").Process(target=run, args=(way, port))
    server.start()
    assert server.pid is not None
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.01)
        worker = int(Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()[0])
        wrk = ["wrk", "-t1", "-c16", f"http://127.0.0.1:{port}/", *(["-s", script] if script else [])]
        subprocess.run([*wrk, "-d1"], check=True, capture_output=True)
        before = processor_seconds(worker)
        out = subprocess.run([*wrk, f"-d{seconds}"], check=True, capture_output=True, text=True).stdout
        spent = processor_seconds(worker) - before
        if "Non-2xx" in out:
            return math.nan, math.nan
        requests = int(re.search(r"(\d+) requests in", out)[1])
        return spent / requests * 1e6, requests / seconds
    finally:
        os.kill(server.pid, signal.SIGTERM)
        server.join()


def main() -> None:
    """Measure every variant in interleaved rounds, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--post", action="store_true", help="POST 200 bytes instead of GET")
    parser.add_argument("--only", default="", help="variants whose name contains this")
    options = parser.parse_args()
    script = None
    if options.post:
        script = str(Path(os.environ.get("TMPDIR", "/tmp")) / "front-post.lua")
        Path(script).write_text(POST)
    ways = [way for way in WAYS if options.only in way]
    results: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(options.rounds):
        for way in ways:
            results[way].append(measure(way, options.seconds, script))
    print("| Way | CPU µs a request | requests/s |\n|---|---|---|")
    for way, rows in results.items():
        print(f"| {way} | {statistics.median(r[0] for r in rows):.0f} | {statistics.median(r[1] for r in rows):,.0f} |")


if __name__ == "__main__":
    main()
