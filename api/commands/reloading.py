"""`run.py serve --reload`: restarts the server when a file changes.

This process imports nothing of the application. It compares the times of the files twice a second, which costs a few
milliseconds and needs no library.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.ready import READY, open_in_browser
from api.commands.sentences import Refusal

if TYPE_CHECKING:
    from config import Config

ROOT = Path(__file__).parents[2]
WATCHED = ("api", "resources", "config.py", "run.py")
KINDS = {".py", ".html", ".css", ".js", ".json", ".sql", ".svg"}
# Seconds between two looks at the files.
INTERVAL = 0.5
# Seconds without a further change before a restart, because a checkout writes many files.
SETTLED = 0.1
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
Stamps = Mapping[Path, tuple[int, int]]


def serve_and_reload(
    config: Config, flags: Mapping[str, Any], file: Path | None, *, ephemeral: bool, in_browser: bool
) -> None:
    """Serve in a child process until a signal stops it, and restart that at each change.

    `flags` are those of the command line by the names of the settings. All starts have the same port, and the same
    temporary database if it is `ephemeral`; only the first one loads `file`.
    """
    with ExitStack() as stack:
        given = {name.upper(): str(value) for name, value in flags.items() if value is not None}
        given["PORT"] = str(config.port or free_port(config.host))
        if ephemeral:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="touchstone-"))
            given["DATABASE_URL"] = f"sqlite:///{folder}/touchstone.db"
        Reloader({**os.environ, **given}, file, in_browser=in_browser).run()


class Reloader:
    """The child process that serves, and the files that it was started with."""

    def __init__(self, environment: Mapping[str, str], file: Path | None, *, in_browser: bool) -> None:
        self.environment = dict(environment)
        self.file = file
        self.in_browser = in_browser
        self.server: subprocess.Popen[bytes] | None = None
        self.stopping = False
        # Changed files that are not yet valid.
        self.broken: set[Path] = set()

    def run(self) -> None:
        """Serve until a signal stops it."""
        for number in STOPS:
            signal.signal(number, self.stop)
        seen = stamps()
        self.start()
        while not self.stopping:
            self.listen()
            if stamps() != seen:
                now = settled()
                changed = {path for path in {*seen, *now} if seen.get(path) != now.get(path)}
                seen = now
                if changed and not self.stopping:
                    self.restart(changed)
        self.end()

    def stop(self, *_: object) -> None:
        """Pass the signal on to the server; its end ends this process."""
        self.stopping = True
        if self.server:
            self.server.terminate()

    def start(self) -> None:
        """Start the server. A group of its own: ctrl-C at a terminal would otherwise reach it twice."""
        load = ["--load", str(self.file)] if self.file else []
        self.server = subprocess.Popen(  # noqa: S603  # our own arguments
            [sys.executable, str(ROOT / "run.py"), "serve", *load],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            process_group=0,
        )
        # Python recognizes changed files by the second: compiled files could be older than they seem.
        self.environment["PYTHONDONTWRITEBYTECODE"] = "1"
        if self.stopping:
            self.server.terminate()

    def listen(self) -> None:
        """Pass on what the server prints, for the time between two looks at the files."""
        if not self.server or not self.server.stdout:
            time.sleep(INTERVAL)
        elif select.select([self.server.stdout], [], [], INTERVAL)[0]:
            if printed := os.read(self.server.stdout.fileno(), 65536).decode():
                click.echo(printed, nl=False)
                if printed.startswith(READY):
                    self.ready(printed.removeprefix(READY).strip())
            else:
                self.end()
                if not self.stopping:
                    click.echo("Touchstone: The server has ended: waiting for a change.", err=True)

    def ready(self, url: str) -> None:
        """Do what only the first start does."""
        self.file = None
        if self.in_browser:
            self.in_browser = False
            open_in_browser(url)

    def restart(self, changed: set[Path]) -> None:
        """Restart the server, unless a changed file is not valid Python."""
        self.broken = {path for path in changed | self.broken if (fault := syntax_fault(path)) and said(fault)}
        names = ", ".join(sorted(str(path.relative_to(ROOT)) for path in self.broken or changed))
        if self.broken:
            click.echo(f"Touchstone: {names} cannot be used: the server waits for the next change.", err=True)
        else:
            click.echo(f"Touchstone: {names} changed: restarting.", err=True)
            if self.server:
                self.server.terminate()
            self.end()
            self.start()

    def end(self) -> None:
        """Wait for the end of the server."""
        if self.server:
            self.server.communicate()
            self.server = None


def stamps() -> Stamps:
    """The time and the size of each watched file."""
    found = {}
    for name in WATCHED:
        for folder, folders, files in os.walk(ROOT / name):
            folders[:] = [each for each in folders if each != "__pycache__"]
            paths = [Path(folder, each) for each in files]
            found.update({path: stamp(path) for path in paths if path.suffix in KINDS})
        if (ROOT / name).is_file():
            found[ROOT / name] = stamp(ROOT / name)
    return found


def settled() -> Stamps:
    """The same once nothing changes any more."""
    before = stamps()
    while True:
        time.sleep(SETTLED)
        if (after := stamps()) == before:
            return after
        before = after


def stamp(path: Path) -> tuple[int, int]:
    """The time and the size of a file; zeros if it has just gone."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def syntax_fault(path: Path) -> str:
    """The syntax error of a Python file with its line; empty if it has none."""
    if path.suffix == ".py" and path.exists():
        try:
            compile(path.read_bytes(), path.relative_to(ROOT), "exec")
        except (SyntaxError, ValueError) as error:
            return "".join(traceback.format_exception_only(error))
    return ""


def said(fault: str) -> bool:
    """Print a fault."""
    click.echo(fault, nl=False, err=True)
    return True


def free_port(host: str) -> int:
    """A free port of this host."""
    try:
        with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as found:
            port: int = found.getsockname()[1]
            return port
    except OSError as error:
        raise Refusal(f"{host} cannot be listened on ({error.strerror}): choose another --host.") from None
