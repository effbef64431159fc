"""How each kind of database is written to: PostgreSQL by many at once, SQLite by one after another with one commit."""

import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from api.rules.problems import Unavailable
from api.store.failures import LOST, RETRY_AFTER, LostRace, passing, sqlite_code, sqlstate, translated, unavailable

log = logging.getLogger("touchstone.store")

# Seconds. Those that wait for an answer wait this much longer for others to share a commit, which costs as much for all
# of them as for one; and other processes are kept from writing for so long.
SHARED = 0.004
# Seconds between two attempts to begin while another process writes: far less than SQLite's own, which grow to a tenth
# of a second, so that whoever waits longest is not served last. Drawn, or two processes could go on in step.
PAUSES = (0.0002, 0.001)


class PostgresWriter:
    """Transactions over connections of their own, as many at once as there are threads."""

    def __init__(self, engine: sa.Engine, on_wait: Callable[[float], object]) -> None:
        self._engine = engine
        self._on_wait = on_wait

    @contextmanager
    def transaction(self, *, at_once: bool) -> Iterator[sa.Connection]:  # each is by itself
        """As `Database.transaction` says."""
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
                    self._engine.dispose()  # the others are hardly better
                # A connection that is lost while it commits may have committed: the client must be told, and decide.
                if sqlstate(error) in LOST or (error.connection_invalidated and not committing):
                    raise passing(error) from error
                raise

    def finish(self) -> None:
        """Do nothing: what was written is committed."""

    def close(self) -> None:
        """Do nothing: the engine has the connections."""


class Commit:
    """A commit of one or more transactions: whether it is `done`, and then the `error` that it ended with, if any."""

    __slots__ = ("began", "done", "error", "transactions")

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.transactions = 0
        self.done = False
        self.error: Exception | None = None


class SqliteWriter:
    """One connection over which all threads of a process write, in turn.

    A commit waits for the disk, which takes longer than most transactions. So threads that have said `share`
    leave theirs open as savepoints of one transaction, which is committed when somebody says
    `settle`: only then may they tell anybody that something was written. Each is whole by
    itself: one that fails undoes what it did, and the others stay.
    """

    def __init__(
        self,
        engine: sa.Engine,
        lock_timeout: float,
        on_wait: Callable[[float], object],
        on_stale: Callable[[], object],
    ) -> None:
        self._engine = engine
        self._lock_timeout = lock_timeout
        self._on_wait = on_wait
        self._on_stale = on_stale
        self._turn = threading.Lock()
        self._connection: sa.Connection | None = None
        self._open: Commit | None = None
        self._mine = threading.local()

    @contextmanager
    def transaction(self, *, at_once: bool) -> Iterator[sa.Connection]:
        """As `Database.transaction` says; what this thread wrote before is committed first."""
        self.finish()
        started = time.perf_counter()
        if not self._turn.acquire(timeout=self._lock_timeout):
            log.warning("the database could not be used: other writes take too long")
            raise Unavailable("The database is busy.", headers={"Retry-After": RETRY_AFTER})
        try:
            commit = self._begun(started + self._lock_timeout)
            self._on_wait(time.perf_counter() - started)
            connection = self._connection
            assert connection  # noqa: S101  # _begun() made it
            try:
                yield connection
                self._driver.execute("RELEASE one")
                commit.transactions += 1
            except BaseException as error:
                self._undo(commit, error)
                raise
            finally:
                # Also one that was undone has seen what others did.
                if self._open is commit:
                    if getattr(self._mine, "shares", False) and not at_once:
                        self._mine.commit = commit
                    else:
                        self._commit()
            if commit.error:
                raise commit.error
        except (sqlite3.Error, SQLAlchemyError):
            with _lost_races():
                raise
        finally:
            self._turn.release()

    def share(self) -> None:
        """From now on, transactions of this thread may be committed together with others, when `settle` is called."""
        self._mine.shares = True

    def awaited(self) -> Commit | None:
        """The commit that what this thread wrote, or saw in a transaction, since the last call depends on, if any."""
        commit: Commit | None = getattr(self._mine, "commit", None)
        if commit is not None:
            self._mine.commit = None
        return commit

    def is_due(self) -> bool:
        """Whether what is open has been so for long enough."""
        commit = self._open
        return commit is not None and time.perf_counter() - commit.began > SHARED

    def settle(self) -> None:
        """Commit what is open, from any thread, unless another writes. Raises nothing: each Commit tells."""
        if self._open is None or not self._turn.acquire(blocking=False):
            return
        try:
            if self._open:
                self._commit()
        finally:
            self._turn.release()

    def finish(self) -> None:
        """Commit what this thread wrote, before it reads or writes more. Raises what the commit ended with."""
        commit = self.awaited()
        if commit is not None:
            if not commit.done:
                with self._turn:
                    if self._open is commit:
                        self._commit()
            if commit.error:
                raise commit.error

    def close(self) -> None:
        """Commit what is open, and close the connection; the next transaction opens another."""
        with self._turn:
            if self._open:
                self._commit()
            self._drop()

    def _begun(self, deadline: float) -> Commit:
        """Open a savepoint, in the transaction that is open or a new one."""
        if self.is_due():
            self._commit()
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
                self._connection.exec_driver_sql("PRAGMA busy_timeout=0")
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
        # For what every transaction says: through SQLAlchemy it would take five times as long.
        found: sqlite3.Connection = self._connection.connection.dbapi_connection  # type: ignore[union-attr,assignment]  # there is one, and it is SQLite's
        return found

    def _patiently(self, statement: str, deadline: float) -> None:
        """Run a statement when no other process writes."""
        while True:
            try:
                self._driver.execute(statement)
                return
            except sqlite3.OperationalError as error:
                if sqlite_code(error) != sqlite3.SQLITE_BUSY or time.perf_counter() > deadline:
                    raise
            time.sleep(random.uniform(*PAUSES))  # noqa: S311  # not for secrets

    def _undo(self, commit: Commit, error: BaseException) -> None:
        """Undo one transaction, and leave the others that are open. Where that cannot be, none of them stays."""
        try:
            # SQLite ends a transaction by itself where it cannot go on, on a full disk for example.
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
            commit.done = True
        self._open = None

    def _fail(self, error: BaseException) -> None:
        """Give up what is open, for all who share it, and the connection."""
        if self._open:
            self._open.error = unavailable(error)
            self._open.done = True
        self._open = None
        self._drop()
        if sqlite_code(error) == sqlite3.SQLITE_READONLY:
            # What was opened while the file could not be written stays so, and by the memory that they share (WAL) so
            # does all that this process opens beside it.
            self._on_stale()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error, DBAPIError):
                connection.invalidate()
                connection.close()


@contextmanager
def _lost_races() -> Iterator[None]:
    with translated():
        try:
            yield
        except IntegrityError as error:
            raise LostRace from error
        except sqlite3.Error as error:
            raise unavailable(error) from error
