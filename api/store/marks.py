"""Marks of the toolbox's auth lab in the database: what was used, and counters that must rise.

Codes and tokens are signed and nowhere stored. A row appears only when one of them is used or ended, and goes when it
would be invalid anyway.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import sqlalchemy as sa

from api.store.columns import metadata
from api.store.housekeeping import BATCH, when_pruned

used = sa.Table(
    "toolbox_used",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("until", sa.BigInteger, nullable=False),  # seconds since the epoch
    sa.Index("ix_toolbox_used_until", "until"),
)
nonces = sa.Table(
    "toolbox_nonces",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
    sa.Index("ix_toolbox_nonces_until", "until"),
)

_USE = sa.text("""
    INSERT INTO toolbox_used (digest, until) VALUES (:digest, :until)
    ON CONFLICT (digest) DO NOTHING RETURNING digest
""")
_RAISE = sa.text("""
    INSERT INTO toolbox_nonces (digest, count, until) VALUES (:digest, :count, :until)
    ON CONFLICT (digest) DO UPDATE SET count = excluded.count WHERE toolbox_nonces.count < excluded.count
    RETURNING digest
""")
Opens = Callable[[], AbstractContextManager[sa.Connection]]


class StoredMarks:
    """Marks for all workers and instances that share a database (`api.web.marks.Marks`).

    `until` is in seconds since the epoch: later, the mark may go.
    """

    def __init__(self, transaction: Opens, reading: Opens) -> None:
        self._transaction = transaction
        self._reading = reading

    def use(self, thing: str, until: float) -> bool:
        """Mark a thing as used until this moment. Returns whether this was the first time, over all instances."""
        with self._transaction() as db:
            _sweep(db, used)
            return db.execute(_USE, {"digest": _digest(thing), "until": int(until)}).fetchone() is not None

    def is_used(self, *things: str) -> bool:
        """Whether one of these things is marked."""
        asked = sa.select(used.c.digest).where(used.c.digest.in_([_digest(each) for each in things])).limit(1)
        with self._reading() as db:
            return db.execute(asked).fetchone() is not None

    def rise(self, thing: str, count: int, until: float) -> bool:
        """Note a count of a thing. Returns whether it is higher than all before."""
        with self._transaction() as db:
            if count == 1:
                _sweep(db, nonces)
            given = {"digest": _digest(thing), "count": count, "until": int(until)}
            return db.execute(_RAISE, given).fetchone() is not None


def _digest(thing: str) -> bytes:
    return hashlib.sha256(thing.encode()).digest()


def _sweep(db: sa.Connection, table: sa.Table) -> int:
    """Delete some marks that are over, and return their number."""
    old = sa.select(table.c.digest).where(table.c.until <= int(time.time())).limit(BATCH)
    gone = table.delete().where(table.c.digest.in_(old.with_for_update(skip_locked=True))).returning(table.c.digest)
    return len(db.execute(gone).fetchall())


@when_pruned("marks of the auth lab")
def prune_marks(db: sa.Connection, _before: str) -> int:
    """Delete some marks that are over; their own end decides, not the given age."""
    return _sweep(db, used) + _sweep(db, nonces)
