"""Compares Touchstone with its peers: each job with each server that supports it, in interleaved rounds.

Prints medians with the lowest and the highest value; --write puts them into docs/performance.md, with a plot. Each
measurement starts its own server and checks its answer first. Needs wrk and the packages that `make bench` installs.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import Load, Refused
from benchmarks.peers import report
from benchmarks.peers.data import prepared
from benchmarks.peers.further import all_jobs
from benchmarks.peers.jobs import Job
from benchmarks.peers.measure import measured
from benchmarks.peers.servers import REFERENCES, SERVERS

EXAMPLE = "Example: python -m benchmarks.peers --only create --peers fastapi,json-server-1 --rounds 1"


def options() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__, epilog=EXAMPLE)
    parser.add_argument("--only", metavar="JOB", default="", help="jobs whose name contains this")
    parser.add_argument("--peers", metavar="A,B", help=f"peers to run, of {', '.join(list(SERVERS)[1:])}")
    parser.add_argument("--rounds", type=int, default=5, help="rounds; the results are their medians (default: 5)")
    parser.add_argument("--seconds", type=int, default=2, help="seconds of each measurement (default: 2)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="articles in jobs with many (default: 1000000)")
    parser.add_argument("--workers", type=int, default=1, help="workers of servers that have workers (default: 1)")
    parser.add_argument("--write", action="store_true", help="write the results of a whole run to docs/performance.md")
    found = parser.parse_args()
    found.peers = found.peers.split(",") if found.peers else list(SERVERS)
    if unknown := set(found.peers) - set(SERVERS):
        parser.error(f"there is no {', '.join(unknown)}: take some of {', '.join(SERVERS)}")
    if found.write and (found.only or found.peers != list(SERVERS)):
        parser.error("--write is for whole runs: leave out --only and --peers")
    if not shutil.which("wrk"):
        parser.error("wrk is missing: install it (on Debian: apt install wrk)")
    return found


def main() -> None:
    """Measure in interleaved rounds, and print medians."""
    asked = options()
    # Those with workers of their own are compared with one worker.
    jobs = [job for job in all_jobs(asked.rows) if asked.only in job.name and (asked.workers == 1 or not job.workers)]
    loads: dict[str, dict[str, list[Load]]] = {job.name: {} for job in jobs}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        data = {rows: prepared(folder, rows, as_json=rows <= 10_000) for rows in sorted({job.rows for job in jobs})}
        for number in range(asked.rounds):
            for job in jobs:
                print(f"round {number + 1}: {job.name}", file=sys.stderr)
                one_round(job, asked, data[job.rows], folder, loads[job.name])
    # A server that failed a job in one round gets no figures for it at all.
    loads = {
        job: {name: found for name, found in by_server.items() if len(found) == asked.rounds}
        for job, by_server in loads.items()
    }
    print(report.tables(loads))
    if asked.write:
        workers = "1 worker where no table says two" if asked.workers == 1 else f"{asked.workers} workers"
        how = f"medians of {asked.rounds} rounds of {asked.seconds} s, {workers}, {os.cpu_count()} cores"
        report.write(loads, how)


def one_round(job: Job, asked: argparse.Namespace, data: Path, folder: Path, loads: dict[str, list[Load]]) -> None:
    """Measure each server with the job once, and store its figures; print the servers that fail it."""
    workers = job.workers or asked.workers
    for name in job.asks:
        if name in REFERENCES or name in asked.peers:
            try:
                load = measured(job, name, SERVERS[name], data, folder, workers=workers, seconds=asked.seconds)
            except Refused as refusal:
                print(f"{job.name}, {name}: {refusal}", file=sys.stderr)
            else:
                loads.setdefault(name, []).append(load)


if __name__ == "__main__":
    main()
