"""Migrations: both ways, once whoever starts first, and equal to what the code declares."""

import threading
from collections.abc import Callable
from contextlib import closing

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from api.rules.accounts import Account
from api.store import accounts, migrating
from api.store.audit import write_audit
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
        assert set(sa.inspect(db).get_table_names()) <= {"alembic_version", "sqlite_sequence"}
    migrating.upgrade(database)
    with database.transaction() as db:
        made = insert_row(db, articles, {"title": "t", "body": "b", "tags": [], "status": "draft", "author_id": None})
        assert read_row(db, articles, made["id"]) == made
    database.close()


def test_accounts_and_articles_outlive_their_passwords_and_the_audit_trail(database: Database) -> None:
    """Revision 0002, down and up again: nobody can sign in until there is a new password."""
    row = {"username": "ann", "name": "Ann", "email": "ann@mail.test", "role": "user"}
    text = {"title": "t", "body": "b", "tags": [], "status": "draft"}
    with database.transaction() as db:
        ann = accounts.add_account(db, row, "a hash")
        article = insert_row(db, articles, {**text, "author_id": ann["id"]})
        write_audit(db, Account(ann["id"], "ann", "user", frozenset()), "create", "/users/1")
    migrating.downgrade(database, "0001")
    with database.engine.connect() as db:
        assert not {"logins", "tokens", "secrets", "audit"} & set(sa.inspect(db).get_table_names())
    migrating.upgrade(database)
    with database.transaction() as db:
        assert read_row(db, accounts.users, ann["id"]) == ann
        assert read_row(db, articles, article["id"]) == article
        assert accounts.find_login(db, "ann", well_known=True) is None
        accounts.set_password(db, ann["id"], "another hash")
        assert accounts.find_login(db, "ann", well_known=False) is not None


# Neither library can see SQLite's indexes of expressions; PostgreSQL's are compared, and both come from one migration.
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
        except Exception as error:  # whatever it is, the test tells
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
