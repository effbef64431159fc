"""The database: one engine, transactions for writing, plain reads without one."""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError, TimeoutError

from api.rules.problems import InsufficientStorage, Problem, Unavailable

Connection = sa.Connection

log = logging.getLogger("touchstone.store")

# Long enough for a commit ahead of us, short enough that a client with a default timeout still hears from us.
RETRY_AFTER = "1"

# Any number will do, as long as nothing else in the database locks it: "touchst" in ASCII.
ADVISORY_LOCK = 0x746F7563687374


class LostRace(Exception):
    """What was read was changed before it was written: nothing was done, and all of it is to be tried again."""


class Database:
    """A SQLite file or a PostgreSQL database, by URL.

    `connections` is how many threads may use it at once; `lock_timeout` how many
    seconds a write waits for another one. Nothing is opened before the first use,
    so a database made before a fork is safe to use after it.
    """

    def __init__(self, url: str, *, connections: int = 4, lock_timeout: float = 2.0) -> None:
        self.lock_timeout = lock_timeout
        self._writer = threading.Lock()
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
            event.listen(self.engine, "begin", _begin_immediate)
            self._readers = _Readers(self.engine.execution_options(touchstone_reading=True))
        else:
            self._readers = _Readers(self.engine.execution_options(isolation_level="AUTOCOMMIT"))

    def _prepare_sqlite(self, connection: sqlite3.Connection, _record: object) -> None:
        # A commit is on the disk when it returns (FULL): no answer outlives its row.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        switch_to_wal(connection, self.lock_timeout)

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Write: everything inside happens, or nothing does.

        On SQLite it takes the write lock first (`BEGIN IMMEDIATE`), so what is
        read inside cannot change before it is written. Raises Unavailable where
        the database is locked or away, InsufficientStorage where it is full, and
        LostRace where a row breaks a rule: what was looked up before is no longer so.
        """
        with self._turn(), translated(), self.engine.begin() as connection:
            try:
                yield connection
            except IntegrityError as error:
                raise LostRace from error

    @contextmanager
    def _turn(self) -> Iterator[None]:
        # SQLite's writers wait by asking again and again, and an unlucky one never gets its turn. Those of one process
        # queue here instead; only other processes are waited for in that way.
        if not self.sqlite:
            yield
            return
        if not self._writer.acquire(timeout=self.lock_timeout):
            log.warning("the database could not be used: other writes take too long")
            raise Unavailable("The database is busy.", headers={"Retry-After": RETRY_AFTER})
        try:
            yield
        finally:
            self._writer.release()

    def alone(self, db: sa.Connection) -> None:
        """Wait, in a transaction, until no other process migrates or seeds; they then wait for its end.

        SQLite's write lock does as much by itself.
        """
        if not self.sqlite:
            db.execute(sa.text("SET LOCAL lock_timeout = 0"))
            db.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK)))

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Read: each statement sees what is committed when it starts. Raises Unavailable as above."""
        return self._readers

    def close(self) -> None:
        """Close every connection that is not in a transaction."""
        self._readers.close()
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


class _Readers(threading.local):
    """A connection for reading in each thread, which stays open.

    To take one from the pool, begin, end and give it back costs more than the
    statement does (measured: 42 of 70 µs); without a transaction, there is
    nothing to begin or end.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.connection: sa.Connection | None = None

    def __enter__(self) -> sa.Connection:
        if self.connection is None:
            with translated():
                self.connection = self.engine.connect()
        return self.connection

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, SQLAlchemyError):
            # Whatever it was, the next read starts afresh.
            self.close()
            with translated():
                raise error

    def close(self) -> None:
        """Close this thread's connection."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()


@contextmanager
def translated() -> Iterator[None]:
    """Turn the database's passing failures into problems; its own words go to the log only."""
    try:
        yield
    except (OperationalError, TimeoutError) as error:
        log.warning("the database could not be used: %s", str(error).partition("\n")[0])
        raise _problem(error) from error
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        log.warning("the connection to the database was lost: %s", str(error).partition("\n")[0])
        raise _problem(error) from error


def _problem(error: Exception) -> Problem:
    cause = getattr(error, "orig", None)
    full = (
        getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL or getattr(cause, "sqlstate", None) == "53100"
    )
    return InsufficientStorage() if full else Unavailable(headers={"Retry-After": RETRY_AFTER})


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _begin_immediate(connection: sa.Connection) -> None:
    if not connection.get_execution_options().get("touchstone_reading"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
