"""Counters that several workers and instances share, so that together they allow the limit only once.

In PostgreSQL they are an unlogged table. For SQLite they are in a separate file beside
the database, so that counting neither waits for a write nor delays one. They are
created when missing, and need no migration: losing them only restarts the counts.
"""

import sqlite3
import threading
import time
from itertools import count
from typing import Any

import sqlalchemy as sa
from limits.storage import Storage

from api.store.database import Database, switch_to_wal, translated

TIMEOUT = 1.0  # seconds to wait for others that count at the same time

_DEFINITION = "TABLE IF NOT EXISTS counters (key text PRIMARY KEY, hits integer NOT NULL, expires_at {} NOT NULL)"

_INCREMENT = sa.text("""
    INSERT INTO counters (key, hits, expires_at) VALUES (:key, :amount, :end)
    ON CONFLICT (key) DO UPDATE SET
        hits = CASE WHEN counters.expires_at <= :now THEN :amount ELSE counters.hits + :amount END,
        expires_at = CASE WHEN counters.expires_at <= :now THEN :end ELSE counters.expires_at END
    RETURNING hits
""")
_READ = sa.text("SELECT hits, expires_at FROM counters WHERE key = :key AND expires_at > :now")

# Expired counts are deleted once in this many counts: the table then stays near the number of clients in a window.
_SWEEP_EVERY = 1000


class DatabaseStorage(Storage):
    """A storage of the `limits` library in a database: windows of fixed length. Raises Unavailable."""

    STORAGE_SCHEME = None

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._counted = count(1)
        self._lock = threading.Lock()
        self._ready = False
        if database.sqlite:
            url = database.engine.url
            beside = url.set(database=f"{url.database}-limits")
            self._engine = sa.create_engine(beside, isolation_level="AUTOCOMMIT", hide_parameters=True)
            sa.event.listen(self._engine, "connect", _prepare)
        else:
            self._engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def base_exceptions(self) -> type[Exception]:
        """The errors that the library can wrap."""
        return sa.exc.SQLAlchemyError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add `amount` to the key, whose window ends `expiry` seconds after its first hit; return the sum."""
        now = time.time()
        if next(self._counted) % _SWEEP_EVERY == 0:
            self._run(sa.text("DELETE FROM counters WHERE expires_at <= :now"), now=now)
        hits: int = self._run(_INCREMENT, key=key, amount=amount, now=now, end=now + expiry)[0]
        return hits

    def get(self, key: str) -> int:
        """The sum of the key in its current window."""
        found = self._run(_READ, key=key, now=time.time())
        return found[0] if found else 0

    def get_expiry(self, key: str) -> float:
        """The end of the key's window, in seconds since the epoch."""
        now = time.time()
        found = self._run(_READ, key=key, now=now)
        return float(found[1]) if found else now

    def check(self) -> bool:
        """Whether the counters work."""
        return self._run(sa.text("SELECT 1")) is not None

    def reset(self) -> int | None:
        """Delete every count."""
        self._run(sa.text("DELETE FROM counters"))
        return None

    def clear(self, key: str) -> None:
        """Delete the counts of a key."""
        self._run(sa.text("DELETE FROM counters WHERE key = :key"), key=key)

    def _run(self, statement: sa.TextClause, **values: Any) -> Any:
        with translated(), self._engine.connect() as db:
            if not self._ready:
                self._make(db)
            done = db.execute(statement, values)
            return done.fetchone() if done.returns_rows else None

    def _make(self, db: sa.Connection) -> None:
        with self._lock:
            if db.dialect.name == "sqlite":
                db.exec_driver_sql("CREATE " + _DEFINITION.format("real"))
            else:
                # Two processes that create the same table at the same time would collide in PostgreSQL's catalogue.
                db.exec_driver_sql("SELECT pg_advisory_lock(hashtext('touchstone counters'))")
                try:
                    db.exec_driver_sql("CREATE UNLOGGED " + _DEFINITION.format("double precision"))
                finally:
                    db.exec_driver_sql("SELECT pg_advisory_unlock(hashtext('touchstone counters'))")
            self._ready = True


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    switch_to_wal(connection, TIMEOUT)
    connection.execute("PRAGMA synchronous=OFF")  # a commit of counters need not reach the disk
    connection.execute(f"PRAGMA busy_timeout={int(TIMEOUT * 1000)}")
