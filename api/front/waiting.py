"""Waits of requests in the event loop, which hold no thread."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from api.front.asgi import Receive
from api.front.sockets import Address

Gone = asyncio.Future[None]


class Waits:
    """The requests of a worker that wait on purpose: at most so many, with so many bytes of their answers in memory.

    When the worker is told to stop, all waits end.
    """

    def __init__(self, most: int, memory: int) -> None:
        self.most = most
        self.memory = memory
        self.held = 0  # bytes of answers in memory
        self.stopping = False
        self.streams = 0  # answers that are sent piece by piece
        # The clients that wait, for whom silence is no reason to close the connection.
        self.clients: Counter[Address] = Counter()
        self._waits: set[asyncio.Future[None]] = set()

    def __len__(self) -> int:
        return self.clients.total()

    @property
    def full(self) -> bool:
        """Whether no more requests may wait."""
        return len(self) >= self.most or self.held >= self.memory

    @contextmanager
    def streaming(self) -> Iterator[None]:
        """Count one more answer that is sent piece by piece."""
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1

    def stop(self) -> None:
        """End all waits, now and from now on."""
        self.stopping = True
        for wait in self._waits:
            if not wait.done():
                wait.set_result(None)

    async def pause(self, seconds: float, *ends: Gone) -> None:
        """Wait for a time. It ends early if one of `ends` is done, such as `gone` of a client, or the worker stops."""
        if self.stopping or seconds <= 0 or any(each.done() for each in ends):
            return
        loop = asyncio.get_running_loop()
        over: asyncio.Future[None] = loop.create_future()

        def end(_: object = None) -> None:
            if not over.done():
                over.set_result(None)

        timer = loop.call_later(seconds, end)
        for each in ends:
            each.add_done_callback(end)
        self._waits.add(over)
        try:
            await over
        finally:
            timer.cancel()
            for each in ends:
                each.remove_done_callback(end)
            self._waits.discard(over)


class Client:
    """The client of a request that waits: `gone` is done when it has disconnected. For use with `async with`."""

    def __init__(self, waits: Waits, address: Address, receive: Receive) -> None:
        self.address = address
        self.held = 0
        self._waits = waits
        self._receive = receive

    async def __aenter__(self) -> "Client":
        self.gone: Gone = asyncio.ensure_future(disconnected(self._receive))
        self._waits.clients[self.address] += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gone.cancel()
        self.hold(0)
        self._waits.clients[self.address] -= 1
        if not self._waits.clients[self.address]:
            del self._waits.clients[self.address]

    def hold(self, size: int) -> None:
        """Count the bytes of its answer that are in memory."""
        self._waits.held += size - self.held
        self.held = size

    async def pause(self, seconds: float, *ends: Gone) -> bool:
        """Wait for a time, or until one of `ends` is done. Returns whether the client is still there."""
        await self._waits.pause(seconds, self.gone, *ends)
        return not self.gone.done()


async def disconnected(receive: Receive) -> None:
    """Wait until the client has disconnected. To be called after the body of the request has come."""
    while (await receive())["type"] != "http.disconnect":
        pass
