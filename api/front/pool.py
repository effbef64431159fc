"""A few threads that run the application, so that nothing blocks the event loop."""

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar, TypeVarTuple

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")
Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[..., Any], tuple[Any, ...]]


class Pool:
    """A fixed number of threads behind one queue.

    `ThreadPoolExecutor` does the same with a lock, a semaphore and two futures for
    each job; docs/decisions/0001-front.md has the figures.
    """

    def __init__(self, threads: int) -> None:
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        for number in range(threads):
            # Daemons: a request that hangs must not keep a stopped worker alive.
            Thread(target=self._work, name=f"application-{number}", daemon=True).start()

    @property
    def waiting(self) -> int:
        """How many jobs no thread has taken yet."""
        return self._jobs.qsize()

    def run(self, job: Callable[[*Arguments], Result], *args: *Arguments) -> "asyncio.Future[Result]":
        """Queue `job(*args)`, from the event loop; await what comes back for its result or its exception."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._jobs.put((loop, future, job, args))
        return future

    def _work(self) -> None:
        while True:
            loop, future, job, args = self._jobs.get()
            try:
                result = job(*args)
            except BaseException as error:  # even SystemExit ends the request, not the thread
                loop.call_soon_threadsafe(_fail, future, error)
            else:
                loop.call_soon_threadsafe(_finish, future, result)
            del future, job, args  # or an idle thread would keep the last request alive


def _finish(future: "asyncio.Future[Any]", result: object) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: "asyncio.Future[Any]", error: BaseException) -> None:
    if not future.done():
        future.set_exception(error if isinstance(error, Exception) else RuntimeError(repr(error)))
