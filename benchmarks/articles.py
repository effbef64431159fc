"""What an article costs beside a bare Flask-RESTful resource, and a page of 1,000,000 beside one of 1,000.

python -m benchmarks.articles --rounds 5 --seconds 4 --rows 1000000
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from api.rules.cursors import sign_cursor
from benchmarks.measuring import ROOT, Load, median, resident_mib, running, spread, wrk

SECRET = "of the benchmark, and of nothing else"


def rows(path: Path, count: int) -> Path:
    """Write a file of so many articles, as lines of JSON."""
    with path.open("w") as file:
        for number in range(1, count + 1):
            body = f"Text number {number} about word{number % 1000}."
            article = {"title": f"Article {number}", "body": body, "tags": ["load"]}
            file.write(json.dumps(article) + "\n")
    return path


def loaded(folder: Path, count: int) -> tuple[str, float]:
    """A database with so many articles, and the seconds that loading them took."""
    url = f"sqlite:///{folder}/{count}.db"
    file = rows(folder / f"{count}.ndjson", count)
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "run.py", "load", str(file), "--database", url], cwd=ROOT, check=True, capture_output=True
    )
    return url, time.perf_counter() - started


def middle(count: int) -> str:
    """The path of a page of 20 that starts in the middle of so many articles."""
    binding = json.dumps(["/articles", ["-id"], []])
    return f"/articles?limit=20&cursor={sign_cursor(SECRET.encode(), binding, [count // 2], 'next')}"


def main() -> None:
    """Measure in interleaved rounds, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", default="", help="jobs whose name contains this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, _ = loaded(folder, 1000)
        large, seconds = loaded(folder, options.rows)
        print(f"{options.rows:,} articles loaded in {seconds:.1f} s")
        jobs = {
            "bare resource, same front": (("-m", "benchmarks.bare", "front"), "/articles/1", {}),
            "bare resource, Granian by WSGI": (("-m", "benchmarks.bare", "wsgi"), "/articles/1", {}),
            "one article": (("run.py", "serve", "--port", "0", "--database", small), "/articles/1", {}),
            "one article, nothing counted": (
                ("run.py", "serve", "--port", "0", "--database", small),
                "/articles/1",
                {"METRICS": "off"},
            ),
            "one article, request log on": (
                ("run.py", "serve", "--port", "0", "--database", small),
                "/articles/1",
                {"LOG_LEVEL": "info", "LOG_FILE": os.devnull},
            ),
            "20 of 1,000": (
                ("run.py", "serve", "--port", "0", "--database", small),
                middle(1000),
                {"SECRET_KEY": SECRET},
            ),
            f"20 of {options.rows:,}": (
                ("run.py", "serve", "--port", "0", "--database", large),
                middle(options.rows),
                {"SECRET_KEY": SECRET},
            ),
        }
        jobs = {name: job for name, job in jobs.items() if options.only in name}
        loads: dict[str, list[Load]] = {name: [] for name in jobs}
        starts: list[float] = []
        memory = 0.0
        for _ in range(options.rounds):
            for name, (command, path, environment) in jobs.items():
                with running(*command, **environment) as server:
                    wrk(server, path, seconds=1)
                    loads[name].append(wrk(server, path, seconds=options.seconds))
                    if name == "one article":
                        starts.append(server.seconds)
                        memory = resident_mib(server.pid)
        print("| Job | CPU µs a request | spread | requests/s | p99 ms |\n|---|---|---|---|---|")
        for name, found in loads.items():
            cpu = median(found, lambda load: load.cpu)
            rate = median(found, lambda load: load.rate)
            p99 = median(found, lambda load: load.p99)
            print(f"| {name} | {cpu:.0f} | {spread(found, lambda load: load.cpu)} | {rate:,.0f} | {p99:.1f} |")
        cost = {name: median(found, lambda load: load.cpu) for name, found in loads.items()}
        large_by_small = cost[f"20 of {options.rows:,}"] / cost["20 of 1,000"]
        print(f"20 from the middle of {options.rows:,} / of 1,000: {large_by_small:.2f}")
        if options.only:
            return
        bare = cost["bare resource, same front"]
        print(f"one article / bare, same front: {cost['one article'] / bare:.2f}")
        by_wsgi = cost["bare resource, Granian by WSGI"]
        print(f"one article / bare, Granian by WSGI: {cost['one article'] / by_wsgi:.2f}")
        print(f"with the request log / bare, same front: {cost['one article, request log on'] / bare:.2f}")
        print(f"ready after {statistics.median(starts):.2f} s; {memory:.0f} MiB in all, one worker")


if __name__ == "__main__":
    main()
