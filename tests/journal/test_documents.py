"""The examples of docs/journal.md, run as written."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.test_documents import BLOCK, output
from tests.servers import ROOT, Server

pytestmark = pytest.mark.one_database

BLOCKS = BLOCK.findall((ROOT / "docs/journal.md").read_text())
SHOWN = [(text, BLOCKS[number + 1][1]) for number, (language, text) in enumerate(BLOCKS) if language == "sh"]
TESTS = [text for language, text in BLOCKS if language == "py"]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A development server, as its reader has it."""
    running = Server(tmp_path_factory.mktemp("journal") / "log", "--ephemeral", TOUCHSTONE_ENV="development")
    yield running
    assert running.stop() == 0


def test_each_command_shows_its_answer(fresh: Server, tmp_path: Path) -> None:
    assert len(SHOWN) > 6
    for text, shown in SHOWN:
        at_home = text.replace("http://127.0.0.1:8000", fresh.url).replace("curl ", "curl -sS ")
        at_home = re.sub("^python ", f"{sys.executable} ", at_home, flags=re.MULTILINE)
        answer = output(["bash", "-c", at_home], tmp_path, fresh)
        parts = (re.escape(part.strip()) for part in re.split("…|\n", shown.strip()))
        pattern = re.sub(r"(HTTP/1\\.1\\ \d{3})[^.]*", r"\1.*?", ".*?".join(parts))
        assert re.search(pattern, answer, re.DOTALL), f"{text}\nshould show\n{shown}\nin\n{answer}"


def test_its_tests_pass(fresh: Server, tmp_path: Path) -> None:
    for number, text in enumerate(TESTS):
        (tmp_path / f"test_{number}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir", "."]
    told = output(command, tmp_path, fresh)
    assert "1 passed" in told, told
