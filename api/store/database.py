"""The database: one engine, transactions for writing, plain reads without a transaction."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa
from sqlalchemy import event

from api.store.failures import LostRace, PassingFailure, translated
from api.store.readers import Readers
from api.store.writers import PostgresWriter, SqliteWriter

Connection = sa.Connection
Found = TypeVar("Found")

PAGE = 4096  # bytes of a page of SQLite
# An arbitrary number that nothing else in the database locks: "touchst" in ASCII.
ADVISORY_LOCK = 0x746F7563687374


class Database:
    """A SQLite file or a PostgreSQL database, by URL.

    `connections` is the expected number of threads; `lock_timeout` the seconds that a write
    waits for another one; `on_wait` gets the seconds that each transaction waited to begin.
    Nothing is opened before the first use, so an object created before a fork is safe after it.
    """

    def __init__(
        self,
        url: str,
        *,
        connections: int = 4,
        lock_timeout: float = 2.0,
        on_wait: Callable[[float], object] | None = None,
        of_space: bool = False,
        most_bytes: int | None = None,
    ) -> None:
        self.lock_timeout = lock_timeout
        self.of_a_space = of_space
        self._most_bytes = most_bytes
        self._watching = threading.Lock()
        self._watcher: sqlite3.Connection | None = None
        self._writer: SqliteWriter | PostgresWriter
        on_wait = on_wait or (lambda _seconds: None)
        self.sqlite = url.startswith("sqlite")
        # Each thread keeps one connection for reading, and takes another for a transaction. No overflow limit, because
        # another server may have more threads than expected.
        options: dict[str, Any] = {"pool_size": 2 * connections, "max_overflow": -1}
        # The text of an error goes to the log, which must not contain the clients' data.
        options["hide_parameters"] = True
        if self.sqlite:
            # Autocommit in the driver: we send BEGIN ourselves, because Python would defer it to the first write.
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
            self._readers = Readers(self.engine, shared=of_space)
            self._writer = SqliteWriter(
                self.engine,
                lock_timeout,
                on_wait,
                on_stale=self._reopen,
                capped=most_bytes is not None,
                durable=not of_space,
            )
        else:
            self._readers = Readers(self.engine.execution_options(isolation_level="AUTOCOMMIT"))
            self._writer = PostgresWriter(self.engine, on_wait)

    @classmethod
    def of_space(cls, path: Path, *, lock_timeout: float = 2.0, most_bytes: int | None = None) -> "Database":
        """The store of a space: a SQLite file with few connections, which a power cut may lose.

        Beyond `most_bytes`, writes raise InsufficientStorage.
        """
        return cls(f"sqlite:///{path}", connections=1, lock_timeout=lock_timeout, of_space=True, most_bytes=most_bytes)

    def _prepare_sqlite(self, connection: sqlite3.Connection, _record: object) -> None:
        if self.of_a_space:
            # The process that writes may die, but not the machine: the file does not wait for the disk.
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("PRAGMA secure_delete=OFF")  # Debian's SQLite overwrites deleted rows with zeros
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA cache_size=-256")
            if self._most_bytes is not None:
                connection.execute(f"PRAGMA max_page_count={self._most_bytes // PAGE}")
            else:
                switch_to_wal(connection, self.lock_timeout)
            return
        # A commit is on the disk when it returns. The writer waits for that by itself (`api.store.durability`).
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        switch_to_wal(connection, self.lock_timeout)

    def transaction(self, *, at_once: bool = False) -> AbstractContextManager[sa.Connection]:
        """Write everything inside, or nothing.

        `at_once`: do not share the commit; the transaction is committed or has failed when the block ends.

        On SQLite it takes the write lock first (`BEGIN IMMEDIATE`), so the rows that it
        reads cannot change before it writes. Raises Unavailable if the database is locked,
        full, read-only or unreachable, PassingFailure if an immediate retry makes sense, and
        LostRace if a row breaks a constraint, because an earlier check is outdated.
        """
        return self._writer.transaction(at_once=at_once)

    @property
    def commits(self) -> SqliteWriter | None:
        """The writer with shared commits, for SQLite; None for PostgreSQL, which shares them by itself."""
        return self._writer if isinstance(self._writer, SqliteWriter) else None

    @contextmanager
    def begin(self, connection: sa.Connection) -> Iterator[None]:
        """Write everything inside over a connection, or nothing."""
        with connection.begin():
            if self.sqlite:
                # Not in an event of the engine, which would cost time at each statement of readers.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield

    def alone(self, db: sa.Connection) -> None:
        """In a transaction, wait until no other process migrates or seeds; others then wait until it ends.

        SQLite's write lock has the same effect.
        """
        if not self.sqlite:
            db.execute(sa.text("SET LOCAL lock_timeout = 0"))
            db.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK)))

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Read: each statement sees the data committed when it starts. Raises the errors of `transaction`."""
        self._writer.finish()
        return self._readers.mine()

    def confirm(self) -> None:
        """Wait until everything that can be read is on the disk. Raises Unavailable.

        On SQLite, rows can be read some milliseconds before. An answer that promises them has to wait.
        """
        self._writer.confirm()

    def read(self, act: Callable[[sa.Connection], Found]) -> Found:
        """Return the result of `act`, retried once over a new connection. For pieces of an answer being sent."""
        try:
            with self.reading() as db:
                return act(db)
        except PassingFailure:
            with self.reading() as db:
                return act(db)

    def version(self) -> object:
        """A value that differs after each commit of any process. Only for SQLite.

        https://www.sqlite.org/pragma.html#pragma_data_version
        """
        with self._watching:
            try:
                if self._watcher is None:
                    path = self.engine.url.database or ""
                    self._watcher = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
                # Numbers of different connections say nothing about each other.
                return self._watcher, self._watcher.execute("PRAGMA data_version").fetchone()
            except sqlite3.Error:
                return object()  # equal to nothing

    def close(self) -> None:
        """Close every connection that is not in a transaction."""
        self._writer.close()
        self._reopen()

    def _reopen(self) -> None:
        with self._watching:
            if self._watcher:
                self._watcher.close()
            self._watcher = None
        self._readers.close_all()
        self.engine.dispose()


def switch_to_wal(connection: sqlite3.Connection, timeout: float) -> None:
    """Switch a new file to WAL, so that reads continue during a write. Retries, because SQLite itself does not wait."""
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
