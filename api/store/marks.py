"""Marks of the toolbox's auth lab in the database: used values, and counters that must rise.

Codes and tokens are signed, and not stored. The first use of one writes a row, and so does its end. The row is deleted
after the value has expired.
"""

import hashlib
import time
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from api.rules.problems import Unavailable
from api.store.columns import metadata
from api.store.database import Database, LostRace, PassingFailure
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
# Attempts to write, if the connection is lost.
ATTEMPTS = 3


class StoredMarks:
    """Marks for all workers and instances that share a database (`api.web.marks.Marks`).

    `until` is in seconds since the epoch: afterwards the mark may be deleted. Raises Unavailable.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def use(self, thing: str, until: float) -> bool:
        """Mark a thing as used. Returns whether this was the first time."""
        return self._write(used, _USE, {"digest": _digest(thing), "until": int(until)})

    def is_used(self, *things: str) -> bool:
        """Whether one of these things is marked."""
        asked = sa.select(used.c.digest).where(used.c.digest.in_([_digest(each) for each in things])).limit(1)
        return self._database.read(lambda db: db.execute(asked).fetchone() is not None)

    def rise(self, thing: str, count: int, until: float) -> bool:
        """Note a count of a thing. Returns whether it is higher than all before."""
        return self._write(nonces, _RAISE, {"digest": _digest(thing), "count": count, "until": int(until)})

    def _write(self, table: sa.Table, statement: sa.TextClause, values: Mapping[str, Any]) -> bool:
        for _ in range(ATTEMPTS):
            try:
                # At once: the result decides what the client gets, so it must be durable before.
                with self._database.transaction(at_once=True) as db:
                    _sweep(db, table)
                    return db.execute(statement, values).fetchone() is not None
            except (PassingFailure, LostRace):
                continue
        raise Unavailable("The database is temporarily unreachable.", headers={"Retry-After": "1"})


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
