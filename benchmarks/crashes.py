"""Kills processes during writes, and checks that nothing is lost, doubled or half done.

python -m benchmarks.crashes --rounds 100 --database both

Each round puts a server of two workers under load, kills one worker or (every second round) all processes at a random
moment, waits until it serves again, repeats every write with a key, and checks every row. The exit status is 1 if
anything was lost, doubled or half done, or an answer was wrong.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.postgres import Postgres
from tests.reliability.crashing import Tally, Trial

COUNTED = ("tried", "answered", "unanswered", "repeated", "replayed", "surprised")
WRONG = ("lost", "doubled", "half")


def measure(url: str, rounds: int, seed: int) -> Tally:
    """Run the rounds on an empty database."""
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(url, Path(folder), seed)
        try:
            for _ in range(rounds):
                trial.round()
        finally:
            trial.close()
        return trial.tally


def row(name: str, rounds: int, tally: Tally, seconds: float) -> str:
    """One line of the table."""
    counts = [getattr(tally, name) for name in COUNTED]
    wrong = [len(getattr(tally.found, name)) for name in WRONG] + [len(tally.unexpected)]
    return "| " + " | ".join([name, *(f"{number:,}" for number in [rounds, *counts, *wrong]), f"{seconds:.0f}"]) + " |"


def main() -> None:
    """Run on one database or both, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="seed of the random moments")
    options = parser.parse_args()
    lines, faults = [], []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("sqlite", "postgresql"):
            if options.database not in (name, "both"):
                continue
            postgres = Postgres() if name == "postgresql" else None
            url = postgres.create("crashes") if postgres else f"sqlite:///{Path(folder) / 'crashes.db'}"
            started = time.perf_counter()
            try:
                tally = measure(url, options.rounds, options.seed)
            finally:
                if postgres:
                    postgres.stop()
            lines.append(row(name, options.rounds, tally, time.perf_counter() - started))
            faults += tally.faults
    print(f"Seed {options.seed}.\n")
    print("| Database | rounds | tried | answered 2xx | unanswered | sent again | replayed ", end="")
    print("| unanswered, yet done | lost | doubled | half done | unexpected answers | s |")
    print("|---" * 13 + "|")
    print("\n".join(lines))
    print("\n".join(faults[:20]), end="\n" * bool(faults))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
