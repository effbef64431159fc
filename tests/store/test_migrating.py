"""Migrations: in both directions, only once for concurrent starts, and equal to the tables in code."""

import threading
from collections.abc import Callable
from contextlib import closing

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from api.store import accounts, migrating
from api.store.columns import metadata
from api.store.database import Database
from api.store.migrations.filters import ours
from api.store.rows import insert_row, read_row
from resources.articles.table import articles


def test_every_migration_goes_down_and_up_again(new_database: Callable[[], str]) -> None:
    database = Database(new_database())
    assert migrating.upgrade(database) is None
    assert migrating.current(database) == migrating.head()
    for revision in [*reversed(migrating.revisions()[:-1]), "base"]:
        migrating.downgrade(database, revision)
        assert (migrating.current(database) or "base") == revision
    with database.engine.connect() as db:
        left = set(sa.inspect(db).get_table_names()) - {"alembic_version", "sqlite_sequence"}
    assert {table for table in left if not table.startswith("set_aside_")} == set()
    migrating.upgrade(database)
    with database.transaction() as db:
        made = insert_row(db, articles, {"title": "t", "body": "b", "tags": [], "status": "draft", "author_id": None})
        assert read_row(db, articles, made["id"]) == made
    database.close()


@pytest.mark.parametrize("revision", [*migrating.revisions()[:-1], "base"])
def test_an_upgrade_restores_what_a_downgrade_set_aside(seeded: Database, revision: str) -> None:
    fill(seeded)
    before = contents(seeded)
    assert all(before.values())
    migrating.downgrade(seeded, revision)
    assert contents(seeded) != before
    assert contents(seeded).keys() <= before.keys()
    migrating.upgrade(seeded)
    assert contents(seeded) == before


def test_rows_deleted_after_a_downgrade_are_not_restored(seeded: Database) -> None:
    """With the code of the older revision, which does not know the data that was set aside."""
    fill(seeded)
    migrating.downgrade(seeded, "0001")
    with seeded.transaction() as db:
        db.execute(accounts.users.delete().where(accounts.users.c.username == "steve"))
    migrating.upgrade(seeded)
    after = contents(seeded)
    assert after["messages"] == after["messages_pieces"] == after["sessions"] == []
    assert len(after["logins"]) == len(after["users"]) == 3
    with seeded.transaction() as db:
        broken = db.execute(sa.text("PRAGMA foreign_key_check")).fetchall() if seeded.sqlite else []
    assert broken == []


def fill(database: Database) -> None:
    """Insert a row of Steve's into every table that the seed leaves empty."""
    moment = "2026-01-01T00:00:00.000Z"
    with database.transaction() as db:
        steve = db.execute(sa.select(accounts.users.c.id).where(accounts.users.c.username == "steve")).scalar_one()
        rows = {
            "tokens": {"digest": b"t", "user_id": steve, "scopes": [], "created_at": moment, "expires_at": moment},
            "secrets": {"user_id": steve, "name": "n", "value": "v", "version": 1},
            "audit": {"created_at": moment, "action": "create", "target": "/users/3"},
            "messages": {
                "id": "m",
                "content_type": "text/plain",
                "media_type": "text/plain",
                "size": 1,
                "sha256": "s",
                "sender_id": steve,
                "created_at": moment,
                "parts": None,
                "starts": [],
                "room": 1,
            },
            "messages_pieces": {"owner_id": "m", "number": 0, "content": b"c"},
            "idempotency_keys": {"owner": "o", "key": "k", "fingerprint": b"f", "expires_at": moment},
            "collections": {
                "name": "posts",
                "position": 0,
                "single": False,
                "ids": "number",
                "schema": {},
                "given": False,
                "last_number": 1,
                "last_position": 1,
                "source": "",
            },
            "documents": {"collection": "posts", "id": "1", "position": 1, "body": {"id": 1}, "version": 1},
            "sessions": {"digest": b"s", "user_id": steve, "created_at": moment, "last_used_at": moment},
            "toolbox_used": {"digest": b"u", "until": 1},
            "toolbox_nonces": {"digest": b"n", "count": 1, "until": 1},
        }
        for name, row in rows.items():
            table = metadata.tables[name]
            stamps = {column: moment for column in ("created_at", "updated_at") if column in table.c}
            db.execute(table.insert().values({**stamps, **row}))


def contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every existing table that the code of this revision knows."""
    with database.engine.connect() as db:
        there = set(sa.inspect(db).get_table_names())
        known = [table for table in metadata.sorted_tables if table.name in there]
        return {table.name: sorted(map(tuple, db.execute(sa.select(table))), key=str) for table in known}


# Neither library can read SQLite's expression indexes. PostgreSQL's are compared, and one migration makes both.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_migrations_make_what_the_code_declares(database: Database) -> None:
    with database.engine.connect() as db:
        context = MigrationContext.configure(db, opts={"include_object": ours, "compare_type": True})
        differences = compare_metadata(context, metadata)
    assert differences == []


def test_of_many_that_start_at_once_one_migrates(new_database: Callable[[], str]) -> None:
    url = new_database()
    barrier, failures = threading.Barrier(4), []

    def start() -> None:
        database = Database(url)
        barrier.wait()
        try:
            migrating.upgrade(database)
        except Exception as error:  # any error: the test compares it
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with closing(Database(url)) as database:
        assert migrating.current(database) == migrating.head()


def test_a_database_from_a_newer_version_is_refused(database: Database) -> None:
    with database.engine.begin() as db:
        db.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrating.UnknownRevision, match="newer"):
        migrating.upgrade(database)


def test_a_revision_that_is_not_there_is_refused(database: Database) -> None:
    with pytest.raises(migrating.UnknownRevision, match="0042"):
        migrating.upgrade(database, "0042")
    with pytest.raises(migrating.UnknownRevision):
        migrating.downgrade(database, "0042")
