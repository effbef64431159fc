"""Sessions of browsers. They end with a change of password or role and with the account, like tokens."""

from datetime import timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from api.rules.accounts import Account, account_of
from api.rules.clock import now, present, timestamp
from api.store.accounts import of_strangers, sessions, users
from api.store.housekeeping import BATCH, when_pruned

# A session always ends, even while in use: a stolen cookie works for at most one working day.
LONGEST = timedelta(hours=12)


@cache
def _by_digest() -> sa.Select[Any]:
    return (
        sa.select(
            users.c.id,
            users.c.username,
            users.c.role,
            users.c.version,
            sessions.c.created_at,
            sessions.c.last_used_at,
        )
        .join(users)
        .where(sessions.c.digest == sa.bindparam("digest"))
    )


@cache
def _by_digest_of_strangers() -> sa.Select[Any]:
    return of_strangers(_by_digest())


def find_session(db: sa.Connection, digest: bytes, idle: timedelta, *, well_known: bool) -> tuple[Account, str] | None:
    """The account of a session that has not ended, and the time of its last use; otherwise None.

    `idle` is the longest time without use. `well_known` admits the sessions of development accounts.
    """
    statement = _by_digest() if well_known else _by_digest_of_strangers()
    found = db.execute(statement, {"digest": digest}).fetchone()
    moment = now()
    if (
        found is None
        or found.last_used_at <= timestamp(moment - idle)
        or found.created_at <= timestamp(moment - LONGEST)
    ):
        return None
    return account_of(found, by_session=True), found.last_used_at


def start_session(db: sa.Connection, account: Account, digest: bytes) -> None:
    """Store a new session of an account, and delete some that have ended."""
    sweep(db)
    moment = present()
    db.execute(
        sessions.insert(),
        {"digest": digest, "user_id": account.id, "created_at": moment, "last_used_at": moment},
    )


def mark_session_used(db: sa.Connection, digest: bytes, moment: str) -> None:
    """Store the time of a session's last use."""
    db.execute(sessions.update().where(sessions.c.digest == digest).values(last_used_at=moment))


def end_session(db: sa.Connection, digest: bytes) -> bool:
    """End a session, and return whether there was one."""
    gone = sessions.delete().where(sessions.c.digest == digest).returning(sessions.c.digest)
    return db.execute(gone).fetchone() is not None


def sweep(db: sa.Connection) -> int:
    """Delete some sessions beyond the longest lifetime, and return their number."""
    old = sessions.c.created_at <= timestamp(now() - LONGEST)
    few = sa.select(sessions.c.digest).where(old).limit(BATCH).with_for_update(skip_locked=True)
    gone = sessions.delete().where(sessions.c.digest.in_(few)).returning(sessions.c.digest)
    return len(db.execute(gone).fetchall())


@when_pruned("ended sessions")
def prune_sessions(db: sa.Connection, _before: str) -> int:
    """Delete some ended sessions; their own lifetime of 12 hours decides, not the given age."""
    return sweep(db)
