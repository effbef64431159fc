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

# Seconds. A slower job waits for a lock or the network, or is large: most jobs take a tenth of this.
PATIENCE = 0.002
# The start time of a thread that is not busy.
IDLE = float("inf")


class Commit(Protocol):
    """A commit that several jobs wait for. When it is `done`, they all succeeded, or failed with its `error`."""

    done: bool
    error: Exception | None


class Commits(Protocol):
    """Lets jobs share one commit, which waits for the disk, instead of each ending with its own."""

    def share(self) -> None:
        """Allow jobs of this thread to share commits from now on."""

    def take_commit(self) -> Commit | None:
        """Return the commit that the last job of this thread waits for, or None."""

    def is_due(self) -> bool:
        """Return whether jobs have waited long enough."""

    def settle(self) -> None:
        """Finish all commits that jobs wait for. Any thread may call it; returns at once if another one does this."""


@dataclass(slots=True)
class Job:
    """A call and the future for its result. `end` receives the result, and the commit's error if there is one."""

    future: "Future[Any]"
    call: Callable[..., Any]
    args: tuple[Any, ...]
    end: Callable[[Any, Exception | None], None] | None
    result: Any = None
    error: BaseException | None = None
    commit: Commit | None = None


class Pool:
    """A fixed number of threads with one queue. One thread leads and runs the jobs; another takes over if it is slow.

    Threads that run at the same time take the interpreter lock from each other at every
    statement, which costs more than the statement. Therefore jobs run one after another.
    If a job takes longer than PATIENCE and others wait, another thread becomes the leader. The slow
    thread finishes its job and then waits to be called. For the same reason, results are
    handed over in groups: when the queue is empty, and every PATIENCE.
    docs/decisions/0001-front.md has the figures.

    Jobs may share `commits`. Their results are held until the commit is done, which happens when the queue is
    empty or the commit is due. If the commit takes longer than PATIENCE, another thread leads as well.
    """

    def __init__(self, threads: int, commits: Commits | None = None) -> None:
        self._commits = commits
        # None wakes an idle thread, which then settles the held jobs.
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
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
            # Daemons: a hanging request must not keep a stopped worker alive.
            Thread(target=self._work, args=(number,), name=f"application-{number}", daemon=True).start()

    @property
    def waiting(self) -> int:
        """The number of jobs that no thread has taken yet."""
        return self._jobs.qsize()

    def run(
        self,
        call: Callable[[*Arguments], Result],
        *args: *Arguments,
        end: Callable[[Result, Exception | None], None] | None = None,
    ) -> "Future[Result]":
        """Queue `call(*args)` from the event loop. Await the returned future for its result or exception.

        `end` is called in the pool with the result, and with the exception of the commit if it failed.
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
        elif self._is_idle():
            # The held jobs could not be settled, because a thread of no pool was settling: try again.
            self._jobs.put(None)
        elif self._calls.empty() and self._needs_help():
            self._calls.put(None)
        self._loop.call_later(PATIENCE, self._watch)

    def _is_idle(self) -> bool:
        return self._busy_since[self._leader] == IDLE and self._jobs.empty()

    def _needs_help(self) -> bool:
        return time.perf_counter() - self._busy_since[self._leader] > PATIENCE

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
                if job:
                    self._do(job)
                if self._is_due():
                    self._settle(number)
                self._rest(number)

    def _do(self, job: Job) -> None:
        try:
            job.result = job.call(*job.args)
        except BaseException as error:  # even SystemExit must end only the request, not the thread
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
        # Each thread reports the jobs that it ended, because others may have reported theirs in the meantime.
        if self._jobs.empty():
            assert self._loop  # noqa: S101  # run() set it
            self._loop.call_soon_threadsafe(self._hand_over)
        self._busy_since[number] = IDLE

    def _settle(self, number: int) -> None:
        assert self._commits  # noqa: S101  # otherwise nothing would be held
        self._busy_since[number] = time.perf_counter()  # restart the clock: the job is done
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
