"""The audit trail is written in the transaction of the change, or not at all (CONTRACT §1, §6)."""

from typing import Any

import pytest
import sqlalchemy as sa

from api.rules.accounts import Account
from api.rules.clock import present
from api.store.accounts import add_account, users
from api.store.audit import audit, write_audit
from api.store.database import Database, LostRace
from api.store.rows import Row, delete_row

ANN = {"username": "ann", "name": "Ann", "email": "ann@mail.test", "role": "user"}


def written(database: Database) -> list[Row]:
    with database.reading() as db:
        return [dict(row) for row in db.execute(sa.select(audit).order_by(audit.c.id)).mappings()]


def test_a_line_says_who_did_what_and_when(database: Database) -> None:
    account = Account(7, "ann", "user", frozenset())
    before = present()
    with database.transaction() as db:
        write_audit(db, account, "change", "/articles/1", "request-1")
    (line,) = written(database)
    assert before <= line.pop("created_at") <= present()
    assert line.pop("id") > 0
    assert line == {
        "user_id": 7,
        "username": "ann",
        "action": "change",
        "target": "/articles/1",
        "request_id": "request-1",
    }


def test_anonymous_changes_are_recorded(database: Database) -> None:
    with database.transaction() as db:
        write_audit(db, None, "create", "/users/1")
    (line,) = written(database)
    assert (line["user_id"], line["username"], line["request_id"]) == (None, None, None)
    assert (line["action"], line["target"]) == ("create", "/users/1")


def test_a_change_that_fails_leaves_no_line(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        made = add_account(db, ANN, "a hash")
        write_audit(db, None, "create", f"/users/{made['id']}")
        raise ZeroDivisionError
    assert written(database) == []


def test_a_line_that_fails_leaves_no_change(database: Database) -> None:
    nothing: Any = None
    with pytest.raises(LostRace), database.transaction() as db:
        add_account(db, ANN, "a hash")
        write_audit(db, None, "create", nothing)
    with database.reading() as db:
        assert db.execute(sa.select(users)).fetchall() == []
    assert written(database) == []


def test_a_line_is_not_visible_before_its_change(database: Database) -> None:
    with database.transaction() as db:
        add_account(db, ANN, "a hash")
        write_audit(db, None, "create", "/users/1")
        assert written(database) == []
    assert len(written(database)) == 1


def test_the_changes_of_a_deleted_account_stay_recorded(database: Database) -> None:
    with database.transaction() as db:
        made = add_account(db, ANN, "a hash")
        account = Account(made["id"], "ann", "user", frozenset())
        write_audit(db, account, "delete", f"/users/{made['id']}", "request-1")
        assert delete_row(db, users, made)
    (line,) = written(database)
    assert (line["user_id"], line["username"]) == (made["id"], "ann")


def test_lines_stand_in_the_order_of_the_changes(database: Database) -> None:
    for number in range(3):
        with database.transaction() as db:
            write_audit(db, None, "change", f"/articles/{number}")
    lines = written(database)
    assert [line["target"] for line in lines] == ["/articles/0", "/articles/1", "/articles/2"]
    moments = [line["created_at"] for line in lines]
    assert moments == sorted(moments)


def test_no_id_of_a_line_is_given_out_twice(database: Database) -> None:
    """A removed line leaves a visible gap."""
    with database.transaction() as db:
        write_audit(db, None, "change", "/articles/1")
    (first,) = written(database)
    with database.transaction() as db:
        db.execute(audit.delete())
        write_audit(db, None, "change", "/articles/2")
    (second,) = written(database)
    assert second["id"] > first["id"]
