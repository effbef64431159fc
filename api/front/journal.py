"""The entry of a request in the journal: written in the pool, before the answer leaves."""

from __future__ import annotations

import time
from typing import Any, Protocol
from wsgiref.types import WSGIApplication, WSGIEnvironment

from api.front.answers import Answer
from api.front.pool import Pool
from api.rules import environ_keys
from api.rules.journal import Keeping, Sent, Told


class Journal(Protocol):
    """Keeps entries of requests. The methods may wait, so they run in the pool, except `concerns`."""

    @property
    def kept(self) -> int:
        """Bytes of a body that are kept."""

    def concerns(self, environ: dict[str, Any]) -> bool:
        """Whether a request may get an entry. Returns at once."""

    def record(self, environ: dict[str, Any], told: Told, n: int | None = None) -> int | None:
        """Write an entry, or the entry `n` anew. Returns its number; None if there is none."""


class Entry:
    """The entry of one request."""

    def __init__(self, journal: Journal, environ: WSGIEnvironment) -> None:
        self._journal = journal
        self.environ = environ
        self.told = Told()
        self._n: int | None = None
        self._pieces: Keeping | None = None

    def run(self, app: WSGIApplication, environ: WSGIEnvironment) -> Answer:
        """Run the application, and note the time. In the pool."""
        environ[environ_keys.STARTED] = time.perf_counter()
        return Answer(app, environ)

    def ended(self, answer: Answer, failure: Exception | None) -> None:
        """End the answer, and write the entry unless something else is sent. In the pool, after the commit."""
        answer.ended(failure)
        if failure:
            return
        if answer.whole:
            self.told = Told(answer.status, answer.headers, answer.body)
        else:
            self._pieces = Keeping(self._journal.kept)
            self.told = Told(answer.status, answer.headers, answer.body, sent=None)
        self.write()

    def refused(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Write the entry of a request that the front refuses. It may be called in any thread."""
        self.told = Told(status, headers, body)
        self.write()

    def write(self) -> None:
        """Write the entry, or write it anew."""
        self._n = self._journal.record(self.environ, self.told, self._n)

    def sending(self, piece: bytes) -> None:
        """Note a piece of an answer that is sent in pieces."""
        if self._pieces:
            self._pieces.add(piece)

    async def finish(self, pool: Pool, sent: Sent) -> None:
        """Note how an answer in pieces ended."""
        pieces = self._pieces
        if pieces:
            self.told.body, self.told.length, self.told.sha256 = pieces.start, pieces.length, pieces.sha256
        self.told.sent, self.told.ended = sent, time.perf_counter()
        await pool.run(self.write)
