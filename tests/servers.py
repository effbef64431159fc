"""Real servers for the tests: `run.py serve` on a free port, ended by the process that was started."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch

from click.testing import CliRunner

from run import main
from tests.forks import Fork

ROOT = Path(__file__).parents[1]
READY = "Touchstone is ready on "
# A development account that can write.
JOHN = ("john", "john")


class Server:
    """`run.py serve` with these arguments, ready to answer at `url`; its log is in the file `log`.

    `root` is the folder whose `run.py` is started; without it, a fork serves, which starts in a third of the time.
    """

    # The logs of every server so far.
    logs: ClassVar[set[Path]] = set()

    def __init__(self, log: Path, *arguments: str, root: Path | None = None, **environment: str) -> None:
        self.log = log
        self.arguments = arguments
        Server.logs |= {log, Path(environment.get("LOG_FILE", log))}
        command = ("serve", "--port", "0", *arguments)
        self.process: Fork | subprocess.Popen[str]
        if root is None:
            self.process = Fork(*command, log=log, environment=clean_environment(**environment))
        else:
            with log.open("ab") as stderr:
                self.process = subprocess.Popen(  # our own arguments
                    [sys.executable, "run.py", *command],
                    cwd=root,
                    env=clean_environment(**environment),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    text=True,
                )
        self.url = self._ready()
        self.port = int(self.url.rpartition(":")[2])

    def _ready(self) -> str:
        assert self.process.stdout
        impatience = threading.Timer(30, self.process.kill)
        impatience.start()
        line = self.process.stdout.readline()
        impatience.cancel()
        if not line.startswith(READY):
            self.stop(signal.SIGKILL)
            raise RuntimeError(f"the server did not start: {line!r}\n{self.log.read_text()[-4000:]}")
        return line.removeprefix(READY).strip()

    def stop(self, how: int = signal.SIGTERM) -> int:
        """End it and return its exit status."""
        self.process.send_signal(how)
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout
            self.process.stdout.close()

    def lines(self) -> list[dict[str, Any]]:
        """The whole lines of its log: it may be writing the last one."""
        return [json.loads(line) for line in self.log.read_text().split("\n")[:-1] if line.startswith("{")]


def workers(process: Fork | subprocess.Popen[str]) -> set[int]:
    """The live worker processes of a server's process."""
    return set(map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()))


def clean_environment(**environment: str) -> dict[str, str]:
    """The environment of a command under test: the minimum for any process, and the given variables."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "TOUCHSTONE_ENV": "testing", **environment}


def run(*arguments: str, stdin: str | bytes = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `run.py` with these arguments in this process, because a new process takes a second to import everything.

    Not for a `serve` that reaches the configuration of its log: it would change the log of this process.
    """
    stops = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    with patch.dict(os.environ, clean_environment(**environment), clear=True), contextlib.chdir(ROOT):
        done = CliRunner().invoke(main, arguments, input=stdin, prog_name="run.py")
    for number, handler in stops:
        signal.signal(number, handler)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


def run_fork(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `run.py` with these arguments in a fork (tests/forks.py), and wait for its end."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        fork = Fork(*arguments, log=log, environment=clean_environment(**environment))
        with fork.stdout:
            printed = fork.stdout.read()
        return subprocess.CompletedProcess(arguments, fork.wait(120), printed, log.read_text())


def run_process(*arguments: str, stdin: str | bytes = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `run.py` with these arguments and this standard input in a separate process, and wait for its end."""
    done = subprocess.run(  # our own arguments
        [sys.executable, "run.py", *arguments],
        cwd=ROOT,
        env=clean_environment(**environment),
        input=stdin if isinstance(stdin, bytes) else stdin.encode(),
        capture_output=True,
        timeout=120,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
