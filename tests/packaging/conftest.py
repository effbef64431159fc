"""The wheel, built and unpacked, and test suites of others that use it."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers import ROOT, clean_environment

Suite = Callable[..., subprocess.CompletedProcess[str]]


def build(folder: Path) -> Path:
    """Build the wheel into a folder."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT / "clients/python", check=True, capture_output=True, timeout=120)
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the wheel."""
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def package(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is like an installation: on the path, its entry points are found."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)
    return folder


@pytest.fixture
def suite(package: Path, tmp_path: Path) -> Suite:
    """Runs pytest on a file, in a folder and a process of its own, with these arguments and this environment."""

    def run(text: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "test_theirs.py").write_text(text)
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", "-rA", *arguments],
            cwd=tmp_path,
            env=clean_environment(PYTHONPATH=str(package), TMPDIR=str(tmp_path), **environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
