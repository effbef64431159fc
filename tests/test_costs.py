"""The costs of requests do not rise. The counts do not depend on how busy the machine is (tests/costs.py)."""

import json
import subprocess
import sys
from collections.abc import Callable

from tests.costs import COSTS
from tests.servers import ROOT, clean_environment

# Tolerance: another release of Python or of a library can change a count by this factor.
ALLOWED = 1.1
ADVICE = "if it has to cost that much, say why in the commit, and run: make costs"


def test_no_request_costs_a_tenth_more_than_its_limit(new_database: Callable[[], str]) -> None:
    url = new_database()
    done = subprocess.run(
        [sys.executable, "-m", "tests.costs", "--database", url],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    kept, found = json.loads(COSTS.read_text())[url.partition(":")[0]], json.loads(done.stdout)
    assert found.keys() == kept.keys(), "run: make costs"
    grown = [
        f"{request}: {found[request][what]} {what}, {allowed} were kept"
        for request, costs in kept.items()
        for what, allowed in costs.items()
        if found[request][what] > allowed * ALLOWED
    ]
    assert not grown, "\n".join([*grown, ADVICE])
