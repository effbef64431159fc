"""One statement of a process that meets two databases: PostgreSQL, and SQLite in the spaces."""

from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from api.store import migrating
from api.store.accounts import users
from api.store.database import Database
from api.store.prepared import Prepared
from api.store.rows import insert_row, read_row
from tests.postgres import Postgres


def test_a_statement_works_on_both_databases_in_turn(postgres: Postgres, tmp_path: Path) -> None:
    chosen = sa.select(users.c.id, users.c.username).where(users.c.username == sa.bindparam("username"))
    for statement in (Prepared(chosen), Prepared(chosen)):
        urls = [postgres.create(f"prepared_{id(statement)}"), f"sqlite:///{tmp_path}/{id(statement)}.db"]
        with closing(Database(urls[0])) as ours, closing(Database(urls[1])) as other:
            for database in (ours, other):
                migrating.upgrade(database)
                with database.transaction() as db:
                    insert_row(db, users, {"username": "ann", "name": "Ann", "email": "a@b.c", "role": "user"})
            for database in (ours, other, ours, other, other, ours):
                with database.reading() as db:
                    found = statement.row(db, {"username": "ann"})
                    assert (found.id, found.username) == (1, "ann")
                    assert statement.row(db, {"username": "bob"}) is None
                    assert (read_row(db, users, 1) or {})["username"] == "ann"
