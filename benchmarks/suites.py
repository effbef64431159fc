"""A suite of 400 tests that each need a fresh server state: what that costs a test (docs/performance.md).

    python -m benchmarks.suites

Each way runs the same empty tests with another fixture, in turns. Printed: milliseconds a test beyond those of tests
without a fixture. `touchstone` is installed from the wheel of this tree; pytest-httpserver and json-server are measured
if they are there (`make bench` installs them).
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from benchmarks.measuring import ROOT
from benchmarks.spaces import PEERS, a_process_each

PEER_PYTHON = Path(".venv-peers/bin/python")
WAYS = {"no fixture": "", "touchstone": "touchstone", "pytest-httpserver": "httpserver"}


def seconds(python: Path, folder: Path, package: Path, fixture: str, count: int) -> float:
    """How long pytest takes for so many tests with this fixture."""
    needed = ", ".join(filter(None, ["number", fixture]))
    text = f"import pytest\n@pytest.mark.parametrize('number', range({count}))\ndef test_it({needed}): pass\n"
    (folder / "test_it.py").write_text(text)
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "test_it.py"]
    environment = {**os.environ, "PYTHONPATH": str(package), "LOG_LEVEL": "warning"}
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert f"{count} passed" in done.stdout, done.stdout[-2000:]
    return time.perf_counter() - begun


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=int, default=400)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", name]
        subprocess.run(command, cwd=ROOT / "clients/python", check=True, capture_output=True)
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            wheel.extractall(folder / "installed")
        taken: dict[str, list[float]] = {}
        for _ in range(options.turns):
            for way, fixture in WAYS.items():
                python = PEER_PYTHON.absolute() if way == "pytest-httpserver" else Path(sys.executable)
                if python.exists():
                    # One test alone pays for the start of the server.
                    one = seconds(python, folder, folder / "installed", fixture, 1)
                    many = seconds(python, folder, folder / "installed", fixture, options.tests + 1)
                    taken.setdefault(way, []).append((many - one) / options.tests * 1000)
    nothing = statistics.median(taken["no fixture"])
    print(f"| {options.tests} tests with | ms a test | beyond none |\n|---|---|---|")
    for way, found in taken.items():
        print(f"| {way} | {statistics.median(found):.2f} | {statistics.median(found) - nothing:.2f} |")
    if (PEERS / "json-server").exists():
        each = statistics.median(a_process_each(20))
        print(f"| a json-server process | {each + nothing:.2f} | {each:.2f} |")


if __name__ == "__main__":
    main()
