"""Runs suites of others, and prints how far each passes.

    python -m tests.judges.suites                        # all
    python -m tests.judges.suites requests httpie --from FOLDER

Checkouts are taken from FOLDER (`httpbin`, `requests`, `cli`: work trees or git directories), or fetched from GitHub.
"""

import argparse
import sys
from pathlib import Path

from tests.judges.suites.running import SUITES, Place, run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", help=f"of {', '.join(SUITES)}")
    parser.add_argument("--from", dest="folder", type=Path, help="the folder of the checkouts")
    given = parser.parse_args()
    place = Place(given.folder)
    failed = 0
    for name in given.suites or SUITES:
        outcome = run(SUITES[name], place)
        sys.stdout.write(f"{name}: {outcome}\n")
        failed += len(outcome.unexpected)
    sys.exit(bool(failed))
