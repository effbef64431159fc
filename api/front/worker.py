"""A worker process: accepts and serves connections, and ends when the lifeline to its parent closes."""

# The server below has types for only some of its methods.
# mypy: disable-error-code="no-untyped-call"

import asyncio
import logging
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Protocol
from wsgiref.types import WSGIApplication

import uvloop
from granian.constants import Interfaces
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.net import SocketHolder  # type: ignore[attr-defined]  # it is there, and not in __all__
from granian.server.embed import Server

from api.front.front import Front
from api.front.hooks import Hooks
from api.front.listening import BACKLOG, refuse_new
from api.front.quiet import QuietConnections
from api.front.settings import FrontSettings

log = logging.getLogger("touchstone.front")

# Seconds. Handshakes complete in this time and their first requests arrive: it is ten times a slow round trip in a
# data centre. Idle connections of clients that send often have been told to close by then.
LAST_ARRIVALS = 0.1

# The server's own loggers get no handlers, so its messages go to the application's log.
LOGGING: dict[str, Any] = {"formatters": {}, "handlers": {}, "loggers": {"_granian": {"propagate": True}}}


class ServerBelow(Protocol):
    """A server below the front. It accepts from its socket, and closes it at the end."""

    def serve(self) -> Coroutine[Any, Any, None]:
        """Serve until `stop` is called, and running requests are finished."""

    def stop(self) -> None:
        """End `serve`."""


# Creates the server below for a front and a listening socket.
Below = Callable[[Front, socket.socket], ServerBelow]


class Granian(Server):
    """The server below, accepting from a socket that we pass in."""

    def __init__(self, front: Front, listener: socket.socket) -> None:
        settings = front.settings
        super().__init__(
            front,
            interface=Interfaces.ASGINL,
            websockets=False,
            backpressure=settings.connections,
            http1_settings=HTTP1Settings(header_read_timeout=int(settings.head_timeout * 1000)),
            http2_settings=HTTP2Settings(
                max_headers_size=settings.stream_header, max_concurrent_streams=settings.streams
            ),
            log_level=LogLevels.error,  # it logs a warning about itself at every start
            log_dictconfig=LOGGING,
        )
        self.listener = listener

    def stop(self) -> None:
        """Accept all queued connections, finish running requests, and close."""
        self.listener.detach()  # the server below closes it after accepting all queued connections
        super().stop()

    def _init_shared_socket(self) -> None:
        self._shd: Any = SocketHolder(self.listener.fileno(), False, BACKLOG)  # type: ignore[call-arg]  # old stub


def work(
    load_app: Callable[[], WSGIApplication],
    listener: socket.socket,
    lifeline: int,
    settings: FrontSettings,
    hooks: Hooks | None,
    below: Below,
) -> None:
    """Serve the application of `load_app` until the other end of `lifeline` closes; then finish running requests.

    Exits with status 1 if the application cannot be loaded.
    """
    try:
        front = Front(load_app(), settings, hooks)
    except Exception:
        log.exception("The application could not be loaded")
        sys.exit(1)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(below, front, listener, lifeline))


async def _serve(below: Below, front: Front, listener: socket.socket, lifeline: int) -> None:
    server = below(front, listener)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(lifeline, ended.set)
    serving = asyncio.create_task(server.serve())
    serving.add_done_callback(lambda _: ended.set())  # if the server fails, the worker ends and is replaced
    tidying = asyncio.create_task(_tidy(listener.getsockname()[1], front))
    await ended.wait()
    tidying.cancel()
    loop.remove_reader(lifeline)
    front.drain()
    await asyncio.sleep(front.settings.drain_seconds)
    refuse_new(listener)
    await asyncio.sleep(LAST_ARRIVALS)
    server.stop()
    await serving


async def _tidy(port: int, front: Front) -> None:
    seconds = front.settings.quiet_timeout
    connections = QuietConnections(port, seconds, spared=front.waits.clients)
    while True:
        await asyncio.sleep(seconds / 2)
        await asyncio.to_thread(connections.close)
