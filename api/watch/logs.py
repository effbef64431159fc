"""Logs: one JSON object a line, on standard error or in a file; for a person at a terminal, plain lines."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

from api.rules.clock import timestamp

# What every record has; the rest was given as `extra`, and is what the line is about.
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON; control characters are escaped, so no value can forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        line = described(record)
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode("utf-8", "replace")


class PlainFormatter(logging.Formatter):
    """A record as a line for a person: time, level, and what it says."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, and the trace of an error below it."""
        line = described(record)
        head = f"{line.pop('time')[11:]} {line.pop('level'):7} {line.pop('logger')} {line.pop('message')}"
        text = " ".join([head, *(f"{name}={_escaped(value)}" for name, value in line.items() if value is not None)])
        return text + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


def described(record: logging.LogRecord) -> dict[str, Any]:
    """A record's time, level, logger and message, and what it was given beside them."""
    return {
        "time": timestamp(datetime.fromtimestamp(record.created, UTC)),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
        **{name: value for name, value in vars(record).items() if name not in STANDARD},
    }


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
