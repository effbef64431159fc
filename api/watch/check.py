"""Checks of the environment before a rollout: each passes or says what to do."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from api.rules.clock import now, timestamp
from api.rules.problems import Problem
from api.store import accounts, clocks, migrating
from api.store.database import Database
from api.store.migrating import DatabaseError

if TYPE_CHECKING:
    from config import Config

# RETURNING exists since 3.35; nothing newer is used.
OLDEST_SQLITE = (3, 35)
MIB = 1024 * 1024
# A few uploads of the largest size, and their write-ahead log.
LEAST_ROOM = 256 * MIB
# Seconds; servers with NTP differ by milliseconds.
CLOCKS_APART = 5
REQUIREMENTS = Path(__file__).parents[2] / "requirements.txt"

Check = tuple[str, str | None]


def checks(config: Config) -> Iterator[Check]:
    """Yield the name and the fault of each check; None if it passes."""
    yield "settings", None  # checked when they were read
    yield "Python", None if sys.version_info >= (3, 11) else "use Python 3.11 or newer."
    yield "packages", _packages()
    if config.database_file:
        yield "SQLite", None if sqlite3.sqlite_version_info >= OLDEST_SQLITE else "use SQLite 3.35 or newer."
        yield "database folder", _writable(config.database_file.resolve().parent)
        if config.database_file.exists():
            yield "database file", _writable(config.database_file)
        yield "disk space", _room(config.database_file.resolve().parent)
    if config.database_file and not config.database_file.exists():
        yield "database", None  # the first start creates it
    else:
        with closing(Database(config.database_url, lock_timeout=config.lock_timeout)) as database:
            yield from _of_database(database, config)
    secret = "set SECRET_KEY, otherwise cursors end with each restart." if not config.secret_key else None
    yield "secret", None if config.development else secret
    # Request bodies above 64 KiB are spooled there.
    yield "temporary folder", _writable(Path(tempfile.gettempdir()))
    if config.spaces_dir and Path(config.spaces_dir).exists():
        yield "spaces folder", _writable(Path(config.spaces_dir))
    if not config.development and config.spaces != "off":
        everybody = "SPACES=open lets everybody fill the disk: set it to admins." if config.spaces == "open" else None
        yield "spaces", everybody
    if config.log_file:
        yield "log file", _writable(Path(config.log_file).resolve().parent)


def _of_database(database: Database, config: Config) -> Iterator[Check]:
    fault = _fault(lambda: migrating.reachable(database))
    yield "database", fault
    if fault is None:
        yield "migrations", _fault(lambda: _migrations(database))
        yield "clock", _fault(lambda: _clock(database))
        if not config.development and config.registration == "closed":
            yield "accounts", _fault(lambda: _accounts(database))


def _packages() -> str | None:
    for line in REQUIREMENTS.read_text().splitlines():
        requirement = line.partition("#")[0].partition(";")[0].strip()
        if not requirement:
            continue
        name, _, wanted = requirement.partition("==")
        name = name.partition("[")[0]
        try:
            there = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return f"{name} is missing: run make, or pip install -r requirements.txt."
        if there != wanted:
            return f"{name} is {there}, and {wanted} was tested: run pip install -r requirements.txt."
    return None


def _writable(path: Path) -> str | None:
    return None if os.access(path, os.W_OK) else f"{path} is not writable: create it, or check its permissions."


def _room(folder: Path) -> str | None:
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return None  # the check of the folder reports it
    return None if free >= LEAST_ROOM else f"{free // MIB} MiB are left for {folder}: free some space."


def _fault(check: Callable[[], str | None]) -> str | None:
    try:
        return check()
    except Problem as problem:
        cause = getattr(problem.__cause__, "orig", problem.__cause__)
        return f"it cannot be used ({str(cause).strip().partition(chr(10))[0]}): check DATABASE_URL."
    except DatabaseError as error:
        return f"it is not a database ({error.orig}): check DATABASE_URL."


def _accounts(database: Database) -> str | None:
    if migrating.current(database) == migrating.head():
        with database.reading() as db:
            if accounts.anyone_can_sign_in(db):
                return None
    return "nobody can sign in: run `python run.py user add NAME --email E --admin`."


def _clock(database: Database) -> str | None:
    # Tokens, sessions and keys expire at wrong times if the clocks of instances differ.
    apart = clocks.seconds_apart(database)
    if apart > CLOCKS_APART:
        return f"it and the database's clock are {apart:.0f} s apart: set both by NTP."
    newest = clocks.newest_change(database) if migrating.current(database) == migrating.head() else None
    if newest and newest > timestamp(now() + timedelta(seconds=CLOCKS_APART)):
        return f"the newest row of the audit trail is from {newest}, in the future: set the clock by NTP."
    return None


def _migrations(database: Database) -> str | None:
    at = migrating.current(database)
    if at == migrating.head():
        return None
    return f"the database is at {at or 'base'}, the code at {migrating.head()}: run `python run.py db upgrade`."
