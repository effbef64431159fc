"""Housekeeping: old rows are deleted, a few at a time, and free their quota (decision 0007)."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, closing

import pytest
import sqlalchemy as sa

from api.store import housekeeping
from api.store.database import Database
from api.store.housekeeping import BATCH, BATCH_BYTES, prune
from resources.messages.table import OVERHEAD, PART_OVERHEAD, delete_messages, messages, room_of, take_room, usage
from tests.store.test_pieces import insert, message, pieces

BEFORE, MOMENT, AFTER = (f"2026-01-0{day}T00:00:00.000Z" for day in (1, 2, 3))
QUOTA = 2**40
# Transactions that look for idempotency keys, sessions and marks of the toolbox to delete, and find none.
KEYS = 3


def keep(database: Database, *moments: str, size: int = 10) -> None:
    """Store an anonymous message without content for each of these times, and count it."""
    rows = [{**message(f"{number}-{moment}", size), "created_at": moment} for number, moment in enumerate(moments)]
    with database.transaction() as db:
        db.execute(messages.insert(), rows)
        for _ in rows:
            take_room(db, room_of(size, 0), QUOTA)


def moments(database: Database) -> list[str]:
    with database.reading() as db:
        return list(db.execute(sa.select(messages.c.created_at).order_by(messages.c.created_at)).scalars())


def used(database: Database) -> int:
    with database.reading() as db:
        return db.execute(sa.select(usage.c.bytes)).scalar_one()


def counted(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """A list that gets an entry with each transaction."""
    begun: list[None] = []
    transaction = database.transaction

    def counting(**options: bool) -> AbstractContextManager[sa.Connection]:
        begun.append(None)
        return transaction(**options)

    monkeypatch.setattr(database, "transaction", counting)
    return begun


def test_only_messages_from_before_the_given_time_are_deleted(database: Database) -> None:
    keep(database, BEFORE, MOMENT, AFTER, BEFORE)
    assert prune(database, MOMENT)["messages"] == 2
    assert moments(database) == [MOMENT, AFTER]


def test_without_old_messages_nothing_is_deleted(database: Database) -> None:
    keep(database, MOMENT)
    assert prune(database, MOMENT)["messages"] == 0
    assert moments(database) == [MOMENT]


def test_contents_are_deleted_too(database: Database) -> None:
    with database.transaction() as db:
        insert(db, "old", b"x" * 10)
        insert(db, "new", b"y" * 10)
        db.execute(messages.update().where(messages.c.id == "old").values(created_at=BEFORE))
    assert prune(database, MOMENT)["messages"] == 1
    assert (pieces(database, "old"), pieces(database, "new")) == ([], [(0, 10)])


def test_the_room_of_anonymous_messages_is_given_back(database: Database) -> None:
    keep(database, BEFORE, BEFORE, AFTER, size=1000)
    assert used(database) == 3 * (1000 + OVERHEAD)
    prune(database, MOMENT)
    assert used(database) == 1000 + OVERHEAD


def test_messages_of_accounts_took_no_room_and_give_none_back(seeded: Database) -> None:
    keep(seeded, AFTER)
    with seeded.transaction() as db:
        insert(db, "johns", b"x" * 5000, 2)
        db.execute(messages.update().where(messages.c.id == "johns").values(created_at=BEFORE))
    assert prune(seeded, MOMENT)["messages"] == 1
    assert used(seeded) == 10 + OVERHEAD


@pytest.mark.parametrize(
    ("count", "transactions"), [(0, 1), (BATCH - 1, 2), (BATCH, 2), (BATCH + 1, 3), (2 * BATCH + 50, 4)]
)
def test_many_go_a_batch_in_a_transaction(
    database: Database, monkeypatch: pytest.MonkeyPatch, count: int, transactions: int
) -> None:
    if count:
        keep(database, *[BEFORE] * count)
    begun = counted(database, monkeypatch)
    assert prune(database, MOMENT)["messages"] == count
    assert len(begun) == transactions + KEYS
    assert (moments(database), used(database)) == ([], 0)


def test_a_batch_of_large_messages_has_few_of_them(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(database, *[BEFORE] * 9, size=BATCH_BYTES // 4)
    begun = counted(database, monkeypatch)
    assert prune(database, MOMENT)["messages"] == 9
    assert len(begun) == 4 + KEYS  # with 4, 4, 1, and 0 messages
    assert (moments(database), used(database)) == ([], 0)


def test_the_oldest_go_first_and_stay_deleted_if_a_later_batch_fails(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = "2025-12-31T00:00:00.000Z"
    keep(database, *[BEFORE] * 5, *[earlier] * BATCH)
    act, calls = housekeeping._prunes["messages"], []

    def fail_later(db: sa.Connection, before: str) -> int:
        calls.append(before)
        count = act(db, before)
        if len(calls) == 2:
            raise ZeroDivisionError
        return count

    monkeypatch.setitem(housekeeping._prunes, "messages", fail_later)
    with pytest.raises(ZeroDivisionError):
        prune(database, MOMENT)
    assert moments(database) == [BEFORE] * 5
    assert used(database) == 5 * (10 + OVERHEAD)


def test_two_that_prune_at_once_count_every_message_once(migrated_database: Callable[[], str]) -> None:
    url = migrated_database()
    with closing(Database(url, lock_timeout=20)) as database:
        keep(database, *[BEFORE] * (3 * BATCH + 1))
        barrier, gone = threading.Barrier(2, timeout=30), []

        def act() -> None:
            barrier.wait()
            gone.append(prune(database, MOMENT)["messages"])

        threads = [threading.Thread(target=act) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(gone) == 3 * BATCH + 1
        assert (moments(database), used(database)) == ([], 0)


def test_deleting_what_is_not_there_changes_nothing(database: Database) -> None:
    keep(database, MOMENT)
    with database.transaction() as db:
        assert delete_messages(db, []) == 0
        assert delete_messages(db, ["nobody's"]) == 0
    assert used(database) == 10 + OVERHEAD


def test_each_part_takes_room_of_its_own() -> None:
    assert room_of(10, 3) == 10 + OVERHEAD + 3 * PART_OVERHEAD
