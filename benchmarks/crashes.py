"""What is left of writes when processes are killed: nothing lost, nothing done twice, nothing done by half.

python -m benchmarks.crashes --rounds 100 --database both

Each round puts a server of two workers under load, kills one worker or all processes, in turn, at a random
moment, waits until it serves again, sends every write that has a key again, and looks at every row. The exit
status is 1 where anything was lost, doubled or done by half, or answered as it may not be.
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
    """Go so many rounds on an empty database."""
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
    """Count on one database or both, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="Which random moments.")
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
