"""The database: one engine, transactions for writing, plain reads without one."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa
from sqlalchemy import event

from api.store.failures import LostRace, PassingFailure, translated
from api.store.readers import Readers
from api.store.writers import PostgresWriter, SqliteWriter

Connection = sa.Connection
Found = TypeVar("Found")

# Any number will do, as long as nothing else in the database locks it: "touchst" in ASCII.
ADVISORY_LOCK = 0x746F7563687374


class Database:
    """A SQLite file or a PostgreSQL database, by URL.

    `connections` is how many threads may use it at once; `lock_timeout` how many seconds
    a write waits for another one; `on_wait` is told how many seconds each transaction waited to begin.
    Nothing is opened before the first use, so a database made before a fork is safe to use after it.
    """

    def __init__(
        self,
        url: str,
        *,
        connections: int = 4,
        lock_timeout: float = 2.0,
        on_wait: Callable[[float], object] | None = None,
    ) -> None:
        self.lock_timeout = lock_timeout
        self._writer: SqliteWriter | PostgresWriter
        on_wait = on_wait or (lambda _seconds: None)
        self.sqlite = url.startswith("sqlite")
        # Each thread keeps one connection for reading, and takes another for a transaction. The threads are the bound:
        # another server may have more of them than was said.
        options: dict[str, Any] = {"pool_size": 2 * connections, "max_overflow": -1}
        # An error's text goes to the log, and is to tell of the statement alone: values are what clients keep here.
        options["hide_parameters"] = True
        if self.sqlite:
            # Autocommit at the driver: BEGIN is ours alone to say, or Python would defer it to the first write.
            options["connect_args"] = {
                "timeout": lock_timeout,
                "isolation_level": None,
                "check_same_thread": False,
            }
        else:
            url = "postgresql+psycopg://" + url.partition("://")[2]
            milliseconds = int(lock_timeout * 1000)
            options["connect_args"] = {
                "options": f"-c lock_timeout={milliseconds} -c timezone=UTC",
                "connect_timeout": 5,
                "application_name": "touchstone",
            }
        self.engine = sa.create_engine(url, json_serializer=_json, json_deserializer=orjson.loads, **options)
        if self.sqlite:
            event.listen(self.engine, "connect", self._prepare_sqlite)
            self._readers = Readers(self.engine)
            self._writer = SqliteWriter(self.engine, lock_timeout, on_wait, on_stale=self._reopen)
        else:
            self._readers = Readers(self.engine.execution_options(isolation_level="AUTOCOMMIT"))
            self._writer = PostgresWriter(self.engine, on_wait)

    def _prepare_sqlite(self, connection: sqlite3.Connection, _record: object) -> None:
        # A commit is on the disk when it returns (FULL): no answer outlives its row.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        switch_to_wal(connection, self.lock_timeout)

    def transaction(self, *, at_once: bool = False) -> AbstractContextManager[sa.Connection]:
        """Write: everything inside happens, or nothing does.

        `at_once`: it is not to share its commit, but to be committed, or to have failed, when it ends.

        On SQLite it takes the write lock first (`BEGIN IMMEDIATE`), so what is
        read inside cannot change before it is written. Raises Unavailable where
        the database is locked, full, read-only or away, PassingFailure where it is worth trying again at
        once, and LostRace where a row breaks a rule: what was looked up before is no longer so.
        """
        return self._writer.transaction(at_once=at_once)

    @property
    def commits(self) -> SqliteWriter | None:
        """What lets transactions share a commit, for SQLite; PostgreSQL does so by itself."""
        return self._writer if isinstance(self._writer, SqliteWriter) else None

    @contextmanager
    def begin(self, connection: sa.Connection) -> Iterator[None]:
        """Write over a connection: all that is inside, or nothing."""
        with connection.begin():
            if self.sqlite:
                # Not by an event of the engine's, which would be looked for at each statement of those who read.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield

    def alone(self, db: sa.Connection) -> None:
        """Wait, in a transaction, until no other process migrates or seeds; they then wait for its end.

        SQLite's write lock does as much by itself.
        """
        if not self.sqlite:
            db.execute(sa.text("SET LOCAL lock_timeout = 0"))
            db.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK)))

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Read: each statement sees what is committed when it starts. Raises as above."""
        self._writer.finish()
        return self._readers.mine()

    def read(self, act: Callable[[sa.Connection], Found]) -> Found:
        """Give what `act` reads; once more over a new connection where the first was lost. For what is being sent."""
        try:
            with self.reading() as db:
                return act(db)
        except PassingFailure:
            with self.reading() as db:
                return act(db)

    def close(self) -> None:
        """Close every connection that is not in a transaction."""
        self._writer.close()
        self._reopen()

    def _reopen(self) -> None:
        self._readers.close_all()
        self.engine.dispose()


def switch_to_wal(connection: sqlite3.Connection, timeout: float) -> None:
    """Let readers go on while one writes (WAL); a new file is switched once, which waits for no lock by itself."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


__all__ = ["Connection", "Database", "LostRace", "PassingFailure", "switch_to_wal", "translated"]
