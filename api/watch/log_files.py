"""The outputs of the log: standard error, or a file that all workers share and that is rotated when it is full."""

import fcntl
import logging
import os
import stat
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

STANDARD_ERROR = 2


class LineHandler(logging.Handler):
    """Writes each record to standard error in one call, so that the lines of several processes never mix."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        try:
            self.write((self.format(record) + "\n").encode(errors="backslashreplace"))
        except Exception:  # as in the logging module: an error in logging must not break the caller
            self.handleError(record)

    def write(self, line: bytes) -> None:
        """Write a line."""
        _write(STANDARD_ERROR, line)


class RotatingFile(LineHandler):
    """Writes to a file that other processes write too. The process that finds `max_bytes` in it rotates it.

    The file becomes `<name>.1`, the old `.1` becomes `.2`, and so on up to `backups`; with `max_bytes` 0 it only
    grows. Each line is appended by one system call, so lines of several writers never mix. A process that still
    has the old file open finishes its line there, then opens the new one. So no line is lost or torn. It also
    follows when another program moves the file. A device or a link (`/dev/stderr`) is never moved. Raises OSError
    if the file cannot be written.
    """

    def __init__(self, path: str, *, max_bytes: int = 0, backups: int = 1) -> None:
        super().__init__()
        self.path = Path(path).absolute()
        self.max_bytes = max_bytes
        self.backups = backups
        self._file = -1
        self._open()

    def write(self, line: bytes) -> None:
        """Append a line to the file that currently has the name."""
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
        with suppress(FileNotFoundError), self.path.open("rb") as turn:  # missing: another process is rotating it
            # A new descriptor, because workers inherit the other one from their parent and would share its lock.
            fcntl.flock(turn, fcntl.LOCK_EX)
            if self._is_ours_to_move(turn.fileno()) and os.fstat(turn.fileno()).st_size >= self.max_bytes:
                self._shift()

    def _is_ours_to_move(self, file: int) -> bool:
        """Whether the open file is a plain file that has the name itself, not through a link."""
        try:
            opened, named = os.fstat(file), self.path.lstat()
        except FileNotFoundError:
            return False  # another process has just moved it
        return stat.S_ISREG(named.st_mode) and os.path.samestat(opened, named)

    def _shift(self) -> None:
        names = [self.path.name, *(f"{self.path.name}.{number}" for number in range(1, self.backups + 1))]
        # From the oldest to the newest, so that the current name becomes free last.
        for newer, older in reversed(list(pairwise(names))):
            with suppress(FileNotFoundError):
                self.path.with_name(newer).replace(self.path.with_name(older))


def _write(file: int, line: bytes) -> None:
    while line:  # once, except for a pipe that is almost full
        line = line[os.write(file, line) :]
