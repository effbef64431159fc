"""Serving: one listening socket, worker processes behind it, a clean start and a clean end."""

import contextlib
import logging
import multiprocessing
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any
from wsgiref.types import WSGIApplication

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketHolder
from granian.server.mp import MPServer

from api.front.front import Front
from api.front.settings import FrontSettings

log = logging.getLogger("touchstone.front")

BACKLOG = 1024  # connections that wait for a worker; the kernel cuts it to net.core.somaxconn
OPEN_FILES = 65_536  # two for each of 10,000 connections, and room; a higher limit of the system is left alone

# The server's own loggers get no handlers: what they have to say goes where the application's log goes.
LOGGING: dict[str, Any] = {"formatters": {}, "handlers": {}, "loggers": {"_granian": {"propagate": True}}}


def serve(
    load_app: Callable[[], WSGIApplication],
    *,
    host: str,
    port: int,
    workers: int = 1,
    settings: FrontSettings | None = None,
    on_ready: Callable[[str], object] = lambda _url: None,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is running and return.

    `load_app` runs in each worker, after the fork. Port 0 is a free one. `on_ready` is called with
    the URL, in a thread, once a worker has answered a request. Raises `OSError` before any work when the
    address cannot be had, and `SystemExit` with a status above 0 when the workers cannot start.
    """
    settings = settings or FrontSettings()
    # fork: the workers share what is loaded already. Python 3.14 no longer does so by itself.
    multiprocessing.set_start_method("fork", force=True)
    listener = _listen(host, port)
    _raise_open_files()
    server = _Server(listener, settings, workers)
    threading.Thread(target=_announce, args=(server, host, listener, on_ready), daemon=True).start()
    server.serve(target_loader=lambda: _load(load_app, settings), wrap_loader=False)


class _Server(MPServer):
    """Workers that accept from one socket of ours.

    By itself the server gives each worker a socket with SO_REUSEPORT. A second server on the same port
    would then share it unseen, and a worker that ends would reset what waits on its socket.
    """

    def __init__(self, listener: socket.socket, settings: FrontSettings, workers: int) -> None:
        super().__init__(
            "touchstone",
            address=listener.getsockname()[0],
            port=listener.getsockname()[1],
            interface=Interfaces.ASGINL,
            workers=workers,
            websockets=False,
            backpressure=settings.connections,
            http1_settings=HTTP1Settings(header_read_timeout=int(settings.head_timeout * 1000)),
            log_level=LogLevels.warning,
            log_dictconfig=LOGGING,
            workers_kill_timeout=settings.stop_timeout,
        )
        self.listener = listener

    def _init_shared_socket(self) -> None:
        self._sso = self.listener
        self._shd = SocketHolder(self.listener.fileno(), False, BACKLOG)

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        if os.getpid() != self.pid:
            os._exit(0)  # a worker that is still starting has this handler from its parent, and would live on
        for worker in self.wrks:
            worker.interrupt_by_parent = True  # ctrl-C reaches them too: their end is no accident
        super().signal_handler_interrupt(*args, **kwargs)


def _listen(host: str, port: int) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
    )[0]
    both = host == "::" and socket.has_dualstack_ipv6()
    listener = socket.create_server(address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=both)
    listener.setblocking(False)
    listener.set_inheritable(True)
    return listener


def _raise_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # a system may allow less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _load(load_app: Callable[[], WSGIApplication], settings: FrontSettings) -> Front:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        return Front(load_app(), settings)
    except Exception:
        log.exception("The application could not be loaded")
        sys.exit(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _announce(
    server: _Server, host: str, listener: socket.socket, on_ready: Callable[[str], object]
) -> None:
    address = listener.getsockname()
    with contextlib.suppress(OSError), socket.socket(listener.family) as probe:
        # The socket listens already, so this waits for the first worker, and cannot meet another server.
        probe.connect(address)
        # Without a Host the front refuses it, so that it stands in no log and no count.
        probe.sendall(b"OPTIONS * HTTP/1.1\r\n\r\n")
        if probe.recv(5) == b"HTTP/":
            server.respawn_failed_workers = True  # before this, a worker that ends will end again
            on_ready(f"http://{f'[{host}]' if ':' in host else host}:{address[1]}")
