"""A server: started for a test suite, or one that already runs."""

import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from touchstone_server.command import command
from touchstone_server.http import Http, TouchstoneError
from touchstone_server.spaces import Space

READY = "Touchstone is ready on "
STOP_SECONDS = 15.0


class Server:
    """A server, and the spaces on it."""

    def __init__(self, url: str) -> None:
        self.http = Http(url)
        self.url = self.http.url
        self._done_with: queue.SimpleQueue[Space | None] = queue.SimpleQueue()
        self._cleaner: threading.Thread | None = None

    @contextmanager
    def space(self, *, keep: bool = False, **sent: Any) -> Iterator[Space]:
        """Make a space, and delete it at the end unless it is to `keep`.

        `sent` are the members of `POST /spaces`, such as `id` and `from_`. Raises TouchstoneError.
        """
        made = self.make_space(**sent)
        try:
            yield made
        finally:
            if not keep:
                self.forget(made)

    def make_space(self, **sent: Any) -> Space:
        """Make a space that nobody deletes. Raises TouchstoneError."""
        body = {name.rstrip("_"): value for name, value in sent.items() if value is not None}
        return Space(self.http, self.http.control("POST", "/spaces", body).json())

    def forget(self, space: Space) -> None:
        """Delete a space, in the background: no test waits for it."""
        if self._cleaner is None:
            self._cleaner = threading.Thread(target=self._clean, name="touchstone-cleaner", daemon=True)
            self._cleaner.start()
        self._done_with.put(space)

    def close(self) -> None:
        """Wait until the forgotten spaces are deleted."""
        if self._cleaner:
            self._done_with.put(None)
            self._cleaner.join(STOP_SECONDS)
            self._cleaner = None

    def _clean(self) -> None:
        while space := self._done_with.get():
            try:
                space.delete()
            except (TouchstoneError, OSError):
                return  # the server is gone, and the spaces with it


def connect(url: str) -> Server:
    """A server that runs already. Raises TouchstoneError if the URL is none, or nothing answers there."""
    server = Server(url)
    try:
        server.http.ask("GET", "/livez")
    except OSError as error:
        raise TouchstoneError(f"No server answers at {url}: {error}") from None
    return server


@contextmanager
def start(*arguments: str, **settings: str) -> Iterator[Server]:
    """Start a server on a free port with a temporary database, and stop it at the end.

    `arguments` are those of `touchstone serve`, and `settings` are variables of its environment. It ends with this
    process, even if this process is killed. Raises TouchstoneError if it does not start.
    """
    fixed = ("serve", "--host", "127.0.0.1", "--port", "0", "--ephemeral", "--until-eof")
    with run(*fixed, *arguments, **settings) as url:
        server = Server(url)
        try:
            yield server
        finally:
            server.close()


@contextmanager
def run(*arguments: str, **settings: str) -> Iterator[str]:
    """Run a command of `touchstone` that serves, and stop it at the end. Gives the URL of the server when it is ready.

    The arguments include `--until-eof`. Raises TouchstoneError if it does not start.
    """
    # Its standard input is a pipe: the kernel closes it when this process ends, however it ends.
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            command(*arguments),
            env={**os.environ, **settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        line = process.stdout.readline()
        if not line.startswith(READY):
            process.wait(STOP_SECONDS)
            log.seek(0)
            last = log.read().decode(errors="replace").strip().splitlines()[-1:]
            raise TouchstoneError(f"The server did not start. {' '.join(last)}")
        try:
            yield line.removeprefix(READY).strip()
        finally:
            process.stdin.close()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
