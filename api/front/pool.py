"""A few threads that run the application, so that nothing blocks the event loop."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, Protocol, TypeVar, TypeVarTuple

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")
Future = asyncio.Future

# Seconds. A job that takes longer waits for something, a lock or the network, or is large: most take a tenth of it.
PATIENCE = 0.002
# Since when a thread is busy that is not.
IDLE = float("inf")


class Commit(Protocol):
    """What several jobs wait for: when it is `done` they are, or have failed with its `error`."""

    done: bool
    error: Exception | None


class Commits(Protocol):
    """Lets jobs share what each would otherwise end with: a commit, which waits for the disk."""

    def share(self) -> None:
        """From now on, jobs of this thread may share commits."""

    def take_commit(self) -> Commit | None:
        """The commit that the job waits for that has just run in this thread; None for one that waits for none."""

    def is_due(self) -> bool:
        """Whether jobs have waited for long enough."""

    def settle(self) -> None:
        """Let all commits be done that jobs wait for, from any thread; where another is at it, wait for nothing."""


@dataclass(slots=True)
class Job:
    """A call whose result somebody awaits, and `end`, which is told of its result, and of what became of that."""

    future: "Future[Any]"
    call: Callable[..., Any]
    args: tuple[Any, ...]
    end: Callable[[Any, Exception | None], None] | None
    result: Any = None
    error: BaseException | None = None
    commit: Commit | None = None


class Pool:
    """A fixed number of threads behind one queue: a leader, which works, and others, one of which takes over from it.

    Threads that run at once take the interpreter lock from each other at every
    statement, which costs more than the statement. So jobs run one after another.
    Where one takes longer than PATIENCE and others wait, another thread leads; the one that
    was held up ends its job and waits to be called. For the same reason results are
    handed over together: when the queue is empty, and every PATIENCE.
    docs/decisions/0001-front.md has the figures.

    Jobs may share `commits`. Their results are held until those are done: when the queue is empty, or it is due.
    Where that takes longer than PATIENCE, another thread leads as well.
    """

    def __init__(self, threads: int, commits: Commits | None = None) -> None:
        self._commits = commits
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._held: list[Job] = []
        self._holding = Lock()
        self._ended: deque[Job] = deque()
        self._calls: SimpleQueue[None] = SimpleQueue()
        self._leader = 0
        self._busy_since = [IDLE] * threads
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watched = False
        self._calls.put(None)
        for number in range(threads):
            # Daemons: a request that hangs must not keep a stopped worker alive.
            Thread(target=self._work, args=(number,), name=f"application-{number}", daemon=True).start()

    @property
    def waiting(self) -> int:
        """How many jobs no thread has taken yet."""
        return self._jobs.qsize()

    def run(
        self,
        call: Callable[[*Arguments], Result],
        *args: *Arguments,
        end: Callable[[Result, Exception | None], None] | None = None,
    ) -> "Future[Result]":
        """Queue `call(*args)`, from the event loop; await what comes back for its result or its exception.

        `end` is called in the pool with a result that is about to be handed over, or is not for that exception.
        """
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        future: Future[Result] = loop.create_future()
        self._jobs.put(Job(future, call, args, end))
        if not self._watched:
            self._watched = True
            loop.call_later(PATIENCE, self._watch)
        return future

    def _watch(self) -> None:
        assert self._loop  # noqa: S101  # run() set it
        if self._ended:
            self._hand_over()
        elif self._jobs.empty() and not self._held:
            self._watched = False
            return
        elif self._calls.empty() and self._needs_help():
            self._calls.put(None)
        self._loop.call_later(PATIENCE, self._watch)

    def _needs_help(self) -> bool:
        since = self._busy_since[self._leader]
        if since == IDLE:
            # What is held could not be settled: a thread was at it that does not end jobs.
            return bool(self._held) and self._jobs.empty()
        return time.perf_counter() - since > PATIENCE

    def _hand_over(self) -> None:
        while self._ended:
            job = self._ended.popleft()
            if job.future.done():
                continue
            if job.error is None:
                job.future.set_result(job.result)
            else:
                job.future.set_exception(
                    job.error if isinstance(job.error, Exception) else RuntimeError(repr(job.error))
                )

    def _work(self, number: int) -> None:
        if self._commits:
            self._commits.share()
        while True:
            self._calls.get()
            self._leader = number
            if self._held:
                self._settle(number)
                self._rest(number)
            while self._leader == number:
                job = self._jobs.get()
                self._busy_since[number] = time.perf_counter()
                self._do(job)
                if self._is_due():
                    self._settle(number)
                self._rest(number)

    def _do(self, job: Job) -> None:
        try:
            job.result = job.call(*job.args)
        except BaseException as error:  # even SystemExit ends the request, not the thread
            job.error = error
        if self._commits:
            job.commit = self._commits.take_commit()
            if job.commit:
                with self._holding:
                    self._held.append(job)
                return
        self._end(job)

    def _is_due(self) -> bool:
        held = self._held
        if not held or not self._commits:
            return False
        return self._jobs.empty() or self._commits.is_due() or _is_done(held[0])

    def _rest(self, number: int) -> None:
        # Each thread tells of what it has ended itself: while it did so, others may have told of theirs.
        if self._jobs.empty():
            assert self._loop  # noqa: S101  # run() set it
            self._loop.call_soon_threadsafe(self._hand_over)
        self._busy_since[number] = IDLE

    def _settle(self, number: int) -> None:
        assert self._commits  # noqa: S101  # or nothing would be held
        self._busy_since[number] = time.perf_counter()  # anew: the job is done
        self._commits.settle()
        done: list[Job] = []
        held: list[Job] = []
        with self._holding:
            for job in self._held:
                (done if _is_done(job) else held).append(job)
            self._held = held
        for job in done:
            self._end(job)

    def _end(self, job: Job) -> None:
        failure = job.commit.error if job.commit else None
        if job.error is None:
            job.error = failure
            if job.end:
                try:
                    job.end(job.result, failure)
                except BaseException as error:
                    job.error = job.error or error
        self._ended.append(job)


def _is_done(job: Job) -> bool:
    return job.commit is not None and job.commit.done
