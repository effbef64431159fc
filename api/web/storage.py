"""The database of the application, for resources: `transaction()`, `reading()` and `audited(db, …)`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from api.store.audit import write_audit
from api.store.database import Connection, Database
from api.web.request import current_request, services


class AnswerNotKept(AssertionError):
    """A method takes keys, and has not claimed the one that was sent, or not kept its answer: nothing was done."""


def database() -> Database:
    """The database of the app that answers."""
    found: Database = services().database
    return found


@contextmanager
def transaction() -> Iterator[Connection]:
    """Write: everything inside happens, or nothing does. Raises Unavailable, LostRace, AnswerNotKept."""
    with database().transaction() as db:
        yield db
        request = current_request()
        if request.keyed and not request.kept:
            raise AnswerNotKept(f"{request.method} {request.path} takes keys, and keeps no answer for the one sent.")


def reading() -> AbstractContextManager[Connection]:
    """Read what is committed. Raises Unavailable, PassingFailure."""
    return database().reading()


def audited(db: Connection, action: str, target: str) -> None:
    """Write an audit entry in this transaction: the caller, the action, and the path of what it changes."""
    request = current_request()
    write_audit(db, request.account, action, target, request.request_id)
