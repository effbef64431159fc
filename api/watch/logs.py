"""Logs: one JSON object a line, on standard error or in a file; at a terminal, plain text.

A record has its fields in `extra={"fields": {…}}`.
"""

import logging
import sys
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from api.watch.log_files import LineHandler, RotatingFile


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON; control characters are escaped, so no value can forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = described(record)
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class PlainFormatter(logging.Formatter):
    """A record as plain text: time, level, message and fields. No value can forge a line or move the cursor."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, followed by the indented trace of an error."""
        line = described(record)
        del line["logger"]
        head = [line.pop("time")[11:-1], f"{line.pop('level'):8}", _printable(line.pop("message"))]
        text = " ".join([*head, *(f"{name}={_printable(value)}" for name, value in line.items() if value is not None)])
        trace = self.formatException(record.exc_info).splitlines() if record.exc_info else ()
        return "\n    ".join([text, *map(_printable, trace)])


def described(record: logging.LogRecord) -> dict[str, Any]:
    """A record's time, level, logger, message and fields."""
    line: dict[str, Any] = {
        "time": f"{_second(int(record.created))}.{int(record.msecs):03}Z",
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
    }
    line.update(getattr(record, "fields", ()))
    return line


@lru_cache(maxsize=2)  # many lines have the same second
def _second(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat()[:-6]


def _printable(value: Any) -> str:
    text = str(value)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def configure(level: str, file: str = "", *, max_bytes: int = 0, backups: int = 1) -> None:
    """Send the log to `file`, which is rotated at `max_bytes`, or to standard error.

    Raises OSError if the file cannot be written.
    """
    handler = RotatingFile(file, max_bytes=max_bytes, backups=backups) if file else LineHandler()
    terminal = not file and sys.stderr.isatty()
    handler.setFormatter(PlainFormatter() if terminal else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Alembic logs every revision; we log them ourselves.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Do not collect data that our lines do not show.
    logging._srcfile = None  # the documented switch (logging, "Optimization")
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
