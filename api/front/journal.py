"""The entry of a request in the journal: written in the pool, before the answer leaves."""

from __future__ import annotations

import time
from collections.abc import Set
from typing import Any, Protocol
from wsgiref.types import WSGIApplication, WSGIEnvironment

from api.front.answers import Answer
from api.front.pool import Pool
from api.rules import environ_keys
from api.rules.journal import Keeping, Sent, Told
from api.rules.journal_query import Columns


class Journal(Protocol):
    """Keeps entries of requests. The methods may wait, so they run in the pool, except `concerns` and `sign`."""

    @property
    def kept(self) -> int:
        """Bytes of a body that are kept."""

    @property
    def sign(self) -> bytes:
        """Differs after each change, in all workers."""

    def concerns(self, environ: dict[str, Any]) -> bool:
        """Whether a request may get an entry. Returns at once."""

    def record(self, environ: dict[str, Any], told: Told, n: int | None = None) -> int | None:
        """Write an entry, or the entry `n` anew. Returns its number; None if there is none."""

    def news(self, space_id: str, after: int, again: Set[int], *, whole: bool) -> list[tuple[Columns, bytes]]:
        """The entries of a space after one, and those of `again`, by number; if `whole`, each with its JSON."""

    def listen(self, space_id: str) -> bool:
        """Count one more listener in a space. Returns false if there are too many."""

    def leave(self, space_id: str) -> None:
        """Count one listener less."""


class Entry:
    """The entry of one request."""

    def __init__(self, journal: Journal, environ: WSGIEnvironment) -> None:
        self._journal = journal
        self._environ = environ
        self._told = Told(sent=None)
        self._n: int | None = None
        self._pieces: Keeping | None = None
        # Whether a fault may change the answer before it leaves: until then the entry is not finished.
        self.may_change = False

    def of(self, environ: WSGIEnvironment) -> Entry:
        """The entry of another delivery of the request."""
        return Entry(self._journal, environ)

    def run(self, app: WSGIApplication, environ: WSGIEnvironment) -> Answer:
        """Run the application, and note the time. In the pool."""
        environ[environ_keys.STARTED] = time.perf_counter()
        return Answer(app, environ)

    def ended(self, answer: Answer, failure: Exception | None) -> None:
        """End the answer, and write the entry unless something else is sent. In the pool, after the commit."""
        answer.ended(failure)
        if not failure:
            self.write(
                answer.status, answer.headers, answer.body, "whole" if answer.whole and not self.may_change else None
            )

    def write(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes, sent: Sent | None) -> None:
        """Write the entry, or write it anew. `status` is 0 if there is no answer. It may be called in any thread."""
        self._told = Told(status, headers, body, sent=sent)
        self._n = self._journal.record(self._environ, self._told, self._n)

    @property
    def is_sending(self) -> bool:
        """Whether a piece of the answer was sent."""
        return self._pieces is not None

    def sending(self, piece: bytes) -> None:
        """Note a piece of an answer that is sent in pieces."""
        if self._pieces is None:
            self._pieces = Keeping(self._journal.kept)
        self._pieces.add(piece)

    async def finish(self, pool: Pool, sent: Sent) -> None:
        """Write the end of the answer, and of an answer in pieces the content that was sent."""
        told = self._told
        if self._pieces:
            told.body, told.length, told.sha256 = self._pieces.start, self._pieces.length, self._pieces.sha256
        told.sent, told.ended = sent, time.perf_counter()
        self._n = await pool.run(self._journal.record, self._environ, told, self._n)
