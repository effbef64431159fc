"""Writers: many transactions at once on PostgreSQL, one after another with shared commits on SQLite."""

import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from api.rules.problems import InsufficientStorage, Unavailable
from api.store.durability import Log
from api.store.failures import LOST, RETRY_AFTER, LostRace, passing, sqlite_code, sqlstate, translated, unavailable

log = logging.getLogger("touchstone.store")

# Seconds that a response waits for other transactions to share its commit, which costs the same for one as for many.
# Other processes cannot write during this time.
SHARED = 0.004
# Seconds between two attempts to begin while another process writes. Far less than SQLite's own, which grow to a tenth
# of a second and serve the longest waiter last. Random, otherwise two processes could stay in step.
PAUSES = (0.0002, 0.001)


class PostgresWriter:
    """Transactions over separate connections, as many at once as there are threads."""

    def __init__(self, engine: sa.Engine, on_wait: Callable[[float], object]) -> None:
        self._engine = engine
        self._on_wait = on_wait

    @contextmanager
    def transaction(self, *, at_once: bool) -> Iterator[sa.Connection]:  # each is by itself
        """See `Database.transaction`."""
        started = time.perf_counter()
        with translated(), self._engine.connect() as connection:
            committing = False
            try:
                with connection.begin():
                    self._on_wait(time.perf_counter() - started)
                    yield connection
                    committing = True
            except IntegrityError as error:
                raise LostRace from error
            except DBAPIError as error:
                if error.connection_invalidated:
                    self._engine.dispose()  # the others are probably lost too
                # A connection that is lost during the commit may have committed: no retry here, the client must decide.
                if sqlstate(error) in LOST or (error.connection_invalidated and not committing):
                    raise passing(error) from error
                raise

    def finish(self) -> None:
        """Do nothing: everything is committed."""

    def confirm(self) -> None:
        """Do nothing: what can be read is on the disk."""

    def close(self) -> None:
        """Do nothing: the engine has the connections."""


class Commit:
    """A commit of one or more transactions: whether it is `done`, and then its `error`, if any."""

    __slots__ = ("began", "done", "error", "transactions")

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.transactions = 0
        self.done = False
        self.error: Exception | None = None


class SqliteWriter:
    """One connection over which all threads of a process write, in turn.

    A commit waits for the disk, which takes longer than most transactions. Therefore threads that called `share`
    leave their transactions open as savepoints of one transaction, which `settle` commits. They must not respond until
    it is on the disk (`api.store.durability`). Each is atomic by itself: if one is rolled back, the others stay.
    """

    def __init__(
        self,
        engine: sa.Engine,
        lock_timeout: float,
        on_wait: Callable[[float], object],
        on_stale: Callable[[], object],
        *,
        capped: bool = False,
        durable: bool = True,
    ) -> None:
        """`capped`: the file has a largest size, so `full` is a refusal. Without `durable`, no wait for the disk."""
        self._engine = engine
        self._log = Log(engine.url.database if durable else None)
        self._capped = capped
        self._lock_timeout = lock_timeout
        self._on_wait = on_wait
        self._on_stale = on_stale
        self._turn = threading.Lock()
        self._connection: sa.Connection | None = None
        self._open: Commit | None = None
        self._mine = threading.local()

    @contextmanager
    def transaction(self, *, at_once: bool) -> Iterator[sa.Connection]:
        """See `Database.transaction`. Earlier writes of this thread are committed first."""
        self.finish()
        shares = getattr(self._mine, "shares", False) and not at_once
        started = time.perf_counter()
        if not self._turn.acquire(timeout=self._lock_timeout):
            log.warning("the database could not be used: other writes take too long")
            raise Unavailable("The database is busy.", headers={"Retry-After": RETRY_AFTER})
        try:
            commit = self._begun(started + self._lock_timeout)
            self._on_wait(time.perf_counter() - started)
            connection = self._connection
            assert connection  # noqa: S101  # _begun() opened it
            try:
                yield connection
                self._driver.execute("RELEASE one")
                commit.transactions += 1
            except BaseException as error:
                self._undo(commit, error)
                raise
            finally:
                # Also for a rolled back one, because it has seen uncommitted data of others.
                if self._open is commit:
                    if shares:
                        self._mine.commit = commit
                    else:
                        self._commit()
        except (sqlite3.Error, SQLAlchemyError) as error:
            if self._capped and _is_full(error):
                raise InsufficientStorage("This space is full: delete something, or reset it.") from error
            with _lost_races():
                raise
        finally:
            self._turn.release()
        if not shares:
            self._log.sync()
        if commit.error:
            raise commit.error

    def share(self) -> None:
        """From now on, transactions of this thread can share a commit with others, made by `settle`."""
        self._mine.shares = True

    def take_commit(self) -> Commit | None:
        """The commit on which this thread's writes and reads in transactions since the last call depend, if any."""
        commit: Commit | None = getattr(self._mine, "commit", None)
        if commit is not None:
            self._mine.commit = None
        return commit

    def is_due(self) -> bool:
        """Whether the open transactions have waited long enough."""
        commit = self._log.first or self._open
        return commit is not None and time.perf_counter() - commit.began > SHARED

    def settle(self) -> None:
        """Commit the open transactions, from any thread, unless another thread writes. Errors are in the Commit."""
        if self._open is not None and self._turn.acquire(blocking=False):
            try:
                if self._open:
                    self._commit()
            finally:
                self._turn.release()
        if self._log.first:
            self._log.sync()

    def finish(self) -> None:
        """Commit this thread's writes before it reads or writes more. Raises the error of the commit."""
        commit = self.take_commit()
        if commit is not None:
            if not commit.done:
                with self._turn:
                    if self._open is commit:
                        self._commit()
                self._log.sync()
            if commit.error:
                raise commit.error

    def confirm(self) -> None:
        """Wait until everything that can be read is on the disk. Raises Unavailable."""
        self._log.confirm()

    def close(self) -> None:
        """Commit the open transactions, and close the connection; the next transaction opens another."""
        with self._turn:
            if self._open:
                self._commit()
            self._log.sync()
            self._drop()

    def _begun(self, deadline: float) -> Commit:
        """Open a savepoint in the open transaction, or in a new one."""
        if self._open and self.is_due():
            self._commit()
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
                self._connection.exec_driver_sql("PRAGMA busy_timeout=0")
                # Without WAL, which some file systems cannot have, only FULL is durable.
                if self._log.path and self._driver.execute("PRAGMA journal_mode").fetchone() == ("wal",):
                    self._driver.execute("PRAGMA synchronous=NORMAL")
            if self._open is None:
                self._patiently("BEGIN IMMEDIATE", deadline)
                self._open = Commit()
            self._driver.execute("SAVEPOINT one")
        except (sqlite3.Error, DBAPIError) as error:
            self._fail(error)
            raise
        return self._open

    @property
    def _driver(self) -> sqlite3.Connection:
        # For statements of every transaction: through SQLAlchemy they would take five times as long.
        found: sqlite3.Connection = self._connection.connection.dbapi_connection  # type: ignore[union-attr,assignment]  # there is one, and it is SQLite's
        return found

    def _patiently(self, statement: str, deadline: float) -> None:
        """Run a statement, with retries while another process writes."""
        while True:
            try:
                self._driver.execute(statement)
                return
            except sqlite3.OperationalError as error:
                if sqlite_code(error) != sqlite3.SQLITE_BUSY or time.perf_counter() > deadline:
                    raise
            time.sleep(random.uniform(*PAUSES))  # noqa: S311  # not for secrets

    def _undo(self, commit: Commit, error: BaseException) -> None:
        """Roll back one transaction and keep the other open ones. If that is impossible, all of them fail."""
        try:
            # SQLite itself ends a transaction that it cannot continue, for example on a full disk.
            if sqlite_code(error) == sqlite3.SQLITE_READONLY or not self._driver.in_transaction:
                self._fail(error)
            elif commit.transactions:
                self._driver.execute("ROLLBACK TO one")
                self._driver.execute("RELEASE one")
            else:
                self._open = None
                self._driver.execute("ROLLBACK")
        except sqlite3.Error as failure:
            self._fail(failure)

    def _commit(self) -> None:
        commit = self._open
        try:
            self._patiently("COMMIT", time.perf_counter() + self._lock_timeout)
        except sqlite3.Error as error:
            self._fail(error)
            return
        if commit:
            self._log.add(commit)
        self._open = None

    def _fail(self, error: BaseException) -> None:
        """Give up the open transactions, for all that share the commit, and the connection."""
        if self._open:
            self._open.error = unavailable(error)
            self._open.done = True
        self._open = None
        self._drop()
        if sqlite_code(error) == sqlite3.SQLITE_READONLY:
            # A connection opened while the file was read-only stays read-only, and so do all others of this process,
            # because they share memory (WAL).
            self._on_stale()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error, DBAPIError):
                connection.invalidate()
                connection.close()


def _is_full(error: BaseException) -> bool:
    """Whether the file had no room: SQLite then ends the transaction, and a rollback to a savepoint fails after it."""
    cause: BaseException | None = error
    while cause is not None:
        if sqlite_code(cause) == sqlite3.SQLITE_FULL:
            return True
        cause = cause.__cause__ or cause.__context__
    return False


@contextmanager
def _lost_races() -> Iterator[None]:
    with translated():
        try:
            yield
        except IntegrityError as error:
            raise LostRace from error
        except sqlite3.Error as error:
            raise unavailable(error) from error
