"""Counters are exact under concurrency, and shared by all users of the database (CONTRACT §2, 8)."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from api.rules.problems import Unavailable
from api.store.counters import DatabaseStorage
from api.store.database import Database
from tests.waiting import wait_until

LONG = 600  # seconds; longer than any test


@pytest.fixture(scope="module")
def counted(new_database: Callable[[], str]) -> Iterator[Database]:
    """A database of each kind with only counters in it. Each test has its own keys."""
    with closing(Database(new_database(), connections=8)) as found:
        yield found


@pytest.fixture
def storage(counted: Database) -> DatabaseStorage:
    return DatabaseStorage(counted)


def limits_file(database: Database) -> Path:
    """The path of the counters of a SQLite database."""
    return Path(f"{database.engine.url.database}-limits")


def run_sql(database: Database, statement: str) -> list[Any]:
    """Run a statement in the database of the counters, and return its result."""
    if database.sqlite:
        with closing(sqlite3.connect(limits_file(database))) as db:
            return db.execute(statement).fetchall()
    with database.transaction() as db:
        done = db.execute(sa.text(statement))
        return list(done.fetchall()) if done.returns_rows else []


def keys(database: Database) -> set[str]:
    """The keys in the table, including expired ones."""
    return {key for (key,) in run_sql(database, "SELECT key FROM counters")}


def wait_until_ended(storage: DatabaseStorage, key: str) -> None:
    wait_until(lambda: not storage.get(key), "the end of the window", pause=0.002)


def at_once(act: Callable[[Any], object], each: list[Any]) -> list[Exception]:
    """Run `act` with each of them in a separate thread, all at once, and return what they raised."""
    barrier, raised = threading.Barrier(len(each)), []

    def run(one: Any) -> None:
        barrier.wait()
        try:
            act(one)
        except Exception as error:  # any error: the test compares it
            raised.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_each_count_gives_the_sum(storage: DatabaseStorage) -> None:
    assert storage.get("sum") == 0
    assert [storage.incr("sum", LONG) for _ in range(3)] == [1, 2, 3]
    assert storage.incr("sum", LONG, amount=40) == 43
    assert storage.get("sum") == 43


def test_keys_do_not_count_for_each_other(storage: DatabaseStorage) -> None:
    for key in (
        "LIMITER/requests/1.2.3.4",
        "LIMITER/requests/1.2.3.5",
        "limiter/requests/1.2.3.4",
        "",
        "é'--",
        "k" * 200,
    ):
        assert storage.incr(key, LONG) == 1, key
        assert storage.get(key) == 1, key


def test_a_window_ends_where_its_first_count_said(storage: DatabaseStorage) -> None:
    before = time.time()
    storage.incr("end", 60)
    after = time.time()
    storage.incr("end", LONG)
    storage.incr("end", 1)
    assert before + 60 <= storage.get_expiry("end") <= after + 60


def test_without_a_window_there_is_nothing_to_wait_for(storage: DatabaseStorage) -> None:
    before = time.time()
    assert before <= storage.get_expiry("no window") <= time.time()


def test_after_its_window_a_key_is_counted_anew(storage: DatabaseStorage) -> None:
    storage.incr("anew", 0.05, amount=5)
    first_end = storage.get_expiry("anew")
    wait_until_ended(storage, "anew")
    before = time.time()
    assert storage.incr("anew", LONG, amount=2) == 2
    assert storage.get("anew") == 2
    assert storage.get_expiry("anew") >= before + LONG > first_end
    assert storage.incr("anew", LONG) == 3


def test_a_window_that_has_ended_says_no_end(storage: DatabaseStorage) -> None:
    storage.incr("ended", 0.01)
    wait_until_ended(storage, "ended")
    before = time.time()
    assert before <= storage.get_expiry("ended") <= time.time()


def test_one_key_can_be_forgotten(storage: DatabaseStorage) -> None:
    storage.incr("forgotten", LONG)
    storage.incr("remembered", LONG)
    storage.clear("forgotten")
    storage.clear("never there")
    assert (storage.get("forgotten"), storage.get("remembered")) == (0, 1)
    assert storage.incr("forgotten", LONG) == 1


def test_every_key_can_be_forgotten(storage: DatabaseStorage, counted: Database) -> None:
    storage.incr("one", LONG)
    storage.incr("other", LONG)
    storage.reset()
    assert keys(counted) == set()
    assert storage.incr("one", LONG) == 1


def test_two_storages_on_one_database_share_their_counts(storage: DatabaseStorage, counted: Database) -> None:
    url = counted.engine.url.render_as_string(hide_password=False)
    with closing(Database(url.replace("+psycopg", ""))) as database:
        other = DatabaseStorage(database)
        assert [storage.incr("shared", LONG), other.incr("shared", LONG), storage.incr("shared", LONG)] == [1, 2, 3]
        assert other.get("shared") == 3
        assert other.get_expiry("shared") == storage.get_expiry("shared")
        other.clear("shared")
        assert storage.get("shared") == 0


def test_many_threads_count_exactly(storage: DatabaseStorage) -> None:
    sums: list[int] = []

    def count(_: object) -> None:
        sums.extend([storage.incr("exact", LONG) for _ in range(25)])

    assert at_once(count, [None] * 8) == []
    assert storage.get("exact") == 200
    assert sorted(sums) == list(range(1, 201))  # each sum occurred once, so no request passes a limit


def test_of_many_that_count_first_after_a_window_one_begins_the_next(storage: DatabaseStorage) -> None:
    storage.incr("next", 0.01, amount=100)
    wait_until_ended(storage, "next")
    sums: list[int] = []
    assert at_once(lambda _: sums.append(storage.incr("next", LONG)), [None] * 8) == []
    assert sorted(sums) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_many_that_start_at_once_make_the_table_once(new_database: Callable[[], str]) -> None:
    url = new_database()
    with ExitStack() as stack:
        databases = [stack.enter_context(closing(Database(url))) for _ in range(8)]
        for database in databases:
            with database.engine.connect():
                pass  # open a connection first, because opening one would take longer than the measured step
        DatabaseStorage(databases[0]).check()
        for _ in range(10):  # a collision happens only sometimes
            run_sql(databases[0], "DROP TABLE counters")
            storages = [DatabaseStorage(database) for database in databases]
            assert at_once(lambda storage: storage.incr("first", LONG), storages) == []
            assert storages[0].get("first") == 8


def test_counting_waits_for_no_write(storage: DatabaseStorage, counted: Database) -> None:
    """SQLite has one writer at a time. A limit that waits for it would not limit anything under load."""
    with counted.transaction():
        assert storage.incr("beside", LONG) == 1
        assert storage.get("beside") == 1


def test_a_write_that_is_taken_back_takes_no_count_back(storage: DatabaseStorage, counted: Database) -> None:
    with pytest.raises(ZeroDivisionError), counted.transaction():
        storage.incr("kept", LONG)
        raise ZeroDivisionError
    assert storage.get("kept") == 1


def test_expired_counters_are_deleted(storage: DatabaseStorage, counted: Database) -> None:
    """Otherwise every address that ever connected would stay in the table."""
    storage.incr("swept", 0.001)
    storage.incr("not swept", LONG)
    wait_until_ended(storage, "swept")
    assert "swept" in keys(counted)
    for _ in range(1000):
        storage.incr("sweeping", LONG)
    assert "swept" not in keys(counted)
    assert (storage.get("not swept"), storage.get("sweeping")) == (1, 1000)


def test_counters_that_can_be_used_say_so(storage: DatabaseStorage) -> None:
    assert storage.check() is True


def test_counters_that_cannot_be_used_are_unavailable(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/missing/x.db", "postgresql://postgres@127.0.0.1:1/none"):
        with closing(Database(url)) as database:
            storage = DatabaseStorage(database)
            for act, values in (
                ("incr", ["a", 1]),
                ("get", ["a"]),
                ("get_expiry", ["a"]),
                ("check", []),
                ("reset", []),
            ):
                with pytest.raises(Unavailable):
                    getattr(storage, act)(*values)


def test_counters_that_could_not_be_used_at_first_can_be_later(tmp_path: Path) -> None:
    folder = tmp_path / "not yet"
    with closing(Database(f"sqlite:///{folder}/x.db")) as database:
        storage = DatabaseStorage(database)
        with pytest.raises(Unavailable):
            storage.incr("late", LONG)
        folder.mkdir()
        assert storage.incr("late", LONG) == 1


def test_a_sqlite_database_holds_no_counters_itself(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/x.db")) as database:
        DatabaseStorage(database).incr("apart", LONG)
        with database.engine.connect() as db:
            assert sa.inspect(db).get_table_names() == []
        assert keys(database) == {"apart"}


def test_a_new_sqlite_file_that_another_process_prepares_is_waited_for(tmp_path: Path) -> None:
    """SQLite does not wait when it switches a file to WAL: the second process would not be counted."""
    with closing(Database(f"sqlite:///{tmp_path}/x.db")) as database:
        storage = DatabaseStorage(database)
        with closing(sqlite3.connect(limits_file(database), isolation_level=None, check_same_thread=False)) as other:
            other.execute("BEGIN IMMEDIATE")
            ready = threading.Timer(0.1, other.execute, ["COMMIT"])
            ready.start()
            try:
                assert storage.incr("second", LONG) == 1
            finally:
                ready.join()
