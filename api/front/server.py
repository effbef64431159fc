"""Serving: listening sockets, a worker process behind each, a clean start and a clean end."""

# The server below has types for some of its methods only.
# mypy: disable-error-code="no-untyped-call"

import asyncio
import contextlib
import logging
import multiprocessing
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from wsgiref.types import WSGIApplication

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketHolder  # type: ignore[attr-defined]  # it is there, and not in __all__
from granian.server.mp import MPServer, WorkerProcess

from api.front.front import Front, OnRefusal
from api.front.settings import FrontSettings

log = logging.getLogger("touchstone.front")

BACKLOG = 1024  # connections that wait for a worker; the kernel cuts it to net.core.somaxconn
STOP_AGAIN = 0.25  # seconds; ten times what an idle worker needs to end
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
    prepare: Callable[[], object] = lambda: None,
    on_ready: Callable[[str], object] = lambda _url: None,
    on_refusal: OnRefusal = lambda *_: None,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is running and return.

    `prepare` runs once, when the address is ours and before there is a worker; what it raises is
    raised here. `load_app` runs in each worker, after the fork. Port 0 is a free one. `on_ready` is called with
    the URL, in a thread, once a worker has answered a request, and `on_refusal` in a worker with each answer that is
    not the application's. Raises `OSError` before any work when the
    address cannot be had, and `SystemExit` with a status above 0 when the workers cannot start.
    """
    settings = settings or FrontSettings()
    # fork: the workers share what is loaded already. Python 3.14 no longer does so by itself.
    multiprocessing.set_start_method("fork", force=True)
    listeners = _listen(host, port, workers)
    prepare()
    _raise_open_files()
    server = _Server(listeners, settings, lambda: _announce(server, host, listeners[0], on_ready))
    try:
        server.serve(target_loader=lambda: _load(load_app, settings, on_refusal), wrap_loader=False)
    except SystemExit:
        if not server.interrupt_signal:  # a signal to the whole group may end a worker before it is seen here
            raise


class _Server(MPServer):
    """Workers that accept from sockets of ours.

    By itself the server lets each worker bind one, with SO_REUSEPORT: a second server on the same port
    would share it unseen, and a worker that ends would reset what waits on its socket.
    """

    def __init__(self, listeners: list[socket.socket], settings: FrontSettings, announce: Callable[[], object]) -> None:
        host, port = listeners[0].getsockname()[:2]
        super().__init__(
            "touchstone",
            address=host,
            port=port,
            interface=Interfaces.ASGINL,
            workers=len(listeners),
            websockets=False,
            backpressure=settings.connections,
            http1_settings=HTTP1Settings(header_read_timeout=int(settings.head_timeout * 1000)),
            log_level=LogLevels.warning,
            log_dictconfig=LOGGING,
            workers_kill_timeout=1,  # by then they had stop_timeout
        )
        self.listeners = listeners
        self.announce = announce
        self.stop_timeout = settings.stop_timeout
        self.parent = os.getpid()

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        super().startup(spawn_target, target_loader)
        # Only now: what a thread holds locked while a worker is forked, an import say, stays locked in the worker.
        threading.Thread(target=self.announce, daemon=True).start()

    def _init_shared_socket(self) -> None:
        pass  # they listen already

    def _spawn_worker(self, idx: int, *args: Any, **kwargs: Any) -> WorkerProcess:
        self._sso = self.listeners[idx]
        self._shd: Any = SocketHolder(self._sso.fileno(), False, BACKLOG)  # type: ignore[call-arg]  # old stub
        return super()._spawn_worker(idx, *args, **kwargs)

    def _drop_shared_socket(self) -> None:
        for listener in self.listeners:
            listener.close()

    def _stop_workers(self) -> None:
        # A worker that has only just started may lose the signal, before its loop runs: it is said again.
        deadline = time.monotonic() + self.stop_timeout
        while any(worker.is_alive() for worker in self.wrks) and time.monotonic() < deadline:
            for worker in self.wrks:
                worker.terminate()
            for worker in self.wrks:
                worker.join(STOP_AGAIN)
        super()._stop_workers()

    def signal_handler_interrupt(self, *args: Any, **_kwargs: Any) -> None:
        if os.getpid() != self.parent:
            # A worker that is still starting has this handler from its parent, and would live on.
            if args[0] == signal.SIGTERM:
                os._exit(0)
            return
        for worker in self.wrks:
            worker.interrupt_by_parent = True  # so that its end passes for no accident
        self.interrupt_signal = True
        self.main_loop_interrupt.set()


def _listen(host: str, port: int, workers: int) -> list[socket.socket]:
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
    )[0]
    both = host == "::" and socket.has_dualstack_ipv6()
    # The first is bound alone, so that the port is ours; only then may the others share it.
    first = socket.create_server(address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=both)
    if sys.platform != "linux":
        return [first] * workers  # elsewhere SO_REUSEPORT does not spread connections
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    address = first.getsockname()
    others = [
        socket.create_server(address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=both, reuse_port=True)
        for _ in range(workers - 1)
    ]
    return [first, *others]


def _raise_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # a system may allow less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _load(load_app: Callable[[], WSGIApplication], settings: FrontSettings, on_refusal: OnRefusal) -> Front:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        front = Front(load_app(), settings, on_refusal)
    except Exception:
        log.exception("The application could not be loaded")
        sys.exit(1)
    asyncio.get_event_loop().call_soon(_leave_ctrl_c_to_the_parent)
    return front


def _leave_ctrl_c_to_the_parent() -> None:
    # A terminal sends ctrl-C to every process; workers that end before the parent knows why look like a crash.
    asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _announce(server: _Server, host: str, listener: socket.socket, on_ready: Callable[[str], object]) -> None:
    address = listener.getsockname()
    with contextlib.suppress(OSError), socket.socket(listener.family) as probe:
        # The socket listens already, so this waits for the first worker, and cannot meet another server.
        probe.connect(address)
        # No request at all, which the server below refuses by itself: it stands in no log and no count.
        probe.sendall(b"?\r\n\r\n")
        if probe.recv(5) == b"HTTP/":
            server.respawn_failed_workers = True  # before this, a worker that ends will end again
            on_ready(f"http://{f'[{host}]' if ':' in host else host}:{address[1]}")
