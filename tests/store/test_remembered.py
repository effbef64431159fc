"""Repeated reads are cached on SQLite until any commit."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import sqlalchemy as sa

from api.store import remembered as module
from api.store.accounts import users
from api.store.audit import write_audit
from api.store.database import Database
from api.store.remembered import remembered
from api.store.rows import insert_row

MEMBERS = {"name": "", "email": "", "role": "user"}
Names = Callable[[sa.Connection, int], str | None]


class Look:
    """Reads a user's name, and counts the reads."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, db: sa.Connection, user_id: int) -> str | None:
        self.times += 1
        return db.execute(sa.select(users.c.username).where(users.c.id == user_id)).scalar()


@pytest.fixture
def look() -> Look:
    return Look()


@pytest.fixture
def name(look: Look) -> Names:
    """The name of a user, cached."""

    @remembered
    def name(db: sa.Connection, user_id: int) -> str | None:
        return look(db, user_id)

    return name


@pytest.fixture
def ann(database: Database) -> int:
    with database.transaction() as db:
        found: int = insert_row(db, users, {**MEMBERS, "username": "ann", "email": "ann@example.org"})["id"]
    return found


def rename(db: sa.Connection, user_id: int, name: str) -> None:
    db.execute(users.update().where(users.c.id == user_id).values(username=name))


def read(database: Database, name: Names, user_id: int) -> str | None:
    with database.reading() as db:
        return name(db, user_id)


def test_unchanged_data_is_read_once_on_sqlite(database: Database, look: Look, name: Names, ann: int) -> None:
    assert [read(database, name, ann) for _ in range(3)] == ["ann"] * 3
    assert [read(database, name, ann + 1) for _ in range(3)] == [None] * 3
    assert look.times == (2 if database.sqlite else 6)


def test_changes_of_a_transaction_are_seen_after_it_ends(database: Database, look: Look, name: Names, ann: int) -> None:
    assert read(database, name, ann) == "ann"
    with database.transaction() as db:
        rename(db, ann, "bea")
        assert name(db, ann) == "bea"
        rename(db, ann, "cat")
        assert name(db, ann) == "cat"
        assert read(database, name, ann) == "ann"
    assert read(database, name, ann) == "cat"


def test_rolled_back_changes_are_never_seen(database: Database, name: Names, ann: int) -> None:
    assert read(database, name, ann) == "ann"
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        rename(db, ann, "bea")
        assert name(db, ann) == "bea"
        raise ZeroDivisionError
    assert read(database, name, ann) == "ann"


def test_commits_of_other_processes_are_seen_at_once(database: Database, name: Names, ann: int) -> None:
    for number in range(5):
        if database.sqlite:
            with closing(sqlite3.connect(str(database.engine.url.database))) as other, other:
                other.execute("UPDATE users SET username = ? WHERE id = ?", (f"ann{number}", ann))
        else:
            with database.engine.connect() as other, other.begin():
                rename(other, ann, f"ann{number}")
        assert read(database, name, ann) == f"ann{number}"


def test_another_table_makes_it_read_again(database: Database, look: Look, name: Names, ann: int) -> None:
    for _ in range(3):
        assert read(database, name, ann) == "ann"
        with database.transaction() as db:
            write_audit(db, None, "change", "/x")
    assert look.times == 3


def test_the_cache_is_bounded(
    database: Database, look: Look, name: Names, ann: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    assert [read(database, name, user_id) for user_id in range(ann + 10, ann + 20)] == [None] * 10
    with database.reading() as db:
        (kept,) = [known for _, known in db.info.values()] if database.sqlite else [()]
    assert len(kept) <= 3


def test_a_lost_connection_loses_its_cache(database: Database, look: Look, name: Names, ann: int) -> None:
    assert read(database, name, ann) == "ann"
    database.close()
    assert read(database, name, ann) == "ann"
    assert look.times == 2


def test_two_functions_have_separate_caches(database: Database, name: Names, ann: int) -> None:
    @remembered
    def role(db: sa.Connection, user_id: int) -> str | None:
        return db.execute(sa.select(users.c.role).where(users.c.id == user_id)).scalar()

    found: Iterator[str | None] = (read(database, each, ann) for each in (name, role, name, role))
    assert list(found) == ["ann", "user", "ann", "user"]
