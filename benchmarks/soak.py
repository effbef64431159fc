"""Mixed traffic for minutes at 70 % of the capacity: checks every answer, and that memory does not grow.

python -m benchmarks.soak --minutes 10

Reads 80 %, writes 20 %, over kept connections; each whole answer is checked. Memory is that of all the server's
processes (proportional set size), every 10 s; its growth counts from the end of the first minute. The exit status is 1
if an answer was wrong, or memory grew by more than 5 %.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
from pathlib import Path

import uvloop

from benchmarks.measuring import Running, resident_mib, running
from benchmarks.traffic import Traffic

EVERY = 10.0  # seconds
MOST_GROWTH = 0.05
PROBE = 10.0  # seconds to find the capacity


async def sample(server: Running, samples: list[float], minutes: int) -> None:
    """Record the memory every EVERY seconds."""
    while True:
        await asyncio.sleep(EVERY)
        samples.append(await asyncio.to_thread(resident_mib, server.pid))
        if len(samples) % 6 == 0:
            print(f"minute {len(samples) // 6} of {minutes}: {samples[-1]:.0f} MiB", flush=True)


async def measure(server: Running, options: argparse.Namespace) -> bool:
    """Measure, print, and return whether all answers were right and memory did not grow."""
    traffic = Traffic(server.url)
    await traffic.as_fast_as_possible(32, 2)  # warm-up
    probe = await traffic.as_fast_as_possible(32, PROBE)
    rate = options.share * len(probe.seconds) / PROBE
    print(f"capacity: {len(probe.seconds) / PROBE:,.0f} requests/s; offered: {rate:,.0f}", flush=True)
    samples: list[float] = []
    sampling = asyncio.create_task(sample(server, samples, options.minutes))
    minutes = [await traffic.at_rate(rate, 60) for _ in range(options.minutes)]
    sampling.cancel()
    wrong = [each for tally in [probe, *minutes] for each in tally.wrong]
    refused = sum(tally.refused for tally in minutes)
    print(f"done: {sum(len(tally.seconds) for tally in minutes):,}; statuses: {dict(traffic.statuses)}")
    print(f"wrong or unanswered: {len(wrong)} {wrong[:3] or ''}; 503 with Retry-After: {refused:,}")
    p50s, p99s = ([tally.percentile(share) for tally in minutes] for share in (0.5, 0.99))
    print(f"p50 {statistics.median(p50s):.1f} ms, p99 {statistics.median(p99s):.1f} ms (medians of the minutes)")
    settled = samples[5:]
    first, last = statistics.median(settled[:3]), statistics.median(settled[-3:])
    growth = last / first - 1
    print(f"memory: {first:.0f} MiB after a minute, {last:.0f} at the end, {max(samples):.0f} at most; {growth:+.1%}")
    return not wrong and growth <= MOST_GROWTH


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=int, default=10, help="2 at least")
    parser.add_argument("--share", type=float, default=0.7, help="of the capacity")
    parser.add_argument("--workers", default="2")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'soak.db'}"
        serve = ("run.py", "serve", "--port", "0", "--workers", options.workers, "--database", database)
        with running(*serve, LOG_FILE=os.devnull) as server:
            right = uvloop.run(measure(server, options))
    sys.exit(not right)


if __name__ == "__main__":
    main()
