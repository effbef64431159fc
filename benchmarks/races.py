"""Races: concurrent requests with one key are executed once, and no concurrent increment is lost.

python -m benchmarks.races --rounds 200 --increments 1000

On PostgreSQL two instances of two workers share a database, on SQLite there is one instance of two workers. The
exit status is 1 if anything is wrong.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from api.store.database import Database
from benchmarks.measuring import running
from tests.postgres import Postgres
from tests.reliability.racing import CLIENTS, WRITERS, count_up, race_for_keys

INSTANCES = {"sqlite": 1, "postgresql": 2}


def measure(name: str, urls: Sequence[str], url: str, rounds: int, increments: int) -> tuple[list[str], list[str]]:
    """Return the lines of both tables for this database, and the faults."""
    database = Database(url)
    started = time.perf_counter()
    keys = race_for_keys(urls, database, rounds)
    between = time.perf_counter()
    database.close()
    counts = [keys.rounds, keys.sent, keys.done, keys.replayed, keys.in_progress, keys.waiting, len(keys.faults)]
    line = _line(name, *counts, round(between - started))
    counted = count_up(urls, increments)
    counts = [counted.asked, counted.number, counted.version - 1, counted.lost_races, counted.waited]
    other = _line(name, *counts, round(time.perf_counter() - between))
    right = counted.number == counted.version - 1 == increments
    return [line, other], keys.faults + ([] if right else [f"{name}: the number is {counted.number}"])


def _line(name: str, *counts: int) -> str:
    return f"| {name} | " + " | ".join(f"{count:,}" for count in counts) + " |"


def main() -> None:
    """Run on both databases, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--increments", type=int, default=1000)
    options = parser.parse_args()
    tables: list[list[str]] = []
    faults: list[str] = []
    for name, instances in INSTANCES.items():
        with ExitStack() as stack:
            if name == "sqlite":
                url = f"sqlite:///{Path(stack.enter_context(tempfile.TemporaryDirectory())) / 'races.db'}"
            else:
                postgres = Postgres()
                stack.callback(postgres.stop)
                url = postgres.create("races")
            serve = ("run.py", "serve", "--port", "0", "--workers", "2", "--database", url)
            servers = [stack.enter_context(running(*serve, TOUCHSTONE_ENV="testing")) for _ in range(instances)]
            lines, wrong = measure(name, [each.url for each in servers], url, options.rounds, options.increments)
            tables.append(lines)
            faults += wrong
    print(f"{CLIENTS} clients at once with one key\n")
    print("| Database | rounds | requests | done | replayed | 409 | 503 | faults | s |\n" + "|---" * 9 + "|")
    print("\n".join(lines[0] for lines in tables))
    print(f"\n{WRITERS} writers that increment by GET and PUT with If-Match\n")
    print("| Database | increments | final number | versions | 412 | 503 | s |\n" + "|---" * 7 + "|")
    print("\n".join(lines[1] for lines in tables))
    print("\n".join(faults[:20]), end="\n" * bool(faults))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
