"""Faults: their cost where there are none, and many requests that wait at once (docs/performance.md).

    python -m benchmarks.faults                        # the cost of requests without faults
    python -m benchmarks.faults --before ../other      # also of another checkout, in the same turns
    python -m benchmarks.faults --waiting 1000         # as many delays of 10 seconds at once, then slow answers

Printed: processor µs of `GET /articles/1`, in turns; then, for the requests that wait, when their heads or ends came,
and what an ordinary client and the worker saw meanwhile.
"""

import argparse
import asyncio
import os
import resource
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.fields import ordinary, percentiles
from benchmarks.measuring import Running, processes, processor_seconds, resident_mib, running
from benchmarks.spaces import Client

TURNS = 15
SECONDS = 10
SERVE = ("serve", "--port", "0", "--ephemeral")
RULE = {"match": {"path": "/nowhere"}, "do": [{"delay": {"ms": 1}}]}
SCENES = {
    "delay": ("/hello", f"delay;ms={SECONDS * 1000}"),
    "slow": ("/hello?name=" + "x" * 84, f"slow;bytes-per-second={SECONDS}"),  # 100 bytes
}


def costs(requests: int, before: str) -> None:
    """Print the processor µs of a GET of each server, and the ratio to the first one."""
    kinds = {
        **({"before": ([f"{before}/run.py", *SERVE], {})} if before else {}),
        "off": (["run.py", *SERVE], {"FAULTS": "off"}),
        "everywhere, no rule": (["run.py", *SERVE], {"FAULTS": "everywhere"}),
        "everywhere, a rule for another path": (["run.py", *SERVE], {"FAULTS": "everywhere"}),
    }
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(running(*command, LOG_FILE=os.devnull, ANSWER_CACHE="false", **environment))
            for name, (command, environment) in kinds.items()
        }
        clients = {name: Client(server) for name, server in servers.items()}
        clients["everywhere, a rule for another path"].ask("POST", "/spaces/root/faults", RULE, 201)
        taken: dict[str, list[float]] = {name: [] for name in servers}
        for turn in range(TURNS + 1):
            for name, client in clients.items():
                begun = processor_seconds(servers[name].pid)
                for _ in range(requests):
                    client.ask("GET", "/articles/1")
                if turn:  # the first one warms up
                    taken[name].append((processor_seconds(servers[name].pid) - begun) / requests * 1e6)
    first = statistics.median(next(iter(taken.values())))
    print("| FAULTS | µs | ratio |\n|---|---|---|")
    for name, found in taken.items():
        print(f"| {name} | {statistics.median(found):.0f} | {statistics.median(found) / first:.3f} |")


async def wait(port: int, count: int, path: str, fault: str) -> list[tuple[float, float]]:
    """Send so many requests at once. Returns for each the seconds until its head, and until its end."""
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTouchstone-Fault: {fault}\r\n\r\n".encode()
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(count)]

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[float, float]:
        begun = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        first = time.perf_counter() - begun
        assert head.startswith(b"HTTP/1.1 200"), head
        await reader.read()
        writer.close()
        return first, time.perf_counter() - begun

    return await asyncio.gather(*(one(*each) for each in opened))


def threads(server: Running) -> int:
    """The threads of the process with the most of them."""
    return max(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in processes(server.pid))


def waiting(count: int, name: str) -> None:
    """Print what waiting requests of one kind see, and what others see meanwhile."""
    with running("run.py", *SERVE, LOG_FILE=os.devnull) as server:
        port = urlsplit(server.url).port or 0
        client = HTTPConnection("127.0.0.1", port)
        client.request("GET", "/hello", headers={"Touchstone-Fault": "delay;ms=1"})
        client.getresponse().read()
        idle = percentiles(ordinary(port, SECONDS / 2))
        memory, count_threads = resident_mib(server.pid), threads(server)
        command = [sys.executable, "-m", "benchmarks.faults", "--client", str(port), "--waiting", str(count), name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as waiters:
            time.sleep(2)  # until they are connected
            begun, spent = time.perf_counter(), processor_seconds(server.pid)
            seen = ordinary(port, SECONDS / 2)
            used = (processor_seconds(server.pid) - spent) / (time.perf_counter() - begun)
            more, most_threads = resident_mib(server.pid) - memory, threads(server)
            said = waiters.communicate()[0].strip()
        p50, p99 = percentiles(seen)
        print(f"{count:,} × {SCENES[name][1]}: {said}")
        print(f"  /hello meanwhile: p50 {p50:.2f} ms, p99 {p99:.2f} ms (idle: {idle[0]:.2f}, {idle[1]:.2f})")
        print(f"  {more:+.0f} MiB, {most_threads - count_threads:+d} threads, {used:.0%} of a processor")


def main() -> None:
    """Measure, or act as the clients that wait, which are a process of their own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1000, help="of each turn")
    parser.add_argument("--before", default="", metavar="FOLDER", help="another checkout")
    parser.add_argument("--waiting", type=int, default=0, metavar="COUNT")
    parser.add_argument("--client", type=int, help=argparse.SUPPRESS)
    parser.add_argument("scene", nargs="?", help=argparse.SUPPRESS)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.client:
        found = asyncio.run(wait(options.client, options.waiting, *SCENES[options.scene]))
        heads, ends = sorted(head for head, _ in found), sorted(end for _, end in found)
        print(f"heads after {heads[0]:.2f}–{heads[-1]:.2f} s, ends after {ends[0]:.2f}–{ends[-1]:.2f} s")
    elif options.waiting:
        for name in SCENES:
            waiting(options.waiting, name)
    else:
        costs(options.requests, options.before)


if __name__ == "__main__":
    main()
