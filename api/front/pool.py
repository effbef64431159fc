"""A few threads that run the application, so that nothing blocks the event loop."""

import asyncio
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar, TypeVarTuple

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")
Future = asyncio.Future
Job = tuple["Future[Any]", Callable[..., Any], tuple[Any, ...]]

# Seconds. A job that takes longer waits for something, a lock or the network, or is large: most take a tenth of it.
PATIENCE = 0.002


class Pool:
    """A fixed number of threads behind one queue: one that works, and others that help when it is held up.

    Threads that run at once take the interpreter lock from each other at every
    statement, which costs more than the statement. So jobs run one after another,
    and another thread joins only where none has ended for PATIENCE. For the same
    reason results are handed over together: when the queue is empty, and every
    PATIENCE. docs/decisions/0001-front.md has the figures.
    """

    def __init__(self, threads: int) -> None:
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._ended: deque[tuple[Future[Any], Any, BaseException | None]] = deque()
        self._calls_for_help: SimpleQueue[None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watched = False
        # Daemons: a request that hangs must not keep a stopped worker alive.
        Thread(target=self._work, name="application-0", daemon=True).start()
        for number in range(1, threads):
            Thread(target=self._help, name=f"application-{number}", daemon=True).start()

    @property
    def waiting(self) -> int:
        """How many jobs no thread has taken yet."""
        return self._jobs.qsize()

    def run(self, job: Callable[[*Arguments], Result], *args: *Arguments) -> "Future[Result]":
        """Queue `job(*args)`, from the event loop; await what comes back for its result or its exception."""
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        future: Future[Result] = loop.create_future()
        self._jobs.put((future, job, args))
        if not self._watched:
            self._watched = True
            loop.call_later(PATIENCE, self._watch)
        return future

    def _watch(self) -> None:
        assert self._loop  # noqa: S101  # run() set it
        if self._ended:
            self._hand_over()
        elif self._jobs.empty():
            self._watched = False
            return
        elif self._calls_for_help.empty():
            self._calls_for_help.put(None)
        self._loop.call_later(PATIENCE, self._watch)

    def _hand_over(self) -> None:
        while self._ended:
            future, result, error = self._ended.popleft()
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error if isinstance(error, Exception) else RuntimeError(repr(error)))

    def _work(self) -> None:
        while True:
            self._do(*self._jobs.get())

    def _help(self) -> None:
        while True:
            self._calls_for_help.get()
            try:
                while True:
                    self._do(*self._jobs.get_nowait())
            except Empty:
                continue

    def _do(self, future: "Future[Any]", job: Callable[..., Any], args: tuple[Any, ...]) -> None:
        try:
            self._ended.append((future, job(*args), None))
        except BaseException as error:  # even SystemExit ends the request, not the thread
            self._ended.append((future, None, error))
        if self._jobs.empty():
            assert self._loop  # noqa: S101  # run() set it
            self._loop.call_soon_threadsafe(self._hand_over)
