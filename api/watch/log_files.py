"""Where lines of the log go: standard error, or a file that all workers write and that is rotated when it is full."""

import fcntl
import logging
import os
import stat
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

STANDARD_ERROR = 2


class LineHandler(logging.Handler):
    """Writes each record to standard error in one piece, so that the lines of several processes never mix."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        try:
            self.write((self.format(record) + "\n").encode(errors="backslashreplace"))
        except Exception:  # the way of logging: what cannot be logged must not fail what logs
            self.handleError(record)

    def write(self, line: bytes) -> None:
        """Write a line."""
        _write(STANDARD_ERROR, line)


class RotatingFile(LineHandler):
    """Writes to a file that other processes write too. Whoever finds `max_bytes` in it moves it away, and starts anew.

    It becomes `<name>.1`, what was `.1` becomes `.2`, and so on up to `backups`; with
    `max_bytes` 0 it only grows. Each line is appended by one call to the system, which no other writer comes
    between; who still has the file open that was moved away finishes its line there, and follows. So no line is
    lost or torn. It follows as well where somebody else moves the file away. What is no file of its own, such as a
    device or a link (`/dev/stderr`), is never moved. Raises OSError where it cannot be written.
    """

    def __init__(self, path: str, *, max_bytes: int = 0, backups: int = 1) -> None:
        super().__init__()
        self.path = Path(path).absolute()
        self.max_bytes = max_bytes
        self.backups = backups
        self._file = -1
        self._open()

    def write(self, line: bytes) -> None:
        """Append a line to the file that has the name now."""
        try:
            there = self.path.stat()  # a microsecond a line
        except FileNotFoundError:
            self._open()
        else:
            if (there.st_dev, there.st_ino) != self._identity:
                self._open()
            elif self._limit and there.st_size >= self._limit:
                self._rotate()
                self._open()
        _write(self._file, line)

    def _open(self) -> None:
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        if self._file >= 0:
            os.close(self._file)
        self._file = file
        status = os.fstat(file)
        self._identity = (status.st_dev, status.st_ino)
        self._limit = self.max_bytes if self._is_ours_to_move(file) else 0

    def _rotate(self) -> None:
        with suppress(FileNotFoundError), self.path.open("rb") as turn:  # not there: another process is just doing it
            # Opened anew, since workers have the other descriptor from their parent, and would share its lock.
            fcntl.flock(turn, fcntl.LOCK_EX)
            if self._is_ours_to_move(turn.fileno()) and os.fstat(turn.fileno()).st_size >= self.max_bytes:
                self._shift()

    def _is_ours_to_move(self, file: int) -> bool:
        """Whether the open file is a plain one that has the name itself, and not by a link."""
        try:
            opened, named = os.fstat(file), self.path.lstat()
        except FileNotFoundError:
            return False  # another process has just moved it
        return stat.S_ISREG(named.st_mode) and os.path.samestat(opened, named)

    def _shift(self) -> None:
        names = [self.path.name, *(f"{self.path.name}.{number}" for number in range(1, self.backups + 1))]
        # From the oldest on, so that the name that others look at is free last, when all else is done.
        for newer, older in reversed(list(pairwise(names))):
            with suppress(FileNotFoundError):
                self.path.with_name(newer).replace(self.path.with_name(older))


def _write(file: int, line: bytes) -> None:
    while line:  # once, but for a pipe that is almost full
        line = line[os.write(file, line) :]
