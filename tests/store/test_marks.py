"""What may be used once only, and counters that must rise: in the database, and in memory."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest
import sqlalchemy as sa

from api.rules.clock import present
from api.store.database import Database
from api.store.housekeeping import prune
from api.store.marks import StoredMarks, nonces, used
from api.web.marks import SWEEP_EVERY, Marks, RememberedMarks

LATER = time.time() + 3600
AT_ONCE = 8


@pytest.fixture(params=["stored", "remembered"])
def marks(request: pytest.FixtureRequest, database: Database) -> Marks:
    """Marks of both kinds."""
    return RememberedMarks() if request.param == "remembered" else StoredMarks(database)


def test_a_thing_is_used_once(marks: Marks) -> None:
    assert not marks.is_used("a", "b")
    assert marks.use("a", LATER)
    assert not marks.use("a", LATER)
    assert marks.is_used("b", "a")
    assert not marks.is_used("b")


def test_counts_must_rise(marks: Marks) -> None:
    rose = [count for count in (1, 1, 5, 4, 2**32 - 1, 1) if marks.rise("n", count, LATER)]
    assert rose == [1, 5, 2**32 - 1]
    assert marks.rise("other", 1, LATER)


def test_one_of_many_wins_at_the_same_time(migrated_database: Callable[[], str]) -> None:
    url = migrated_database()
    barrier = threading.Barrier(AT_ONCE)
    with ExitStack() as stack, ThreadPoolExecutor(AT_ONCE) as threads:
        # A database object each, as other workers and instances have.
        each = [stack.enter_context(closing(Database(url, lock_timeout=10))) for _ in range(AT_ONCE)]

        def act(database: Database) -> tuple[bool, bool]:
            marks = StoredMarks(database)
            barrier.wait(10)
            return marks.use("code", LATER), marks.rise("nonce", 1, LATER)

        won = list(threads.map(act, each))
    assert [sum(column) for column in zip(*won, strict=True)] == [1, 1]


def test_marks_that_are_over_are_deleted(database: Database) -> None:
    marks = StoredMarks(database)
    assert marks.use("new", LATER)
    assert marks.rise("new", 7, LATER)
    with database.transaction() as db:
        for table, more in ((used, {}), (nonces, {"count": 1})):
            db.execute(table.insert(), [{"digest": bytes([n]), "until": 1, **more} for n in range(150)])
    assert prune(database, present())["marks of the auth lab"] == 300
    with database.reading() as db:
        assert [db.execute(sa.select(sa.func.count()).select_from(each)).scalar() for each in (used, nonces)] == [1, 1]


def test_memory_forgets_marks_that_are_over() -> None:
    marks = RememberedMarks()
    for number in range(SWEEP_EVERY):
        marks.use(f"old {number}", time.time() - 1)
    assert marks.use("new", LATER)
    assert not marks.is_used("old 0")
    assert marks.is_used("new")
