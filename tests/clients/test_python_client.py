"""A client that openapi-python-client generates from the document, and a program that uses it (BRIEF 8)."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import Server, clean_environment

pytestmark = pytest.mark.one_database

HERE = Path(__file__).parent
PROGRAM = str(HERE / "crud.py")
GENERATOR = Path(sys.executable).parent / "openapi-python-client"


@pytest.fixture(scope="module")
def generated(server: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the client's package, and the output of the generator."""
    folder = tmp_path_factory.mktemp("python")
    package = folder / "touchstone_client"
    config = HERE / "openapi-python-client.yaml"
    document = f"{server.url}/openapi.json"
    made = run(GENERATOR, "generate", "--url", document, "--meta", "none", "--config", config, "--output-path", package)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder, made.stdout + made.stderr


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # our own arguments
        command, env=clean_environment(**environment), capture_output=True, text=True, timeout=120, check=False
    )


def test_the_generator_supports_all_but_the_text_types_of_messages(generated: tuple[Path, str]) -> None:
    """It supports JSON, forms and bytes as bodies, but not text or XML for a message, nor the lines of a seed."""
    _, said = generated
    left_out = re.findall(r"^WARNING parsing (.*?) within .*\n+(.*)", said, re.MULTILINE)
    text = {"POST /messages": ("text/plain", "application/xml", "text/xml")}
    text["POST /spaces/{space_id}/seed"] = ("application/x-ndjson", "text/csv")
    assert left_out == [(post, f"Unsupported content type {kind}") for post, kinds in text.items() for kind in kinds]


@pytest.mark.slow
def test_a_program_with_the_client_passes_the_type_check(generated: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = generated
    checks = ("--strict", "--follow-imports=silent", "--config-file=", f"--cache-dir={tmp_path}")
    checked = run(sys.executable, "-m", "mypy", *checks, PROGRAM, MYPYPATH=str(folder))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_program_with_the_client_works(server: Server, generated: tuple[Path, str]) -> None:
    folder, _ = generated
    done = run(sys.executable, PROGRAM, server.url, PYTHONPATH=str(folder))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
