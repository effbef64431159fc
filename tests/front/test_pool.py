"""The pool: jobs run one after another, another thread helps if one is slow, and no result waits for another job."""

import asyncio
import threading

import pytest

from api.front.pool import PATIENCE, Pool
from tests.front.shared import SettledElsewhere, SettledSlowly, Shared
from tests.waiting import PATIENCE as LONG


def test_a_result_does_not_wait_for_the_job_behind_it() -> None:
    gate = threading.Event()

    async def queue_both() -> None:
        pool = Pool(1)
        ready, held = pool.run(int, "7"), pool.run(gate.wait, LONG)
        assert await asyncio.wait_for(ready, LONG) == 7
        assert not held.done()
        gate.set()
        assert await asyncio.wait_for(held, LONG)

    asyncio.run(queue_both())


def test_as_many_jobs_may_be_held_up_as_there_are_threads_but_one() -> None:
    gate = threading.Event()

    async def queue_all() -> None:
        pool = Pool(4)
        held = [pool.run(gate.wait, LONG) for _ in range(3)]
        others = asyncio.gather(*(pool.run(int, str(number)) for number in range(100)))
        assert await asyncio.wait_for(others, LONG) == [*range(100)]
        assert not any(each.done() for each in held)
        gate.set()
        assert all(await asyncio.wait_for(asyncio.gather(*held), LONG))

    asyncio.run(queue_all())


def test_the_exception_of_a_job_is_raised_at_the_await() -> None:
    async def queue_bad() -> None:
        pool = Pool(1)
        with pytest.raises(ValueError, match="invalid literal"):
            await pool.run(int, "x")
        with pytest.raises(RuntimeError, match="SystemExit"):
            await pool.run(exit)
        assert await pool.run(int, "7") == 7

    asyncio.run(queue_bad())


def test_a_result_that_nobody_awaits_any_more_is_dropped() -> None:
    async def give_up() -> None:
        pool = Pool(1)
        gate = threading.Event()
        held = pool.run(gate.wait, LONG)
        held.cancel()
        gate.set()
        assert await pool.run(int, "7") == 7
        assert held.cancelled()

    asyncio.run(give_up())


def test_results_are_held_until_their_commit_is_done() -> None:
    commits = Shared()

    async def queue_all() -> None:
        pool = Pool(1, commits)
        first, second = pool.run(lambda: commits.done), pool.run(lambda: commits.done)
        assert await asyncio.wait_for(asyncio.gather(first, second), LONG) == [False, False]
        assert commits.settled == 1

    asyncio.run(queue_all())


def test_held_results_do_not_wait_for_a_long_job() -> None:
    commits, gate = Shared(), threading.Event()

    async def queue_both() -> None:
        pool = Pool(2, commits)
        first, held = pool.run(int, "7"), pool.run(gate.wait, LONG)
        assert await asyncio.wait_for(first, LONG) == 7
        gate.set()
        assert await asyncio.wait_for(held, LONG)

    asyncio.run(queue_both())


def test_held_results_are_handed_over_after_another_thread_settles() -> None:
    commits, gate = Shared(), threading.Event()

    async def queue_all() -> None:
        pool = Pool(1, commits)
        first, _, held = pool.run(int, "7"), pool.run(setattr, commits, "done", True), pool.run(gate.wait, LONG)
        assert await asyncio.wait_for(first, LONG) == 7
        assert not held.done()
        gate.set()
        assert await asyncio.wait_for(held, LONG)

    asyncio.run(queue_all())


def test_jobs_do_not_wait_for_a_settling_thread() -> None:
    commits = SettledSlowly()

    async def queue_both() -> None:
        pool = Pool(2, commits)
        written = pool.run(int, "7")
        await asyncio.to_thread(commits.settling.wait, LONG)
        assert await asyncio.wait_for(pool.run(commits.reading, "8"), LONG) == 8
        assert not written.done()
        commits.gate.set()
        assert await asyncio.wait_for(written, LONG) == 7

    asyncio.run(queue_both())


@pytest.mark.parametrize("threads", [1, 2])
def test_held_results_are_handed_over_after_an_outside_thread_settles(threads: int) -> None:
    commits = SettledElsewhere(refusals=5)

    async def queue_it() -> None:
        pool = Pool(threads, commits)
        held = pool.run(int, "7")
        await asyncio.to_thread(commits.refused.wait, LONG)
        assert not held.done()
        commits.done = True
        assert await asyncio.wait_for(held, LONG) == 7

    asyncio.run(queue_it())


def test_a_failed_commit_fails_the_job_and_its_end_gets_the_error() -> None:
    commits, told = Shared(OSError("full")), []

    async def queue_it() -> None:
        pool = Pool(1, commits)
        with pytest.raises(OSError, match="full"):
            await pool.run(int, "7", end=lambda *each: told.append(each))

    asyncio.run(queue_it())
    assert told == [(7, commits.error)]


def test_an_end_that_fails_fails_the_job() -> None:
    async def queue_it() -> None:
        pool = Pool(1)
        with pytest.raises(ZeroDivisionError):
            await pool.run(int, "7", end=lambda *_: 1 / 0)

    asyncio.run(queue_it())


def test_a_result_whose_end_takes_longer_than_everything_else_is_handed_over() -> None:
    job, end, ending = threading.Event(), threading.Event(), threading.Event()

    def ends(*_: object) -> None:
        ending.set()
        end.wait(LONG)

    async def queue_both() -> None:
        pool = Pool(2, Shared())
        first, second = pool.run(int, "7", end=ends), pool.run(job.wait, LONG)
        await asyncio.to_thread(ending.wait, LONG)
        job.set()
        assert await asyncio.wait_for(second, LONG)
        await asyncio.sleep(10 * PATIENCE)  # by now the pool is no longer watched
        end.set()
        assert await asyncio.wait_for(first, LONG) == 7

    asyncio.run(queue_both())
