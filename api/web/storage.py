"""The database of the application, for resources: `transaction()`, `reading()` and `audited(db, …)`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from api.rules import environ_keys
from api.store.audit import write_audit
from api.store.database import Connection, Database
from api.web.request import current_request


class AnswerNotKept(AssertionError):
    """A method accepts keys, but did not claim the sent one, or did not store its response. Nothing was done."""


def database() -> Database:
    """Return the database of the current application."""
    request = current_request()
    found: Database = request.environ.get(environ_keys.STORE) or request.app.services.database
    return found


@contextmanager
def transaction() -> Iterator[Connection]:
    """Open a transaction: it is committed as a whole or not at all. Raises Unavailable, LostRace, AnswerNotKept."""
    with database().transaction() as db:
        yield db
        request = current_request()
        if request.keyed and not request.kept:
            raise AnswerNotKept(f"{request.method} {request.path} accepts keys, but stored no response for this one.")


def reading() -> AbstractContextManager[Connection]:
    """Read committed data. Raises Unavailable, PassingFailure."""
    return database().reading()


def audited(db: Connection, action: str, target: str) -> None:
    """Write an audit entry in this transaction: the caller, the action, and the path of what it changes."""
    request = current_request()
    write_audit(db, request.account, action, target, request.request_id)
