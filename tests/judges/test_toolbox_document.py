"""schemathesis checks the toolbox against its own OpenAPI document, at both of its places.

`make fuzz` does it at length, with examples that differ in each run.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.forks import Fork
from tests.judges.test_schemathesis import EXAMPLES, SCHEMATHESIS, SHORT
from tests.servers import READY, ROOT, Server, clean_environment

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

CONFIG = Path(__file__).with_name("toolbox.toml")
EXTENT = (f"--max-examples={EXAMPLES}",) if EXAMPLES else (*SHORT, "--max-examples=3")
# So that waits are short, and those that are too long are too.
SECONDS = "0.1"


@pytest.fixture
def at_the_root(tmp_path: Path) -> Iterator[str]:
    """The URL of `run.py httpbin`."""
    log = tmp_path / "log"
    environment = clean_environment(TOOLBOX_MAX_SECONDS=SECONDS)
    server = Fork("httpbin", "--port", "0", log=log, environment=environment)
    line = server.stdout.readline()
    assert line.startswith(READY), log.read_text()
    yield line.removeprefix(READY).strip()
    server.send_signal(15)
    assert server.wait(30) == 0


@pytest.fixture
def at_the_prefix(tmp_path: Path, migrated_database: Callable[[], str]) -> Iterator[str]:
    """The URL of the toolbox of `run.py serve`."""
    server = Server(tmp_path / "log", "--database", migrated_database(), TOOLBOX_MAX_SECONDS=SECONDS)
    yield f"{server.url}/httpbin"
    assert server.stop() == 0
    assert [line for line in server.lines() if line["level"] in ("error", "critical")] == []


def findings(url: str, *more: str) -> str:
    """What schemathesis finds there; empty if it finds nothing. Its coverage phase is left out: it takes too long."""
    arguments = ("--checks=all", "--phases=examples,fuzzing", *EXTENT, *more)
    judged = subprocess.run(  # our own arguments
        [SCHEMATHESIS, "--config-file", CONFIG, "run", f"{url}/spec.json", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if judged.returncode == 0 else judged.stdout + judged.stderr


def test_schemathesis_finds_nothing_in_the_toolbox_alone(at_the_root: str) -> None:
    # Its HTTP client takes 103 for the answer, and the answer for that of its next request.
    assert findings(at_the_root, "--exclude-path=/early-hints") == ""


def test_schemathesis_finds_nothing_in_the_toolbox_beside_the_api(at_the_prefix: str) -> None:
    assert findings(at_the_prefix) == ""
