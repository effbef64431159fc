"""SQLite's log on the disk: commits wait for it after they have released the write lock."""

import os
import threading
from collections import deque
from pathlib import Path
from typing import Protocol

from api.store.failures import unavailable


class Waiting(Protocol):
    """A commit that is `done` when it is on the disk, or has failed with `error`. `began` is its first transaction."""

    began: float
    done: bool
    error: Exception | None


class Log:
    """The write-ahead log of a SQLite file, whose connection commits with `synchronous=NORMAL`.

    SQLite's own `FULL` waits for the disk inside the commit, and no other process can write meanwhile. Here the lock is
    free as soon as the log is written, and one wait serves all commits before it. https://www.sqlite.org/wal.html
    """

    def __init__(self, database: str | None) -> None:
        self.path = Path(f"{database}-wal") if database else None
        self._waiting: deque[Waiting] = deque()
        self._turn = threading.Lock()

    def add(self, commit: Waiting) -> None:
        """Note a commit that is written, and not yet on the disk."""
        self._waiting.append(commit)

    @property
    def first(self) -> Waiting | None:
        """The oldest commit that is not yet on the disk."""
        try:
            return self._waiting[0]
        except IndexError:
            return None

    def sync(self) -> None:
        """Wait until every noted commit is on the disk, and set it `done`. Any thread may call it.

        It also waits for another thread that is at it: that one may have taken a commit of the caller.
        """
        with self._turn:
            commits = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if not commits:
                return
            error = self._synced()
            for commit in commits:
                commit.error = error
                commit.done = True

    def confirm(self) -> None:
        """Wait until everything that can be read is on the disk, also of other processes. Raises Unavailable."""
        if error := self._synced():
            raise error

    def _synced(self) -> Exception | None:
        if self.path is None:
            return None
        try:
            # A descriptor for each wait: SQLite holds no lock on this file, and deletes it with its last connection.
            log = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return None  # its content is in the database, which SQLite has synchronised
        except OSError as error:
            return unavailable(error)
        try:
            os.fsync(log)
        except OSError as error:
            return unavailable(error)
        finally:
            os.close(log)
        return None
