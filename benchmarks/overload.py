"""Three times the capacity: the answers of the server, their latencies, and the recovery.

python -m benchmarks.overload --seconds 15 --times 3

First the capacity: mixed traffic (reads 80 %, writes 20 %) from 32 kept connections, each with one request at a time.
Then the same at a fixed rate, from up to 1,000 connections, regardless of the answers; latencies count from the time
when a request was due. The exit status is 1 if an answer was wrong, or the recovery took longer than 5 s.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import uvloop

from benchmarks.measuring import Peak, Running, resident_mib, running
from benchmarks.traffic import Tally, Traffic

RECOVERY = 5.0  # seconds
IN_A_ROW = 20


async def alone(traffic: Traffic, requests: int) -> list[float]:
    """The durations in seconds of so many requests, one after the other; all answers must be right."""
    tally = Tally()
    for _ in range(requests):
        await traffic.ask(tally)
    assert not tally.wrong, tally.wrong[0]
    return tally.seconds


async def recover(traffic: Traffic, normal: float) -> float:
    """Seconds until several requests in a row are as fast as before."""
    begun = perf_counter()
    while perf_counter() - begun < 60:
        reached = perf_counter() - begun
        seconds = await alone(traffic, IN_A_ROW)
        if len(seconds) == IN_A_ROW and statistics.median(seconds) < 2 * normal:
            return reached
    return float("inf")


async def measure(server: Running, options: argparse.Namespace) -> bool:
    """Measure, print, and return whether all answers were right."""
    traffic = Traffic(server.url)
    await traffic.as_fast_as_possible(32, 2)  # warm-up
    normal = statistics.median(await alone(traffic, 200))
    closed = await traffic.as_fast_as_possible(32, options.seconds)
    capacity = len(closed.seconds) / options.seconds
    print(f"capacity: {capacity:,.0f} requests/s; {latencies(closed)}")
    before = resident_mib(server.pid)
    with Peak(server.pid, every=0.25) as peak:
        begun = perf_counter()
        tally = await traffic.at_rate(options.times * capacity, options.seconds)
        seconds = perf_counter() - begun
    recovered = await recover(traffic, normal)
    print(f"offered: {options.times * capacity:,.0f} requests/s for {options.seconds} s; took {seconds:.1f} s")
    done = len(tally.seconds)
    print(f"done: {done:,}, {done / seconds:,.0f} a second; {latencies(tally)}")
    print(f"503 with Retry-After: {tally.refused:,} ({tally.refused / tally.asked:.0%})")
    print(f"wrong or unanswered: {len(tally.wrong) + len(closed.wrong)} {tally.wrong[:3] or ''}")
    print(f"alone: median {normal * 1000:.1f} ms before; again within twice of it {recovered:.1f} s after the load")
    after = resident_mib(server.pid)
    print(f"memory: {before:.0f} MiB before, {peak.mib:.0f} at its peak, {after:.0f} after")
    return not tally.wrong and not closed.wrong and recovered <= RECOVERY


def latencies(tally: Tally) -> str:
    """The latencies of successful requests, as text."""
    shares = ", ".join(f"p{100 * share:g} {tally.percentile(share):,.0f} ms" for share in (0.5, 0.99))
    return f"{shares}, longest {max(tally.seconds) * 1000:,.0f} ms"


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--times", type=float, default=3, help="offered load as a multiple of the capacity")
    parser.add_argument("--workers", default="2")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'overload.db'}"
        serve = ("run.py", "serve", "--port", "0", "--workers", options.workers, "--database", database)
        with running(*serve, LOG_FILE=os.devnull) as server:
            right = uvloop.run(measure(server, options))
    sys.exit(not right)


if __name__ == "__main__":
    main()
