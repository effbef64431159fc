"""The command `touchstone`: that of the server, `run.py`, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("_server") / "run.py"


def command(*arguments: str) -> list[str]:
    """The command line of the server's program, whose folder is the first on the path of its process alone."""
    return [sys.executable, str(PROGRAM), *arguments]


def main() -> None:
    """Run it with the arguments of this process."""
    words = command(*sys.argv[1:])
    if os.name == "posix":
        os.execv(words[0], words)  # signals then reach the server itself
    sys.exit(subprocess.call(words))
