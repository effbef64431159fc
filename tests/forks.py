"""Processes of `run.py` that are forked from a process with all imports: importing is two thirds of a start."""

import atexit
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from run import main

ROOT = Path(__file__).parents[1]
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.imported"])


class Fork:
    """`run.py` in its own process. `stdout` is what it prints; what it writes to stderr is added to the file `log`."""

    def __init__(self, *arguments: str, log: Path, environment: Mapping[str, str]) -> None:
        reader, writer = _context.Pipe(duplex=False)
        with reader, writer:
            self._process = _context.Process(target=_run, args=(writer, log, arguments, dict(environment)))
            self._process.start()
            self.stdout = os.fdopen(os.dup(reader.fileno()))
        # Otherwise this process would wait at its end for a server that a failed test did not stop.
        atexit.register(self.kill)
        assert self._process.pid
        self.pid = self._process.pid

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self._process.is_alive():
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it, if it still runs."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit status. Raises `TimeoutError` after so many seconds."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError(f"the process {self.pid} still runs after {timeout} seconds")
        return self._process.exitcode


def _run(stdout: Connection, log: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    with stdout, log.open("ab") as errors:
        os.dup2(stdout.fileno(), sys.stdout.fileno())
        os.dup2(errors.fileno(), sys.stderr.fileno())
    main(arguments, prog_name="run.py")
