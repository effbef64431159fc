"""Sends content slowly: each piece at its time, without drift and without a thread."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING
from wsgiref.types import WSGIEnvironment

from api.front.answers import BODILESS, Answer
from api.front.asgi import Receive, Send
from api.front.settings import FrontSettings
from api.front.waiting import Client, Waits
from api.rules import environ_keys
from api.rules.pace import Due, Pace
from api.rules.problems import Unavailable
from api.rules.spaces import DATA, in_space

if TYPE_CHECKING:
    from api.front.front import Front
    from api.front.journal import Entry

log = logging.getLogger("touchstone.front")

# Seconds. What falls due within one tick leaves in one piece.
TICK = 0.01
# Pieces a second of all paced answers of a worker together: they take a quarter of a slow processor.
PIECES_A_SECOND = 2000
# Bytes that leave in one piece: with more, other requests would wait for the copy.
MOST_AT_ONCE = 64 * 1024


def tick_of(waits: Waits) -> float:
    """The seconds between two pieces of one answer: longer, the more answers are being paced."""
    return max(TICK, waits.streams / PIECES_A_SECOND)


def may_wait(path: str, settings: FrontSettings) -> bool:
    """Whether a request to this path may wait on purpose, so that it has a queue of its own."""
    if not settings.paced_paths:
        return False
    asked = in_space(path) if path.startswith(DATA) else None
    return (asked.path if asked else path).startswith(settings.paced_paths)


async def paced(
    content: AsyncIterator[bytes], rate: float, first: float, client: Client, waits: Waits
) -> AsyncIterator[bytes]:
    """The content in pieces, each when it is due: at `rate` bytes a second, from `first` seconds on.

    When the worker stops, the rest follows at once. It ends early if the client disconnects.
    """
    loop = asyncio.get_running_loop()
    start = loop.time() + first
    # Otherwise the answers that began together would all send at the same moments.
    phase = random.random()  # noqa: S311  # not for secrets
    sent = 0
    with waits.streaming():
        async for block in content:
            at, end = 0, start + (sent + len(block)) / rate
            while at < len(block):
                tick = tick_of(waits) * (1 if sent else phase)
                now, due = loop.time(), start + (sent + 1) / rate
                if not waits.stopping and not await client.pause(min(max(due - now, tick), end - now)):
                    return
                ready = len(block) - at if waits.stopping else max(1, int((loop.time() - start) * rate) - sent)
                piece = block[at : at + ready]
                at += len(piece)
                sent += len(piece)
                yield piece


async def timed(pieces: Iterator[Due], end: float, client: Client, waits: Waits) -> AsyncIterator[bytes]:
    """The pieces, each when it is due, and the last one at `end`; what is due within a tick leaves together.

    When the worker stops, the rest follows at once. It ends early if the client disconnects.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    phase = random.random()  # noqa: S311  # as above
    piece = next(pieces, None)
    with waits.streaming():
        first = True
        while piece is not None:
            now = loop.time()
            # A first piece that is due at once does not wait for a tick.
            tick = 0 if first and piece[0] <= 0 else tick_of(waits) * (phase if first else 1)
            if not await client.pause(min(max(start + piece[0] - now, tick), max(start + end - now, 0))):
                return
            ready = bytearray()
            while piece is not None and (waits.stopping or start + piece[0] <= loop.time() + 0.001):
                ready += piece[1]
                piece = next(pieces, None)
                if len(ready) > MOST_AT_ONCE:
                    break
            if ready:
                first = False
                yield bytes(ready)


class Paced:
    """An answer whose bytes are due later."""

    def __init__(self, front: Front, environ: WSGIEnvironment, receive: Receive, send: Send, *, close: bool) -> None:
        self.front = front
        self.environ = environ
        self.send = send
        self.close = close
        self.entry: Entry | None = environ.get(environ_keys.ENTRY)
        self.client = Client(front.waits, (environ["REMOTE_ADDR"], int(environ["REMOTE_PORT"])), receive)
        self.length = 0

    async def serve(self, answer: Answer, pace: Pace) -> None:
        """Send the answer when it is due. Raises Unavailable if too many wait already."""
        if self.front.waits.full:
            raise Unavailable(headers={"Retry-After": "1"})
        if self.entry is None:  # the journal reads the body of the request once more
            self.environ["wsgi.input"].close()
        started = asyncio.get_running_loop().time()
        whole = False
        async with self.client as client:
            client.hold(len(answer.body))
            with suppress(TimeoutError):  # the client reads nothing; returning without an end closes the connection
                whole = await client.pause(pace.before) and await self._send(answer, pace)
        self.environ[environ_keys.PAUSED] = asyncio.get_running_loop().time() - started
        if whole:
            kind = dict(answer.headers).get(b"content-type", b"").decode("latin-1")
            self.front.hooks.on_refusal(self.environ, answer.status, kind, self.length)
        else:
            self.front.hooks.on_unanswered(self.environ, "client_gone")
        if self.entry:
            await self.entry.finish(self.front.pool, "whole" if whole else "broken")

    async def _send(self, answer: Answer, pace: Pace) -> bool:
        """Send all of it. Returns whether the client got it."""
        headers = self.front.closing(answer.headers, self.environ, close=self.close)
        await self.send({"type": "http.response.start", "status": answer.status, "headers": headers})
        head = self.environ["REQUEST_METHOD"] == "HEAD" or answer.status in BODILESS
        if pace.pieces is None or head:
            self.length = len(answer.body)
            await self._send_piece(answer.body, more=False)
            return True
        await self._send_piece(b"")  # the head
        async for piece in timed(pace.pieces, pace.end, self.client, self.front.waits):
            self.length += len(piece)
            if self.entry:
                self.entry.sending(piece)
            await self._send_piece(piece)
        if self.client.gone.done():
            return False
        declared = dict(answer.headers).get(b"content-length")
        if declared is not None and int(declared) != self.length:
            raise RuntimeError(f"The answer declared {int(declared)} bytes and gave {self.length}.")
        await self._send_piece(b"", more=False)
        return True

    async def _send_piece(self, piece: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(self.front.settings.send_timeout):
            await self.send({"type": "http.response.body", "body": piece, "more_body": more})
