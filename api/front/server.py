"""Starts the server, runs its worker processes, replaces those that die, and stops it cleanly."""

import contextlib
import logging
import multiprocessing
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from time import monotonic
from typing import Any
from wsgiref.types import WSGIApplication

from api.front.hooks import Hooks
from api.front.listening import listen, raise_open_files
from api.front.memory import give_back_large_blocks, share_objects
from api.front.settings import FrontSettings
from api.front.signals import STOPS, held_back
from api.front.worker import LAST_ARRIVALS, Below, Granian, work

log = logging.getLogger("touchstone.front")


def serve(
    load_app: Callable[[], WSGIApplication],
    *,
    host: str,
    port: int,
    workers: int = 1,
    settings: FrontSettings | None = None,
    prepare: Callable[[], object] = lambda: None,
    on_ready: Callable[[str], object] = lambda _url: None,
    hooks: Hooks | None = None,
    until_eof: bool = False,
    tls: ssl.SSLContext | None = None,
    below: Below = Granian,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish running requests and return. A second signal stops at once.

    With `until_eof` the end of standard input stops it too. `below` creates the server below in each worker; `tls` says
    that it speaks TLS.

    `prepare` runs once, after binding the address and before the first worker starts; its exceptions are
    raised here. `load_app` runs in each worker, after the fork. Port 0 picks a free one. `on_ready` is called with
    the URL after a worker has answered a request. The `hooks` are called in the workers. Raises `OSError` before
    anything else if the address is in use, and `SystemExit` with a status above 0 if the workers cannot start.
    """
    settings = settings or FrontSettings()
    listeners = listen(host, port, workers)
    give_back_large_blocks()
    prepare()
    share_objects()
    raise_open_files()
    name = f"[{host}]" if ":" in host else host
    url = f"{'https' if tls else 'http'}://{name}:{listeners[0].getsockname()[1]}"
    with _signals_heard() as heard:
        everything = _Workers(load_app, listeners, settings, heard, hooks, below, tls=tls is not None)
        if until_eof:
            everything.caller = sys.stdin.fileno()
        everything.serve(lambda: on_ready(url))


@dataclass
class _Place:
    """The place of one worker: its process, its listener (which outlives it), and when its next start is due."""

    number: int
    listener: socket.socket
    process: BaseProcess | None = None
    started: float = 0.0
    deaths: int = 0
    due: float = 0.0


class _Workers:
    """The worker processes: starts them, restarts those that die, and stops all together.

    The parent owns the sockets, so clients that connect while a worker is replaced wait for the
    next one. All workers hold the reading end of one pipe, the lifeline. The parent stops
    them by closing the other end. The kernel also closes it if the parent dies.
    """

    def __init__(
        self,
        load_app: Callable[[], WSGIApplication],
        listeners: list[socket.socket],
        settings: FrontSettings,
        heard: socket.socket,
        hooks: Hooks | None,
        below: Below,
        *,
        tls: bool,
    ) -> None:
        self.below = below
        self.tls = tls
        self.load_app = load_app
        self.settings = settings
        self.places = [_Place(number, listener) for number, listener in enumerate(listeners, 1)]
        self.heard = heard
        self.hooks = hooks
        self.stopping_since = 0.0  # monotonic seconds; 0 while it serves
        self.hurry = False
        self.caller: int | None = None  # a file whose end is an order to stop
        self.probe: socket.socket | None = None
        self.lifeline, self.lifeline_end = os.pipe()

    def serve(self, on_ready: Callable[[], object]) -> None:
        """Keep the workers running until told to stop, then stop them."""
        try:
            self._start_due()
            self.probe = _asked(self.places[0].listener)
            while not self.stopping_since:
                self._wait(min((each.due for each in self.places if each.process is None), default=None))
                if self.probe and self._answered(self.probe):
                    self.probe = None
                    on_ready()
                self._bury()
                self._start_due()
            self._end()
        finally:
            for process in self._running():
                process.kill()
                process.join()

    def _running(self) -> list[BaseProcess]:
        return [each.process for each in self.places if each.process is not None]

    def _start_due(self) -> None:
        for place in self.places:
            if place.process is None and place.due <= monotonic():
                # fork: the workers share what is already loaded. Python 3.14 no longer uses it by default.
                place.process = multiprocessing.get_context("fork").Process(target=self._work, args=(place,))
                place.started = monotonic()
                # Until the new process ignores these signals, they would count as signals to this one.
                with held_back():
                    place.process.start()

    def _work(self, place: _Place) -> None:
        # A terminal and systemd send signals to every process of the group; only the parent acts on them.
        for number in STOPS:
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        os.close(self.lifeline_end)
        for other in self.places:
            if other is not place:
                other.listener.close()  # otherwise it would stay open after its own worker closed it
        work(self.load_app, place.listener, self.lifeline, self.settings, self.hooks, self.below)

    def _wait(self, until: float | None) -> None:
        seconds = None if until is None else max(0.0, until - monotonic())
        things: list[Any] = [self.heard, *(process.sentinel for process in self._running())]
        if self.probe:
            things.append(self.probe)
        if self.caller is not None:
            things.append(self.caller)
        ready = wait(things, seconds)
        if self.caller is not None and self.caller in ready and not os.read(self.caller, 4096):
            self.caller = None
            self.stopping_since = self.stopping_since or monotonic()
        if self.heard in ready:
            self.heard.recv(64)
            self.hurry = (
                bool(self.stopping_since) and monotonic() > self.stopping_since + self.settings.signals_together
            )
            self.stopping_since = self.stopping_since or monotonic()

    def _answered(self, probe: socket.socket) -> bool:
        try:
            answer = probe.recv(5)
        except BlockingIOError:
            return False
        except ConnectionError:
            answer = b""
        probe.close()
        if self.tls and not answer:
            return True  # the probe does not speak TLS, so the server closes the connection
        if not answer:
            self.probe = _asked(self.places[0].listener)  # the worker that had the probe died
        return bool(answer)

    def _bury(self) -> None:
        for place in self.places:
            if place.process is None or place.process.exitcode is None:
                continue
            status, place.process = place.process.exitcode, None
            if self.probe:
                raise SystemExit(status if status > 0 else 1)  # a failed first start would only fail again
            lived = monotonic() - place.started
            place.deaths = 1 if lived > self.settings.restart_calm else place.deaths + 1
            pause = self.settings.restart_pauses[: place.deaths][-1]
            place.due = monotonic() + pause
            fields = {"worker": place.number, "exit": _exit_text(status), "lived": round(lived, 1), "again_in": pause}
            log.error("A worker died", extra={"fields": fields})

    def _end(self) -> None:
        os.close(self.lifeline_end)
        for place in self.places:
            place.listener.close()  # each worker closes its own copy when its queue is empty
        deadline = monotonic() + self.settings.drain_seconds + LAST_ARRIVALS + self.settings.stop_seconds
        while self._running() and not self.hurry and monotonic() < deadline:
            self._wait(deadline)
            for place in self.places:
                if place.process is not None and place.process.exitcode is not None:
                    place.process = None


@contextlib.contextmanager
def _signals_heard() -> Iterator[socket.socket]:
    """Yield a socket that receives a byte for each SIGTERM and SIGINT."""
    heard, woken = socket.socketpair()
    with heard, woken:
        woken.setblocking(False)
        before = signal.set_wakeup_fd(woken.fileno())
        for number in STOPS:
            signal.signal(number, lambda *_: None)
        try:
            yield heard
        finally:
            for number in STOPS:
                signal.signal(number, signal.SIG_IGN)  # the rest is short and must be completed
            signal.set_wakeup_fd(before)


def _asked(listener: socket.socket) -> socket.socket:
    # The socket already listens, so this waits for a worker and cannot reach another server.
    probe = socket.socket(listener.family)
    probe.connect(listener.getsockname())
    # Not a valid request: the server below rejects it, so it appears in no log and no count.
    probe.sendall(b"?\r\n\r\n")
    probe.setblocking(False)
    return probe


def _exit_text(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"status {status}"
