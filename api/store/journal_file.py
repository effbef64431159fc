"""The file of the journal: its tables, and statements that are transactions of their own."""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

from api.rules.problems import Unavailable
from api.store.database import switch_to_wal
from api.store.failures import unavailable
from api.store.signs import Sign

# Seconds between two attempts to write while another worker writes, which takes 0.05 ms.
PAUSES = (0.0001, 0.0003)
# An id has the number of the space in its upper half, and the number of the entry in its lower half: one key for both
# saves a third of the time of a write.
ENTRIES = 1 << 32
SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER,
    problem TEXT,
    fault TEXT,
    account TEXT,
    sent TEXT,
    fields TEXT NOT NULL,
    rest TEXT NOT NULL,
    body BLOB,
    answer BLOB
);
-- The last entry that was deleted.
CREATE TABLE IF NOT EXISTS cleared (space INTEGER PRIMARY KEY, id INTEGER NOT NULL);
-- Rows stay when their space is deleted: workers remember them.
CREATE TABLE IF NOT EXISTS spaces (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS listeners (space TEXT NOT NULL, pid INTEGER NOT NULL);
"""


class JournalFile:
    """A SQLite file that all workers write to. It does not wait for the disk.

    Create it before the workers are forked. `locked` keeps other processes out while the tables are made.
    """

    def __init__(self, path: Path, locked: Callable[[], AbstractContextManager[None]], lock_timeout: float) -> None:
        self.path = path
        self._locked = locked
        self._lock_timeout = lock_timeout
        self._local = threading.local()
        self._turn = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._starts: dict[str, int] = {}
        self._sign = Sign()

    def start(self, space_id: str) -> int:
        """The number before the ids of the entries of a space."""
        found = self._starts.get(space_id)
        if found is None:
            number = "SELECT number FROM spaces WHERE id = ?"
            rows = self.read(number, (space_id,))
            if not rows:
                self.write("INSERT OR IGNORE INTO spaces (id) VALUES (?)", (space_id,))
                rows = self.read(number, (space_id,))
            found = self._starts[space_id] = rows[0][0] * ENTRIES
        return found

    def read(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of a query. Raises Unavailable."""
        return list(self.rows(statement, values))

    def rows(self, statement: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        """The rows of a query, one after another. Raises Unavailable."""
        with self._turn:
            self._opened()  # this makes the file
        try:
            with closing(self._reader.execute(statement, values)) as found:
                yield from found
        except sqlite3.Error as error:
            raise unavailable(error) from error

    @property
    def _reader(self) -> sqlite3.Connection:
        # One for each thread: on a connection with an open cursor, other queries would see nothing newer than that one.
        found: sqlite3.Connection | None = getattr(self._local, "reader", None)
        if found is None:
            found = self._local.reader = self._connected()
        return found

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=self._lock_timeout, isolation_level=None, check_same_thread=False)

    @property
    def sign(self) -> bytes:
        """Differs after each change, in all workers."""
        return self._sign.value

    def write(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """Run a statement, a transaction of its own, and return its rows. Raises Unavailable."""
        deadline = time.monotonic() + self._lock_timeout
        if not self._turn.acquire(timeout=self._lock_timeout):
            raise Unavailable("The journal is busy.", headers={"Retry-After": "1"})
        try:
            db = self._opened()
            while True:
                try:
                    rows = db.execute(statement, values).fetchall()
                    break
                except sqlite3.Error as error:
                    if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                        raise unavailable(error) from error
                time.sleep(random.uniform(*PAUSES))  # noqa: S311  # not for secrets
        finally:
            self._turn.release()
        self._sign.change()
        return rows

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            with self._locked():
                db = self._connected()
                switch_to_wal(db, self._lock_timeout)
                db.execute("PRAGMA synchronous=OFF")  # the process that writes may die, but not the machine
                db.execute("PRAGMA secure_delete=OFF")  # Debian's SQLite overwrites deleted rows with zeros
                db.executescript(SCHEMA)
                db.execute("PRAGMA busy_timeout=0")  # SQLite's own pauses begin with a millisecond
            self._connection = db
        return self._connection
