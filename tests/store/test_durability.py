"""When a commit of SQLite is on the disk: before its transaction ends, and after the lock of the file is free."""

import errno
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.rules.problems import Unavailable
from api.store.database import Database

INSERT = sa.text("INSERT INTO audit (created_at, action, target, request_id) VALUES ('', 'x', '/', '')")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a database with one table."""
    found = tmp_path / "one.db"
    with closing(sqlite3.connect(found)) as db:
        db.execute("CREATE TABLE audit (created_at, action, target, request_id)")
    return found


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with closing(Database(f"sqlite:///{path}")) as found:
        yield found


@pytest.fixture
def on_sync(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Calls something each time that the log is to be on the disk."""

    def use(act: Callable[[], object]) -> None:
        def fsync(descriptor: int) -> None:
            assert Path(f"/proc/self/fd/{descriptor}").readlink().name == "one.db-wal"
            act()

        monkeypatch.setattr("api.store.durability.os.fsync", fsync)

    return use


def test_the_log_is_on_the_disk_before_a_transaction_ends(database, on_sync) -> None:
    synced: list[bool] = []
    on_sync(lambda: synced.append(True))
    for number in range(3):
        with database.transaction() as db:
            db.execute(INSERT)
            assert len(synced) == number
        assert len(synced) == number + 1


def test_others_can_write_while_a_commit_waits_for_the_disk(database, path, on_sync) -> None:
    seen: list[int] = []

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            seen.append(other.execute("SELECT count(*) FROM audit").fetchone()[0])
            other.execute("ROLLBACK")

    on_sync(write)
    with database.transaction() as db:
        db.execute(INSERT)
    assert seen == [1]


def test_a_shared_commit_is_done_when_it_is_on_the_disk(database, on_sync) -> None:
    commits, done = database.commits, []
    assert commits
    on_sync(lambda: done.append(shared.done))
    commits.share()
    with database.transaction() as db:
        db.execute(INSERT)
    shared = commits.take_commit()
    assert shared
    assert not shared.done
    commits.settle()
    assert (done, shared.done, shared.error) == ([False], True, None)


def test_one_wait_serves_the_commits_before_it(database, on_sync) -> None:
    """The second commit comes while the first one waits; a third thread finds both done."""
    commits, calls, second = database.commits, [], threading.Event()
    assert commits

    def slow() -> None:
        calls.append(1)
        if len(calls) == 1:
            second.set()
            other.join(0.2)  # it waits for its turn

    def write() -> None:
        second.wait(5)
        with database.transaction() as db:
            db.execute(INSERT)

    other = threading.Thread(target=write)
    on_sync(slow)
    other.start()
    with database.transaction() as db:
        db.execute(INSERT)
    other.join(5)
    assert not other.is_alive()
    assert len(calls) == 2


def test_a_disk_that_does_not_confirm_makes_the_transaction_fail(database, on_sync) -> None:
    def fail() -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    on_sync(fail)
    with pytest.raises(Unavailable), database.transaction() as db:
        db.execute(INSERT)
    on_sync(lambda: None)
    with database.transaction() as db:
        db.execute(INSERT)


def test_spaces_do_not_wait_for_the_disk(path, on_sync) -> None:
    synced: list[bool] = []
    on_sync(lambda: synced.append(True))
    with closing(Database.of_space(path)) as space:
        with space.transaction() as db:
            db.execute(INSERT)
        assert synced == []


def test_a_repeated_answer_waits_for_the_disk(database, on_sync) -> None:
    """Another process may have stored it a moment ago."""
    with database.transaction() as db:
        db.execute(INSERT)
    synced: list[bool] = []
    on_sync(lambda: synced.append(True))
    database.confirm()
    assert synced == [True]

    def fail() -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    on_sync(fail)
    with pytest.raises(Unavailable):
        database.confirm()


def test_a_commit_that_another_thread_has_taken_is_waited_for(database, on_sync) -> None:
    commits, taken, free = database.commits, threading.Event(), threading.Event()
    assert commits

    def slow() -> None:
        taken.set()
        free.wait(5)

    def write() -> None:
        commits.share()
        with database.transaction() as db:
            db.execute(INSERT)
        commits.settle()

    on_sync(slow)
    settling = threading.Thread(target=write)
    settling.start()
    assert taken.wait(5)
    closing_too = threading.Thread(target=commits._log.sync)  # as a thread whose commit was taken
    closing_too.start()
    closing_too.join(0.2)
    assert closing_too.is_alive()
    free.set()
    for thread in (settling, closing_too):
        thread.join(5)
        assert not thread.is_alive()
