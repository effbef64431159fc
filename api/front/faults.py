"""Carries out faults: waits in the event loop, ends connections at the socket, and sends wrong answers.

The application runs in the pool, as for every request. Its changes are committed before anything that comes `after`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, NoReturn, TypeVar
from wsgiref.types import WSGIEnvironment

from api.front import sockets
from api.front.answers import Answer
from api.front.asgi import Receive, Send
from api.front.journal import Entry
from api.front.pacing import paced, timed
from api.front.waiting import Client
from api.rules import corruption, environ_keys
from api.rules.faults import FIELD, Corrupt, Cut, Delay, Hang, Limit, Plan, Slow, Status, Twice
from api.rules.injected import limited, problem_of
from api.rules.journal import Sent
from api.rules.pace import Pace
from api.rules.problems import NotImplementedHere, Problem

if TYPE_CHECKING:
    from api.front.front import Front

MARK = FIELD.lower().encode()
# Seconds. Bytes that were handed to the server below have left by then.
FLUSH = 0.05
MIB = 1024 * 1024
# Larger answers cannot be spoiled: they would have to be in memory.
MOST_SPOILED = 16 * MIB

# Why a client got no answer, or not all of it.
CUT, CLIENT_GONE = "cut", "client_gone"

Kind = TypeVar("Kind")


class Unanswered(Exception):
    """The client gets no answer, or no more of it: the connection ends, or the client is gone."""


class Faulty:
    """The answer to one request that meets faults."""

    def __init__(
        self, front: Front, plan: Plan, environ: WSGIEnvironment, receive: Receive, send: Send, *, close: bool
    ) -> None:
        self.front = front
        self.plan = plan
        self.environ = environ
        self.send = send
        self.close = close
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.answer: Answer | None = None  # with more pieces
        self.pace: Pace | None = None  # of pieces that are due later
        # The application may change these values to those of a client behind a proxy.
        self.peer = (environ["REMOTE_ADDR"], int(environ["REMOTE_PORT"]))
        self.port = int(environ["SERVER_PORT"])
        self.client = Client(front.waits, self.peer, receive)
        self.entry: Entry | None = environ.get(environ_keys.ENTRY)
        if self.entry:
            self.entry.may_change = True

    async def serve(self) -> None:
        """Answer, or not. Raises nothing that the client causes."""
        self.environ[environ_keys.FAULT] = self.plan.name
        self.environ[environ_keys.PAUSED] = 0.0
        async with self.client:
            try:
                await self._before()
                if not self.status:
                    await self._carry_out()
                await self._after()
                await self._spoil()
                await self._send()
            except Problem as problem:  # it could not be committed, or this answer cannot have this fault
                self._refuse_with(problem)
                await self._note("whole")
                await self.send({"type": "http.response.start", "status": self.status, "headers": self._marked()})
                await self.send({"type": "http.response.body", "body": self.body, "more_body": False})
            except Unanswered as end:
                if self.entry and str(end) == CLIENT_GONE:
                    await self.entry.finish(self.front.pool, "broken")
                self.front.hooks.on_unanswered(self.environ, str(end))
            finally:
                if self.answer:
                    await self.front.pool.run(self.answer.close)

    async def _before(self) -> None:
        for effect in self.plan.effects:
            match effect:
                case Delay(at="before"):
                    await self._pause(effect.seconds(self.plan.random))
                case Hang(at="before"):
                    await self._hang(effect)
                case Cut(at="before"):
                    await self._cut(effect.how)
                case Status(after=False):
                    self._refuse_with(problem_of(effect))
                case Limit() if self.plan.window:
                    self._refuse_with(limited(effect, self.plan.window))

    async def _after(self) -> None:
        for effect in self.plan.effects:
            match effect:
                case Delay(at="after"):
                    await self._pause(effect.seconds(self.plan.random))
                case Hang(at="after"):
                    await self._hang(effect)
                case Cut(at="after"):
                    await self._cut(effect.how)
                case Status(after=True):
                    self._refuse_with(problem_of(effect))

    async def _carry_out(self) -> None:
        if any(isinstance(each, Status) and each.after for each in self.plan.effects):
            self.environ[environ_keys.REPLACED] = True  # the log has the answer that is sent
        twice = self._one(Twice)
        if twice:
            await self._deliver_first()
            await self._pause(twice.apart_ms / 1000)
        async with self.front.waiting:
            answer = await self.front.run(self.environ)
        self.status, self.headers, self.body = answer.status, answer.headers, answer.body
        self.answer = None if answer.whole else answer
        self.client.hold(len(self.body))
        if pace := self.environ.pop(environ_keys.PACE, None):
            await self._pause(pace.before)
            self.pace = pace if pace.pieces and self.environ["REQUEST_METHOD"] != "HEAD" else None

    async def _deliver_first(self) -> None:
        first = self.environ.copy()
        if self.entry:
            first[environ_keys.ENTRY] = self.entry.of(first)
        try:
            async with self.front.waiting:
                answer = await self.front.run(first)
        except Problem:
            return  # a proxy retries after a failure too
        finally:
            self.environ["wsgi.input"].seek(0)
        if self.entry:
            await first[environ_keys.ENTRY].finish(self.front.pool, "cut")
        if not answer.whole:
            await self.front.pool.run(answer.close)

    def _refuse_with(self, problem: Problem) -> None:
        self.status, self.headers, self.body = self.front.refusal(problem, self.environ)

    async def _spoil(self) -> None:
        for effect in self.plan.effects:
            if not isinstance(effect, Corrupt):
                continue
            content = await self._whole()
            if effect.what in ("chunk", "status-line"):
                last = corruption.raw(effect, self.status, self._marked(), content)
                await self._cut("fin", last)
            try:
                spoiled = corruption.spoiled(effect, self.status, self.headers, content)
            except ValueError as error:
                raise NotImplementedHere(f"{error} The request was carried out.") from None
            self.status, self.headers, self.body = spoiled

    async def _send(self) -> None:
        slow, cut = self._one(Slow), self._one(Cut)
        if cut and not (self.body or self.pace):
            raise NotImplementedHere("The answer has no content to cut. The request was carried out.")
        await self._note(None if slow or cut or self.answer or self.pace else "whole")
        await self.send({"type": "http.response.start", "status": self.status, "headers": self._marked()})
        if not (slow or cut or self.answer or self.pace):
            await self.send({"type": "http.response.body", "body": self.body, "more_body": False})
            return
        pieces = self._pieces()
        if cut:
            pieces = _first(pieces, self._before_the_cut(cut))
        if slow:
            first = slow.first_byte_ms / 1000
            pieces = paced(pieces, slow.bytes_per_second, first, self.client, self.front.waits)
        await self._send_piece(b"")  # the head
        async for piece in pieces:
            await self._send_piece(piece)
        if self.client.gone.done():
            raise Unanswered(CLIENT_GONE)
        if cut:
            await asyncio.sleep(FLUSH)
            await self._cut(cut.how)
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})
        if self.entry:
            await self.entry.finish(self.front.pool, "whole")

    async def _note(self, sent: Sent | None) -> None:
        """Write the entry of the journal with the answer as it is now."""
        if self.entry:
            await self.front.pool.run(self.entry.write, self.status, self._marked(), self.body, sent)

    async def _send_piece(self, piece: bytes) -> None:
        if self.entry and piece:
            self.entry.sending(piece)
        try:
            async with asyncio.timeout(self.front.settings.send_timeout):
                await self.send({"type": "http.response.body", "body": piece, "more_body": True})
        except TimeoutError:
            raise Unanswered(CLIENT_GONE) from None  # it reads nothing

    async def _pieces(self) -> AsyncIterator[bytes]:
        """The content that is still to be sent."""
        if self.body:
            yield self.body
        if self.pace and self.pace.pieces:
            async for due in timed(self.pace.pieces, self.pace.end, self.client, self.front.waits):
                yield due
        while self.answer and (piece := await self.front.pool.run(self.answer.next)) is not None:
            yield piece

    async def _whole(self) -> bytes:
        """The whole content."""
        found = bytearray()
        async for piece in self._pieces():
            found += piece
            if len(found) > MOST_SPOILED:
                raise NotImplementedHere("The answer is too large for this fault. The request was carried out.")
        if self.answer:
            await self.front.pool.run(self.answer.close)
            self.answer = None
        self.pace = None
        self.body = bytes(found)
        self.client.hold(len(self.body))
        return self.body

    def _before_the_cut(self, cut: Cut) -> int:
        """The bytes of the content before the cut: of a known length, the last one is never sent."""
        length = dict(self.headers).get(b"content-length")
        return min(cut.bytes, int(length) - 1) if length else cut.bytes

    def _marked(self) -> list[tuple[bytes, bytes]]:
        """The header lines, with the one that tells of the fault."""
        return self.front.closing([*self.headers, (MARK, self.plan.name.encode())], self.environ, close=self.close)

    def _one(self, kind: type[Kind]) -> Kind | None:
        return next((each for each in self.plan.effects if isinstance(each, kind)), None)

    async def _pause(self, seconds: float) -> None:
        started = time.perf_counter()
        stays = await self.client.pause(seconds)
        self.environ[environ_keys.PAUSED] += time.perf_counter() - started
        if not stays:
            raise Unanswered(CLIENT_GONE)

    async def _hang(self, hang: Hang) -> NoReturn:
        await self._note(None)
        await self._pause(hang.ms / 1000)
        await self._cut("fin")

    async def _cut(self, how: str, last: bytes = b"") -> NoReturn:
        if self.entry and self.entry.is_sending:
            await self.entry.finish(self.front.pool, "cut")
        else:
            await self._note("cut")
        ending = partial(sockets.end, self.peer, self.port, reset=how == "rst", last=last)
        await asyncio.get_running_loop().run_in_executor(sockets.SEARCH, ending)
        raise Unanswered(CUT)


async def _first(pieces: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    """The first bytes of the content."""
    left = most
    while left > 0 and (piece := await anext(pieces, None)) is not None:
        yield piece[:left]
        left -= len(piece)
