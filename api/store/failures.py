"""Failures of the database: transient ones, lost races, and those that an operator must fix."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError

from api.rules.problems import Unavailable

log = logging.getLogger("touchstone.store")

# Long enough for a commit ahead of us, and shorter than the default timeouts of clients.
RETRY_AFTER = "1"

# PostgreSQL's codes for transient failures: a serialization failure and a deadlock.
LOST = frozenset({"40001", "40P01"})
# And for failures that an operator must fix: read-only, out of resources, shut down.
_AWAY = ("25006", "53", "57")
# A lock was not free within LOCK_TIMEOUT.
LOCK_NOT_AVAILABLE = "55P03"


class LostRace(Exception):
    """Data changed between reading and writing: nothing was done, and the whole transaction must be retried."""


class PassingFailure(LostRace):
    """A transient failure of the database before anything was committed: the transaction must be retried."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn failures that need time or an operator into Unavailable; the database's text goes to the log only."""
    try:
        yield
    except (OperationalError, TimeoutError) as error:
        raise unavailable(error) from error
    except DBAPIError as error:
        if not error.connection_invalidated and not (sqlstate(error) or "").startswith(_AWAY):
            raise
        raise unavailable(error) from error


def sqlstate(error: Exception) -> str | None:
    """PostgreSQL's five-character code of the error, or None."""
    found: str | None = getattr(getattr(error, "orig", None), "sqlstate", None)
    return found


def sqlite_code(error: BaseException) -> int | None:
    """SQLite's primary code of the error, or None."""
    code: int | None = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def unavailable(error: BaseException) -> Unavailable:
    """Log why the database cannot be used, and return the problem."""
    log.warning("the database could not be used: %s", _first_line(error))
    return Unavailable(headers={"Retry-After": RETRY_AFTER})


def passing(error: Exception) -> PassingFailure:
    """Log a transient failure, and return the exception."""
    log.warning("the database failed in passing, before anything was committed: %s", _first_line(error))
    return PassingFailure()


def _first_line(error: BaseException) -> str:
    # SQLite has one text for thirty kinds of I/O error; only the code distinguishes them.
    code = getattr(getattr(error, "orig", error), "sqlite_errorname", "")
    return " ".join(filter(None, (str(error).partition("\n")[0], code)))
