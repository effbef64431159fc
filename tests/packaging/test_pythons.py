"""The wheel on newer versions of Python than Debian 12 has: each in a Debian of its own, made by mmdebstrap.

The dependencies are the newest that the metadata allows, and not those of requirements.lock.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.one_database,
    pytest.mark.skipif(
        not (shutil.which("mmdebstrap") and os.geteuid() == 0),
        reason="this needs mmdebstrap (on Debian: apt install mmdebstrap), and root for chroot",
    ),
]


@pytest.mark.parametrize(("debian", "version"), [("trixie", "3.13"), ("sid", "3.14")])
def test_the_wheel_serves_the_contract(wheel: Path, tmp_path: Path, debian: str, version: str) -> None:
    root, wheels = tmp_path / "root", tmp_path / "root/wheels"
    # The list of packages of a mirror can be older than its date allows.
    old = "--aptopt=Acquire::Check-Valid-Until false"
    packages = f"--include=python{version},python{version}-venv"
    run("mmdebstrap", "--quiet", "--variant=minbase", old, packages, debian, root)
    download = shlex.split("-m pip download --quiet --only-binary :all:")
    run(sys.executable, *download, "--python-version", version, "-d", wheels, wheel)
    run("chroot", root, f"python{version}", "-m", "venv", "/venv")
    install = shlex.split("-m pip install --quiet --no-index --find-links /wheels touchstone-server")
    run("chroot", root, "/venv/bin/python", *install)
    serve = shlex.split("/venv/bin/touchstone serve --port 0 --ephemeral")
    with subprocess.Popen(["chroot", str(root), *serve], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().rpartition(" ")[2].strip()
        told = run(sys.executable, "run.py", "smoke", url)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert "15 of 15 passed" in told


def run(*command: object) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, f"{words}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout
