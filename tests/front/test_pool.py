"""The pool: jobs one after another, help where one is held up, and no result that waits for another's job."""

import asyncio
import threading

import pytest

from api.front.pool import Pool


def test_a_result_does_not_wait_for_the_job_behind_it() -> None:
    gate = threading.Event()

    async def queue_both() -> None:
        pool = Pool(1)
        ready, held = pool.run(int, "7"), pool.run(gate.wait, 30)
        assert await asyncio.wait_for(ready, 10) == 7
        assert not held.done()
        gate.set()
        assert await asyncio.wait_for(held, 10)

    asyncio.run(queue_both())


def test_as_many_jobs_may_be_held_up_as_there_are_threads_but_one() -> None:
    gate = threading.Event()

    async def queue_all() -> None:
        pool = Pool(4)
        held = [pool.run(gate.wait, 30) for _ in range(3)]
        assert await asyncio.wait_for(asyncio.gather(*(pool.run(int, str(n)) for n in range(100))), 10) == [*range(100)]
        assert not any(each.done() for each in held)
        gate.set()
        assert all(await asyncio.wait_for(asyncio.gather(*held), 10))

    asyncio.run(queue_all())


def test_what_a_job_raises_is_raised_where_it_is_awaited() -> None:
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
        held = pool.run(gate.wait, 30)
        held.cancel()
        gate.set()
        assert await pool.run(int, "7") == 7
        assert held.cancelled()

    asyncio.run(give_up())
