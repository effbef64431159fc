"""Transactions: all or nothing, one writer at a time, and problems instead of driver errors."""

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.rules.problems import Unavailable
from api.store import migrating
from api.store.database import Database
from api.store.rows import delete_row, insert_row, read_row, update_row
from resources.articles.table import articles

ARTICLE = {"title": "t", "body": "b", "tags": ["x"], "status": "published", "author_id": None}


def test_a_transaction_that_fails_halfway_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        insert_row(db, articles, ARTICLE)
        raise ZeroDivisionError
    with database.reading() as db:
        assert db.execute(sa.select(articles)).fetchall() == []


def test_a_row_comes_back_as_it_was_written(database: Database) -> None:
    with database.transaction() as db:
        made = insert_row(db, articles, ARTICLE)
    with database.reading() as db:
        assert read_row(db, articles, made["id"]) == made
    assert made["version"] == 1
    assert made["tags"] == ["x"]
    assert made["created_at"] == made["updated_at"]


def test_a_write_over_what_has_changed_since_does_nothing(database: Database) -> None:
    with database.transaction() as db:
        seen = insert_row(db, articles, ARTICLE)
        changed = update_row(db, articles, seen, {"title": "first"})
        assert changed is not None
        assert changed["version"] == 2
        assert update_row(db, articles, seen, {"title": "second"}) is None
        assert not delete_row(db, articles, seen)
        assert delete_row(db, articles, changed)
        assert read_row(db, articles, seen["id"]) is None


def test_an_id_is_never_given_out_twice(database: Database) -> None:
    with database.transaction() as db:
        first = insert_row(db, articles, ARTICLE)
        delete_row(db, articles, first)
        assert insert_row(db, articles, ARTICLE)["id"] > first["id"]


def test_a_sqlite_write_that_waits_too_long_is_unavailable(tmp_path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    database = Database(url, lock_timeout=0.05)
    migrating.upgrade(database)
    other = Database(url)
    with other.transaction(), pytest.raises(Unavailable) as refusal, database.transaction():
        pass
    assert ("Retry-After", "1") in refusal.value.headers
    database.close()
    other.close()


def test_a_postgresql_row_that_is_locked_too_long_is_unavailable(postgres) -> None:
    url = postgres.create("locked")
    database = Database(url, lock_timeout=0.05)
    migrating.upgrade(database)
    with database.transaction() as db:
        seen = insert_row(db, articles, ARTICLE)
    other = Database(url)
    with other.transaction() as theirs:
        update_row(theirs, articles, seen, {"title": "theirs"})
        with pytest.raises(Unavailable), database.transaction() as ours:
            update_row(ours, articles, seen, {"title": "ours"})
    database.close()
    other.close()


def test_a_database_that_cannot_be_reached_is_unavailable(tmp_path) -> None:
    for url in (f"sqlite:///{tmp_path}/missing/x.db", "postgresql://postgres@127.0.0.1:1/none"):
        with closing(Database(url)) as database, pytest.raises(Unavailable):
            migrating.reachable(database)


def test_readers_go_on_while_one_writes(database: Database) -> None:
    with database.transaction() as db:
        made = insert_row(db, articles, ARTICLE)
    with database.transaction() as db:
        update_row(db, articles, made, {"title": "not yet"})
        with database.reading() as reader:
            assert read_row(reader, articles, made["id"]) == made


def test_of_writers_at_once_each_sees_what_the_one_before_wrote(migrated_database: Callable[[], str]) -> None:
    database = Database(migrated_database(), connections=8, lock_timeout=10)
    with database.transaction() as db:
        made = insert_row(db, articles, ARTICLE)
    barrier = threading.Barrier(8)

    def count_up() -> None:
        barrier.wait()
        changed = None
        while changed is None:
            with database.transaction() as db:
                seen = read_row(db, articles, made["id"])
                assert seen is not None
                changed = update_row(db, articles, seen, {"body": seen["body"] + "."})

    threads = [threading.Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as db:
        row = read_row(db, articles, made["id"])
    assert row is not None
    assert (row["version"], row["body"]) == (9, "b........")
    database.close()


def test_readers_of_ended_threads_leave_no_descriptor_open(database: Database) -> None:
    """A WSGI server may start a thread for each request."""

    def read() -> None:
        with database.reading() as db:
            assert read_row(db, articles, 1) is None

    def in_threads(number: int) -> int:
        for _ in range(number):
            thread = threading.Thread(target=read)
            thread.start()
            thread.join()
        return len(list(Path("/proc/self/fd").iterdir()))

    after_one = in_threads(1)
    assert in_threads(20) <= after_one
