"""The app's database, as resources say it: `with transaction() as db`, `with reading() as db`."""

from contextlib import AbstractContextManager

from flask import current_app

from api.store.database import Connection, Database


def database() -> Database:
    """The database of the app that answers."""
    found: Database = current_app.extensions["database"]
    return found


def transaction() -> AbstractContextManager[Connection]:
    """Write: everything inside happens, or nothing does. Raises Unavailable, InsufficientStorage."""
    return database().transaction()


def reading() -> AbstractContextManager[Connection]:
    """Read what is committed. Raises Unavailable."""
    return database().reading()
