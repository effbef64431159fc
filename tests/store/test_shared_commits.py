"""SQLite: transactions of several threads share a commit, but each stays atomic."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.rules.problems import Unavailable
from api.store import writers
from api.store.database import Database
from api.store.writers import Commit, SqliteWriter
from tests.waiting import PATIENCE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with one table, for notes that may reply to each other."""
    found = tmp_path / "a.db"
    with closing(sqlite3.connect(found)) as db:
        db.execute("CREATE TABLE notes (text TEXT PRIMARY KEY, answers TEXT REFERENCES notes (text))")
    return found


@pytest.fixture
def database(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The same database, in a thread that shares commits. A busy machine does not make a commit due."""
    monkeypatch.setattr(writers, "SHARED", PATIENCE)
    found = Database(f"sqlite:///{file}")
    writer(found).share()
    yield found
    found.close()


def writer(database: Database) -> SqliteWriter:
    assert database.commits
    return database.commits


def note(db: sa.Connection, text: str, answers: str | None = None) -> None:
    db.execute(sa.text("INSERT INTO notes VALUES (:text, :answers)"), {"text": text, "answers": answers})


def noted(database: Database, text: str, answers: str | None = None) -> Commit:
    """Write a note in a transaction, as a job of a thread, and return the commit that it waits for."""
    with database.transaction() as db:
        note(db, text, answers)
    commit = writer(database).take_commit()
    assert commit
    return commit


def seen(file: Path) -> set[str]:
    """What another process reads."""
    with closing(sqlite3.connect(file)) as db:
        return {text for (text,) in db.execute("SELECT text FROM notes")}


def in_a_thread(call: Callable[[], object]) -> None:
    thread = threading.Thread(target=call)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_shared_commit_becomes_visible_all_at_once(database: Database, file: Path) -> None:
    commits = [noted(database, text) for text in "abc"]
    assert len(set(commits)) == 1
    assert not commits[0].done
    assert seen(file) == set()
    writer(database).settle()
    assert commits[0].done
    assert commits[0].error is None
    assert seen(file) == {"a", "b", "c"}


def test_a_thread_that_does_not_share_commits_its_own_and_what_was_open(database: Database, file: Path) -> None:
    first = noted(database, "a")

    def alone() -> None:
        with database.transaction() as db:
            note(db, "b")
        assert seen(file) == {"a", "b"}

    in_a_thread(alone)
    assert first.done
    assert writer(database).take_commit() is None


def test_at_once_commits_immediately(database: Database, file: Path) -> None:
    first = noted(database, "a")
    with database.transaction(at_once=True) as db:
        note(db, "b")
    assert first.done
    assert seen(file) == {"a", "b"}


def test_a_failed_transaction_undoes_only_itself(database: Database, file: Path) -> None:
    noted(database, "a")
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        note(db, "b")
        raise ZeroDivisionError
    noted(database, "c")
    writer(database).settle()
    assert seen(file) == {"a", "c"}


def test_a_failed_transaction_that_read_uncommitted_data_waits_for_its_commit(database: Database) -> None:
    first = noted(database, "a")
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        # It would report the existing note, as a repetition reports the key that the first request has claimed.
        assert db.execute(sa.text("SELECT text FROM notes")).scalar_one() == "a"
        raise ZeroDivisionError
    assert writer(database).take_commit() is first
    assert not first.done


def test_a_transaction_that_failed_alone_waits_for_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction():
        raise ZeroDivisionError
    assert writer(database).take_commit() is None


def test_a_transaction_that_failed_alone_frees_the_write_lock(database: Database, file: Path) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction():
        raise ZeroDivisionError
    with closing(sqlite3.connect(file, timeout=0)) as db:
        db.execute("BEGIN IMMEDIATE")


def test_a_job_that_reads_or_writes_again_finds_what_it_wrote_committed(database: Database, file: Path) -> None:
    with database.transaction() as db:
        note(db, "a")
    with database.reading() as db:
        assert db.execute(sa.text("SELECT text FROM notes")).scalar_one() == "a"
    with database.transaction() as db:
        note(db, "b")
    with database.transaction() as db:
        assert seen(file) == {"a", "b"}


def test_a_failed_commit_fails_only_the_jobs_that_share_it(database: Database, file: Path) -> None:
    first = noted(database, "a")
    with database.transaction() as db:
        db.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        note(db, "b", answers="nothing")
    second = writer(database).take_commit()
    assert second
    writer(database).settle()
    assert isinstance(first.error, Unavailable)
    assert second.error is first.error
    assert seen(file) == set()
    third = noted(database, "c")
    writer(database).settle()
    assert third.error is None
    assert seen(file) == {"c"}


def test_a_job_that_goes_on_is_told_that_its_commit_failed(database: Database) -> None:
    with database.transaction() as db:
        db.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        note(db, "a", answers="nothing")
    with pytest.raises(Unavailable):
        database.reading()


def test_if_sqlite_ends_the_transaction_all_that_share_it_fail(database: Database, file: Path) -> None:
    first = noted(database, "a")
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        note(db, "b")
        db.exec_driver_sql("ROLLBACK")
        raise ZeroDivisionError
    assert isinstance(first.error, Unavailable)
    noted(database, "c")
    writer(database).settle()
    assert seen(file) == {"c"}


def test_a_due_transaction_is_committed_before_another_joins(
    database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = noted(database, "a")
    assert not writer(database).is_due()
    monkeypatch.setattr(writers, "SHARED", 0)
    assert writer(database).is_due()
    second = noted(database, "b")
    assert seen(file) == {"a"}
    monkeypatch.undo()
    writer(database).settle()
    assert (first.done, second.done) == (True, True)
    assert seen(file) == {"a", "b"}


def test_closing_commits_what_is_open(database: Database, file: Path) -> None:
    first = noted(database, "a")
    database.close()
    assert first.done
    assert seen(file) == {"a"}


def test_settling_nothing_does_not_wait_for_a_blocked_writer(database: Database, file: Path) -> None:
    def alone() -> None:
        with database.transaction() as db:
            note(db, "a")

    with closing(sqlite3.connect(file, timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = threading.Thread(target=alone)
        waiting.start()
        time.sleep(0.1)  # it holds the writer, and tries to begin
        writer(database).settle()
        assert waiting.is_alive()
        other.rollback()
        waiting.join(PATIENCE)
    assert seen(file) == {"a"}


def test_settling_does_not_wait_for_a_writer(database: Database, file: Path) -> None:
    first, writing, goes_on = noted(database, "a"), threading.Event(), threading.Event()

    def alone() -> None:
        with database.transaction() as db:
            writing.set()
            goes_on.wait(PATIENCE)
            note(db, "b")

    other = threading.Thread(target=alone)
    other.start()
    assert writing.wait(PATIENCE)
    writer(database).settle()
    assert not first.done
    goes_on.set()
    other.join(PATIENCE)
    assert first.done
    assert seen(file) == {"a", "b"}


def test_a_job_that_continues_waits_for_a_writer(database: Database, file: Path) -> None:
    with database.transaction() as db:
        note(db, "a")
    writing = threading.Event()

    def alone() -> None:
        with database.transaction() as db:
            note(db, "b")
            writing.set()
            time.sleep(0.1)

    other = threading.Thread(target=alone)
    other.start()
    assert writing.wait(PATIENCE)
    with database.reading() as db:
        assert set(db.execute(sa.text("SELECT text FROM notes")).scalars()) == {"a", "b"}
    other.join(PATIENCE)
