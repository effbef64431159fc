"""Generators of clients and contract tests from the OpenAPI document: `make generators` installs them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT, clean_environment

INSTALLED = ROOT / ".venv" / "generators"
PYTHON = INSTALLED / "python"
OPENAPI_GENERATOR = PYTHON / "openapi_generator_cli" / "openapi-generator.jar"
SPECMATIC = INSTALLED / "node_modules" / "specmatic" / "specmatic.jar"


def needs(*programs: str, jar: Path) -> None:
    """Skip the test with a reason if one of these is missing."""
    if not jar.exists():
        pytest.skip(f"{jar.stem} is not installed: run `make generators`.")
    for program in ("java", *programs):
        if shutil.which(program) is None:
            pytest.skip(f"There is no {program} here, which this test needs.")


def run(*command: str | Path, folder: Path, seconds: int = 600, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, and wait for its end."""
    return subprocess.run(  # our own arguments
        command,
        cwd=folder,
        env=clean_environment(**environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,  # a busy machine takes long
        check=False,
    )


def generated(generator: str, folder: Path, *options: str) -> Path:
    """The folder of a client that openapi-generator generates from the document of `run.py openapi`."""
    document, client = folder / "openapi.json", folder / "client"
    assert run(sys.executable, "run.py", "openapi", "--output", document, folder=ROOT).returncode == 0
    words = ("generate", "-g", generator, "-i", document, "-o", client)
    made = run("java", "-jar", OPENAPI_GENERATOR, *words, *options, folder=folder)
    assert made.returncode == 0, made.stdout + made.stderr
    return client
