"""Logs: one JSON object a line, on standard error or in a file; for a person at a terminal, plain lines.

A record says what it is about beside its message, in `extra={"fields": {…}}`.
"""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

from api.rules.clock import timestamp


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON; control characters are escaped, so no value can forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        line = described(record)
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class PlainFormatter(logging.Formatter):
    """A record as a line for a person: time, level, and what it says."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, and the trace of an error below it."""
        line = described(record)
        head = [line.pop("time")[11:-1], f"{line.pop('level'):8}", line.pop("message")]
        line.pop("logger")
        text = " ".join([*head, *(f"{name}={_escaped(value)}" for name, value in line.items() if value is not None)])
        return text + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


def described(record: logging.LogRecord) -> dict[str, Any]:
    """A record's time, level, logger and message, and the fields that it was given beside them."""
    line: dict[str, Any] = {
        "time": timestamp(datetime.fromtimestamp(record.created, UTC)),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
    }
    line.update(getattr(record, "fields", ()))
    return line


def _escaped(value: Any) -> str:
    return str(value).encode("unicode_escape").decode()


def configure(level: str, file: str = "") -> None:
    """Send the log to `file`, or to standard error. Raises OSError where the file cannot be written."""
    handler: logging.Handler = logging.FileHandler(file) if file else logging.StreamHandler(sys.stderr)
    terminal = not file and sys.stderr.isatty()
    handler.setFormatter(PlainFormatter() if terminal else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Alembic tells of every revision; we do so ourselves.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # What no line of ours shows need not be found out for every line.
    logging._srcfile = None  # the documented switch (logging, "Optimization")
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
