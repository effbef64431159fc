"""schemathesis checks a server against the published document; in `make test` signed in, on SQLite, with few examples.

`make test-all` adds anonymous clients and every boundary value of each schema. `make fuzz` does it at length: on every
method, with many examples, which differ in each run.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.servers import ROOT, Server
from tests.tiers import tier

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = os.environ.get("EXAMPLES")
CREDENTIALS = {
    "anonymous": "",
    # Neither account may read private resources of the other (`object_level_authorization`).
    "signed in": '[auth.wfc]\npath = "tests/judges/accounts.yaml"\npeers = ["john", "steve"]\n',
}
# To finish in a minute: HEAD is left out, because other tests compare it with GET on every route. The coverage phase
# tries every boundary value of a schema, here only valid ones, and only if most answers are not 401. It takes more than
# all other phases together, so it is not in the fast tier.
SHORT = ("--generation-deterministic", "--exclude-method=HEAD")
TIERS = {"all": ("--max-examples=5",), "fast": ("--max-examples=1", "--phases=examples,fuzzing,stateful")}
COVERAGE = {
    "anonymous": "[phases.coverage]\nenabled = false\n",
    "signed in": '[phases.coverage.generation]\nmode = "positive"\n',
}


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("who", "place"),
    [
        pytest.param("anonymous", "", marks=pytest.mark.slow),
        ("signed in", ""),
        pytest.param("signed in", "/in/judged", marks=pytest.mark.slow),
    ],
    ids=["anonymous", "signed in", "in a space"],
)
def test_schemathesis_finds_nothing(
    pytestconfig: pytest.Config, migrated_database: Callable[[], str], tmp_path: Path, who: str, place: str
) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text("\n".join([CONFIG.read_text(), CREDENTIALS[who], "" if EXAMPLES else COVERAGE[who]]))
    extent = [f"--max-examples={EXAMPLES}"] if EXAMPLES else [*SHORT, *TIERS[tier(pytestconfig)]]
    server = Server(tmp_path / "log", "--workers", "2", "--database", migrated_database())
    if place:
        httpx.put(f"{server.url}/spaces/judged", trust_env=False).raise_for_status()
    judged = subprocess.run(  # our own arguments
        [SCHEMATHESIS, "--config-file", config, "run", f"{server.url}{place}/openapi.json", "--checks=all", *extent],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert server.stop() == 0
    report = judged.stdout + judged.stderr
    assert judged.returncode == 0, report
    assert [line for line in server.lines() if line["level"] in ("error", "critical")] == []
    if EXAMPLES:
        # `pytest -rP` shows it.
        sys.stdout.write(report)
