"""Idempotency keys, and the stored answers for repetitions (CONTRACT §6).

A key is claimed by a row in the transaction of the request, which also stores the
answer there. A stored answer therefore exists exactly if the change exists: a process
that dies before the commit leaves neither, after it both. A second request with the
key waits for the row, up to the lock timeout: on SQLite for the write lock, on
PostgreSQL at the unique index.
"""

from dataclasses import dataclass
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from api.rules.clock import now, present, timestamp
from api.rules.idempotency import KEPT
from api.rules.problems import IdempotencyInProgress
from api.store.accounts import when_deleted
from api.store.columns import Json, Moment, Text, metadata
from api.store.database import Database
from api.store.failures import LOCK_NOT_AVAILABLE, RETRY_AFTER, sqlstate
from api.store.housekeeping import when_pruned
from api.store.prepared import Prepared

keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("owner", Text, primary_key=True),
    sa.Column("key", Text, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    # Null until the answer is stored; no other transaction ever sees that.
    sa.Column("status", sa.Integer),
    sa.Column("headers", Json),
    sa.Column("content", sa.LargeBinary),
)
sa.Index("ix_idempotency_keys_expires_at", keys.c.expires_at)

# Every 20th claim of a process deletes up to 100 expired keys: five for each one that is added.
SWEEP_EVERY = 20
BATCH = 100
_claims = count(1)


@dataclass(frozen=True, slots=True)
class Kept:
    """The stored answer for a key, and the fingerprint of its request."""

    fingerprint: bytes
    status: int
    headers: list[tuple[str, str]]
    content: bytes


# One statement claims a new or an expired key; if it changes no row, another request has the key.
_claim = Prepared(
    sa.text("""
    INSERT INTO idempotency_keys (owner, key, fingerprint, expires_at)
    VALUES (:owner, :key, :fingerprint, :expires_at)
    ON CONFLICT (owner, key) DO UPDATE SET
        fingerprint = excluded.fingerprint, expires_at = excluded.expires_at,
        status = NULL, headers = NULL, content = NULL
    WHERE idempotency_keys.expires_at <= :now
""")
)
_recall = Prepared(
    sa.select(keys.c.fingerprint, keys.c.status, keys.c.headers, keys.c.content).where(
        keys.c.owner == sa.bindparam("owner"),
        keys.c.key == sa.bindparam("key"),
        keys.c.expires_at > sa.bindparam("now"),
    )
)
_keep = Prepared(keys.update().where(keys.c.owner == sa.bindparam("its_owner"), keys.c.key == sa.bindparam("its_key")))
_expired = (
    sa.select(keys.c.owner, keys.c.key)
    .where(keys.c.expires_at <= sa.bindparam("now"))
    .limit(BATCH)
    .with_for_update(skip_locked=True)
)
_sweep = keys.delete().where(sa.tuple_(keys.c.owner, keys.c.key).in_(_expired)).returning(keys.c.key)


def owner_of(user_id: int | None, path: str) -> str:
    """The owner of a key: the account, or the path for anonymous requests."""
    return f"path {path}" if user_id is None else f"user {user_id}"


def recall(db: sa.Connection, owner: str, key: str, moment: str | None = None) -> Kept | None:
    """The stored answer for a key; None if there is none, or it has expired at `moment` (default: now)."""
    found = _recall.row(db, {"owner": owner, "key": key, "now": moment or present()})
    if found is None:
        return None
    return Kept(found.fingerprint, found.status, [(name, value) for name, value in found.headers], found.content)


def claim(db: sa.Connection, owner: str, key: str, fingerprint: bytes) -> Kept | None:
    """Claim a key for the request with this fingerprint, in the transaction of the request.

    Returns the stored answer if another request has used the key. Raises
    IdempotencyInProgress if one still runs after the lock timeout.
    """
    if next(_claims) % SWEEP_EVERY == 0:
        sweep(db)
    moment = now()
    sent: dict[str, Any] = {
        "owner": owner,
        "key": key,
        "fingerprint": fingerprint,
        "now": timestamp(moment),
        "expires_at": timestamp(moment + KEPT),
    }
    try:
        if _claim.execute(db, sent):
            return None
    except OperationalError as error:
        if sqlstate(error) != LOCK_NOT_AVAILABLE:
            raise
        raise IdempotencyInProgress(headers={"Retry-After": RETRY_AFTER}) from None
    # With the same time: otherwise a key could expire between the two statements and stay unclaimed.
    return recall(db, owner, key, sent["now"])


def keep(db: sa.Connection, owner: str, key: str, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
    """Store the answer of the request that has claimed the key, in the same transaction."""
    answer = {"status": status, "headers": headers, "content": content}
    _keep.rows(db, {"its_owner": owner, "its_key": key, **answer})


def sweep(db: sa.Connection) -> int:
    """Delete some expired keys, and return their number. Keys locked by another transaction are skipped."""
    return len(db.execute(_sweep, {"now": present()}).fetchall())


@when_pruned("expired idempotency keys")
def prune_keys(db: sa.Connection, _before: str) -> int:
    """Delete some expired keys; their own lifetime of 24 hours decides, not the given age."""
    return sweep(db)


def sweep_all(database: Database) -> None:
    """Delete all expired keys."""
    while True:
        with database.transaction() as db:
            if not sweep(db):
                return


@when_deleted(order=2)
def forget(db: sa.Connection, user_id: int) -> None:
    """Delete the keys of a deleted account, because their answers contain its data."""
    db.execute(keys.delete().where(keys.c.owner == owner_of(user_id, "")))
