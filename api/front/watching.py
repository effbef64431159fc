"""Requests that wait for entries of the journal, or get each as an event. They hold no thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from wsgiref.types import WSGIEnvironment

from api.front.answers import Answer
from api.front.asgi import Receive, Send
from api.front.journal import Journal
from api.front.pool import Pool
from api.front.waiting import Client, Waits
from api.rules import environ_keys
from api.rules.problems import Problem, Unavailable
from api.rules.watch import EVENTS, MOST_UNFINISHED, Watch, event

if TYPE_CHECKING:
    from api.front.front import Front

log = logging.getLogger("touchstone.front")

# Seconds between two looks for entries of other workers.
LOOK_EVERY = 0.01
# Seconds between two readings of entries: under load, those of this time are read together.
TOGETHER = 0.002
# Seconds of silence after which a comment shows that the connection lives (HTML §9.2.7).
HEARTBEAT = 15.0
# Events that a client may be late; then the answer ends, and the client resumes by itself.
MOST_LATE = 1000


class Watcher:
    """A client that waits. `seen` is the last entry that it was told of."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.seen = watch.after
        self.matching = set(watch.matching)
        self.events: list[bytes] = []
        self.told: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tell(self, n: int, content: bytes) -> None:
        """Take a new entry that matches, or one that was unfinished."""
        is_new = n > self.seen
        self.matching.add(n)
        if self.watch.seconds is None:
            self.events.append(event(content, n if is_new else None))
        elif len(self.matching) < self.watch.enough:
            return
        if not self.told.done():
            self.told.set_result(None)

    def take(self) -> list[bytes]:
        """The events that were not sent yet."""
        events, self.events = self.events, []
        if self.told.done():
            self.told = asyncio.get_running_loop().create_future()
        return events


@dataclass(slots=True)
class WatchedSpace:
    """A space that somebody watches, and the entries whose answers were being sent when they were read."""

    watchers: set[Watcher] = field(default_factory=set)
    unfinished: set[int] = field(default_factory=set)


class Watching:
    """The clients of a worker that wait. While there are any, a task looks for new entries."""

    def __init__(self, journal: Journal, pool: Pool, waits: Waits) -> None:
        self.journal = journal
        self._pool = pool
        self._waits = waits
        self._spaces: dict[str, WatchedSpace] = {}
        self._sign = b""
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Look at once: this worker wrote an entry."""
        if self._task:
            self._changed.set()

    async def wait(self, watch: Watch, client: Client) -> None:
        """Wait until enough entries match, the time is over, the client is gone, or the worker stops."""
        watcher = self._add(watch)
        try:
            await client.pause(watch.seconds or 0, watcher.told)
        finally:
            self._remove(watcher)

    async def events(self, watch: Watch, client: Client) -> AsyncIterator[bytes]:
        """The events of new entries, and comments in between, until the client is gone or the worker stops."""
        watcher = self._add(watch)
        try:
            while await client.pause(HEARTBEAT, watcher.told) and not self._waits.stopping:
                events = watcher.take()
                if len(events) > MOST_LATE:
                    return
                yield b"".join(events) or b":\n\n"
        finally:
            self._remove(watcher)

    def _add(self, watch: Watch) -> Watcher:
        watcher = Watcher(watch)
        space = self._spaces.setdefault(watch.space_id, WatchedSpace())
        space.watchers.add(watcher)
        space.unfinished |= watch.unfinished
        self._sign = b""
        if self._task is None:
            self._task = asyncio.create_task(self._look())
        self._changed.set()
        return watcher

    def _remove(self, watcher: Watcher) -> None:
        space = self._spaces[watcher.watch.space_id]
        space.watchers.discard(watcher)
        if not space.watchers:
            del self._spaces[watcher.watch.space_id]

    async def _look(self) -> None:
        while self._spaces:
            try:
                async with asyncio.timeout(LOOK_EVERY):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            sign = self.journal.sign
            if sign == self._sign:
                continue
            self._sign = sign
            for space_id in list(self._spaces):
                try:
                    await self._read(space_id)
                except Exception:
                    log.exception("The journal could not be read")
                    self._sign = b""
            await asyncio.sleep(TOGETHER)
        self._task = None

    async def _read(self, space_id: str) -> None:
        space = self._spaces.get(space_id)
        if space is None:
            return
        # Others may come while this waits: they are told next time.
        watchers = list(space.watchers)
        after = min(each.seen for each in watchers)
        whole = any(each.watch.seconds is None for each in watchers)
        unfinished = frozenset(space.unfinished)
        for entry, content in await self._pool.run(
            partial(self.journal.news, space_id, after, unfinished, whole=whole)
        ):
            if entry.sent is not None:
                space.unfinished.discard(entry.n)
            elif entry.n in unfinished:
                continue
            elif len(unfinished) < MOST_UNFINISHED:
                space.unfinished.add(entry.n)
            for watcher in watchers:
                if (entry.n > watcher.seen or entry.n in unfinished) and watcher.watch.query.matches(entry):
                    watcher.tell(entry.n, content)
                watcher.seen = max(watcher.seen, entry.n)


class Watched:
    """The answer to one request that may wait."""

    def __init__(
        self, front: Front, watching: Watching, environ: WSGIEnvironment, receive: Receive, send: Send, *, close: bool
    ) -> None:
        self.front = front
        self.watching = watching
        self.environ = environ
        self.receive = receive
        self.send = send
        self.close = close

    async def serve(self) -> None:
        """Answer, perhaps later, or with events."""
        # The application changes its environment, so that a second run needs a copy.
        again = self.environ.copy()
        again[environ_keys.WAITED] = True
        peer = (self.environ["REMOTE_ADDR"], int(self.environ["REMOTE_PORT"]))
        try:
            answer = await self.front.run(self.environ)
            watch: Watch | None = self.environ.get(environ_keys.WATCH)
            if watch and self.front.waits.full:
                raise Unavailable(headers={"Retry-After": "1"})
        except Problem as problem:
            await self.front.refuse(problem, self.environ, self.send, close=self.close)
            return
        if watch is None:
            await self.front.answer(self.environ, self.receive, self.send, close=self.close, made=answer)
            return
        client = Client(self.front.waits, peer, self.receive)
        if watch.seconds is None:
            await self._send_events(watch, answer, client)
            return
        async with client:
            await self.watching.wait(watch, client)
            gone = client.gone.done()
        if gone:
            self.front.hooks.on_unanswered(self.environ, "client_gone")
            return
        await self.front.answer(again, self.receive, self.send, close=self.close)

    async def _send_events(self, watch: Watch, answer: Answer, client: Client) -> None:
        pool, journal = self.front.pool, self.watching.journal
        if not await pool.run(journal.listen, watch.space_id):
            await pool.run(answer.close)
            full = Unavailable("This space has as many listeners as it may have.", headers={"Retry-After": "10"})
            await self.front.refuse(full, self.environ, self.send, close=self.close)
            return
        try:
            async with client:
                headers = [pair for pair in answer.headers if pair[0] != b"content-length"]
                headers = self.front.closing(headers, self.environ, close=self.close)
                await self.send({"type": "http.response.start", "status": answer.status, "headers": headers})
                piece: bytes | None = answer.body
                while piece is not None and not client.gone.done():
                    await self._send_piece(piece)
                    piece = None if answer.whole else await pool.run(answer.next)
                async for events in self.watching.events(watch, client):
                    await self._send_piece(events)
                if not client.gone.done():
                    await self.send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            pass  # the client reads nothing
        finally:
            await pool.run(answer.close)
            await pool.run(journal.leave, watch.space_id)

    async def _send_piece(self, piece: bytes) -> None:
        async with asyncio.timeout(self.front.settings.send_timeout):
            await self.send({"type": "http.response.body", "body": piece, "more_body": True})


def is_watched(environ: WSGIEnvironment) -> bool:
    """Whether a request may wait for entries of the journal."""
    path: str = environ["PATH_INFO"]
    if not path.startswith("/spaces/") or not path.endswith("/journal"):
        return False
    return "wait=" in environ["QUERY_STRING"] or EVENTS in environ.get("HTTP_ACCEPT", "")
