"""The examples of docs/faults.md, run as written."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import check_output, run_tests
from tests.servers import Server

pytestmark = pytest.mark.one_database

PAGE = "docs/faults.md"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A development server, as its reader has it."""
    running = Server(tmp_path_factory.mktemp("faults") / "log", "--ephemeral", TOUCHSTONE_ENV="development")
    yield running
    assert running.stop() == 0


def test_each_command_shows_its_answer(fresh: Server, tmp_path: Path) -> None:
    assert check_output(PAGE, tmp_path, fresh) >= 9


@pytest.mark.slow
def test_its_tests_pass(fresh: Server, tmp_path: Path) -> None:
    told = run_tests(PAGE, tmp_path, fresh)
    assert "19 passed" in told, told
