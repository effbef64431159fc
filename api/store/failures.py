"""What a database may fail with: what passes, what is a lost race, and what somebody has to mend."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError

from api.rules.problems import Unavailable

log = logging.getLogger("touchstone.store")

# Long enough for a commit ahead of us, short enough that a client with a default timeout still hears from us.
RETRY_AFTER = "1"

# PostgreSQL's codes for failures that pass by themselves: a serialization failure and a deadlock.
LOST = frozenset({"40001", "40P01"})
# And for those that pass once somebody has done something: read-only, out of resources, shut down by an operator.
_AWAY = ("25006", "53", "57")
# A lock was waited for as long as the setting LOCK_TIMEOUT has it.
LOCK_NOT_AVAILABLE = "55P03"


class LostRace(Exception):
    """What was read was changed before it was written: nothing was done, and all of it is to be tried again."""


class PassingFailure(LostRace):
    """The database failed in a way that passes, before anything was committed: it is to be tried again."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn what time or an operator has to mend into Unavailable; the database's own words go to the log only."""
    try:
        yield
    except (OperationalError, TimeoutError) as error:
        raise unavailable(error) from error
    except DBAPIError as error:
        if not error.connection_invalidated and not (sqlstate(error) or "").startswith(_AWAY):
            raise
        raise unavailable(error) from error


def sqlstate(error: Exception) -> str | None:
    """PostgreSQL's code for what went wrong, of five characters; None where it has none."""
    found: str | None = getattr(getattr(error, "orig", None), "sqlstate", None)
    return found


def sqlite_code(error: BaseException) -> int | None:
    """SQLite's primary code for what went wrong; None where it has none."""
    code: int | None = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def unavailable(error: BaseException) -> Unavailable:
    """Log why the database cannot be used, and give what says so."""
    log.warning("the database could not be used: %s", _first_line(error))
    return Unavailable(headers={"Retry-After": RETRY_AFTER})


def passing(error: Exception) -> PassingFailure:
    """Log a failure that passes, and give what says so."""
    log.warning("the database failed in passing, before anything was committed: %s", _first_line(error))
    return PassingFailure()


def _first_line(error: BaseException) -> str:
    # SQLite's own text is the same for thirty kinds of I/O error, which its code tells apart.
    code = getattr(getattr(error, "orig", error), "sqlite_errorname", "")
    return " ".join(filter(None, (str(error).partition("\n")[0], code)))
