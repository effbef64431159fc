"""The wheel `touchstone-server`: what is in it, and that it can be installed."""

import email
import hashlib
import re
import signal
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import httpx
import pytest

import run
from tests.packaging.conftest import build
from tests.servers import clean_environment


def test_two_builds_have_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    digests = {hashlib.sha256(file.read_bytes()).hexdigest() for file in (wheel, build(tmp_path))}
    assert len(digests) == 1


def test_it_has_the_server_inside_its_package_and_nothing_beside_it(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.partition("/")[0] for name in names} == {
        "touchstone_server",
        f"touchstone_server-{run.__version__}.dist-info",
    }
    server = "touchstone_server/_server"
    assert {f"{server}/run.py", f"{server}/config.py", f"{server}/api/app.py", f"{server}/resources/hello.py"} <= names
    assert {f"{server}/api/describe/templates/layout.html", f"{server}/api/store/migrations/sqlite.sql"} <= names
    assert "touchstone_server/py.typed" in names
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name]


def test_its_metadata(wheel: Path) -> None:
    file = zipfile.ZipFile(wheel)
    folder = f"touchstone_server-{run.__version__}.dist-info"
    metadata = email.message_from_bytes(file.read(f"{folder}/METADATA"))
    assert metadata["Version"] == run.__version__
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert f"{folder}/licenses/LICENSE" in file.namelist()
    needed = metadata.get_all("Requires-Dist") or []
    pinned = Path("requirements.txt").read_text().splitlines()
    assert len(needed) == len([line for line in pinned if "==" in line]) + 1  # trustme, for fixtures over HTTPS
    assert all(re.search(r">=[0-9.]+", each) and "<" in each for each in needed)
    extras = sorted(re.split("[<>=]", each)[0] for each in needed if "extra" in each)
    assert extras == ["psycopg[binary]", "trustme"]
    entries = file.read(f"{folder}/entry_points.txt").decode()
    assert "touchstone = touchstone_server.command:main" in entries
    assert "touchstone = touchstone_server.pytest_plugin" in entries


def test_the_package_imports_only_the_standard_library(package: Path) -> None:
    code = (
        "import sys; before = set(sys.modules); import touchstone_server\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before} - {'touchstone_server'}\n"
        "print(sorted(new - sys.stdlib_module_names))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], env={"PYTHONPATH": str(package)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.slow
def test_a_new_environment_serves_and_is_checked(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    binaries = tmp_path / "venv/bin"
    environment = clean_environment()
    install = [str(binaries / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", str(wheel)]
    subprocess.run(install, env=environment, check=True, timeout=600)
    told = subprocess.run([str(binaries / "touchstone"), "--version"], capture_output=True, text=True, check=True)
    assert run.__version__ in told.stdout
    command = [str(binaries / "touchstone"), "serve", "--port", "0", "--ephemeral"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().rpartition(" ")[2].strip()
        assert httpx.get(f"{url}/articles/1").status_code == 200
        assert httpx.get(f"{url}/docs").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    without = subprocess.run(
        [str(binaries / "touchstone"), "serve", "--database", "postgresql://127.0.0.1:1/x"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert without.returncode == 1
    assert "pip install 'psycopg[binary]'" in without.stderr
