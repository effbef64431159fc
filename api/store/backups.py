"""Backups: the whole database in one file, taken while servers write, and restored completely or not at all.

SQLite is copied by its online backup (https://sqlite.org/backup.html); PostgreSQL by pg_dump, pg_restore and psql, in a
version that is not older than the server's.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import sqlalchemy as sa

from api.store import migrating
from api.store.columns import metadata
from api.store.database import Database
from api.store.migrations.set_aside import PREFIX

SQLITE_MAGIC = b"SQLite format 3\0"
DUMP_MAGIC = b"PGDMP"
# Seconds to wait for a long write or read of other processes before giving up the restore.
PATIENCE = 60
# The restoring user becomes the owner.
OURS = ("--no-owner", "--no-privileges")


class BackupFault(Exception):
    """The reason why nothing was backed up or restored, and what to do: one sentence for the operator."""


def back_up(database: Database, url: str, file: Path) -> str:
    """Write the database to a new file that only its owner can read, and return its revision.

    The backup is the state of one moment. Raises BackupFault, and the errors of `Database.reading`.
    """
    revision = migrating.current(database)
    if revision is None:
        raise BackupFault("The database is empty: there is nothing to back up.")
    with _new_file(file) as partial:
        if database.sqlite:
            with database.engine.connect() as db, closing(sqlite3.connect(partial)) as copy:
                # In one step, because writes of others between steps would restart it.
                db.connection.driver_connection.backup(copy)  # type: ignore[union-attr]  # it is connected
                # One file, without a write-ahead log beside it.
                copy.execute("PRAGMA journal_mode=DELETE")
                _check(copy, file)
        else:
            _run("pg_dump", "--format=custom", *OURS, f"--file={partial}", url=url)
    return revision


def restore(database: Database, url: str, file: Path, *, replace: bool) -> str:
    """Replace the contents of the database by a backup, atomically, and migrate it; return the backup's revision.

    `replace` allows a database that is not empty. Raises BackupFault, UnknownRevision for a backup of a newer version,
    and the errors of `Database.reading`; nothing has changed then.
    """
    _check_kind(database, file)
    revision = _sqlite_revision(file) if database.sqlite else _dump_revision(file)
    if revision not in migrating.revisions():
        raise migrating.UnknownRevision(
            f"{file} is at revision {revision}, which this version of Touchstone does not know: use a newer one."
        )
    if not replace and migrating.current(database) is not None:
        raise BackupFault("The database is not empty: use --replace to replace its contents.")
    if database.sqlite:
        _restore_sqlite(database, file)
    else:
        _restore_dump(database, url, file)
    migrating.upgrade(database)
    return revision


@contextmanager
def _new_file(file: Path) -> Iterator[Path]:
    # Under another name until it is complete, so that half a backup is never taken for a whole one.
    partial = file.with_name(f".{file.name}.partial")
    try:
        if file.exists():
            raise BackupFault(f"{file} already exists: choose another name.")
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            yield partial
            with partial.open("rb") as written:
                os.fsync(written.fileno())
            partial.rename(file)
        finally:
            partial.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise BackupFault(f"{file} cannot be written ({reason}): check its folder and the disk space.") from None


def _check_kind(database: Database, file: Path) -> None:
    try:
        with file.open("rb") as content:
            start = content.read(len(SQLITE_MAGIC))
    except OSError as error:
        raise BackupFault(f"{file} cannot be read ({error.strerror}): check the name.") from None
    wanted, name = (SQLITE_MAGIC, "SQLite") if database.sqlite else (DUMP_MAGIC, "PostgreSQL")
    if not start.startswith(wanted):
        raise BackupFault(f"{file} is not a backup of a {name} database: use one that `run.py backup` made of one.")


# SQLite


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as backup:
            yield backup
    except sqlite3.DatabaseError as error:
        raise BackupFault(f"{file} is damaged, or not a backup of Touchstone ({error}): use another.") from None


def _sqlite_revision(file: Path) -> str:
    with _opened(file) as backup:
        _check(backup, file)
        found = backup.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found[0]) if found else "base"


def _check(backup: sqlite3.Connection, file: Path) -> None:
    fault = backup.execute("PRAGMA quick_check(1)").fetchone()[0]
    if fault != "ok":
        raise BackupFault(f"{file} is damaged ({fault}): use another.")


def _restore_sqlite(database: Database, file: Path) -> None:
    deadline = time.monotonic() + PATIENCE

    def wait(_status: int, remaining: int, _total: int) -> None:
        if remaining and time.monotonic() > deadline:
            raise BackupFault("Another process holds the database: stop it, and run this again. Nothing was changed.")

    with _opened(file) as backup, database.engine.connect() as db:
        try:
            # One transaction: running servers see either the old contents or the whole backup.
            backup.backup(db.connection.driver_connection, progress=wait, sleep=0.05)  # type: ignore[arg-type]  # connected
        except sqlite3.Error as error:
            raise BackupFault(f"The database cannot be written ({error}): nothing was changed.") from None


# PostgreSQL


def _dump_revision(file: Path) -> str:
    script = _run("pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(file))
    found = re.search(r"^COPY \S*alembic_version .*\n(\S+)$", script, re.MULTILINE)
    if not found:
        raise BackupFault(f"{file} is not a backup of Touchstone: use one that `run.py backup` made.")
    return found[1]


def _restore_dump(database: Database, url: str, file: Path) -> None:
    """Drop our tables and restore those of the dump, in one transaction."""
    with database.reading() as db:
        ours = {*metadata.tables, "alembic_version"}
        there = [name for name in sa.inspect(db).get_table_names() if name.removeprefix(PREFIX) in ours]
        quoted = ", ".join(db.dialect.identifier_preparer.quote(name) for name in there)
    drop = f"DROP TABLE {quoted} CASCADE;\n" if there else ""
    options, environment = _login(url)
    with (
        tempfile.TemporaryFile("w+") as faults,
        subprocess.Popen(  # noqa: S603  # our own arguments, and no shell
            [_program("pg_restore"), *OURS, "--file=-", str(file)], stdout=subprocess.PIPE, stderr=faults
        ) as reading,
        subprocess.Popen(  # noqa: S603  # our own arguments, and no shell
            [_program("psql"), "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", *options],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=faults,
        ) as writing,
    ):
        if reading.stdout is None or writing.stdin is None:
            raise AssertionError("These are pipes.")
        try:
            with writing.stdin as script:
                script.write(f"BEGIN;\n{drop}".encode())
                shutil.copyfileobj(reading.stdout, script)
                if reading.wait() == 0:  # half a dump is not committed
                    script.write(b"COMMIT;\n")
        except BrokenPipeError:
            reading.kill()  # psql has ended, and printed the reason
        if writing.wait() or reading.wait():
            faults.seek(0)
            raise BackupFault(f"The backup cannot be restored ({_reason(faults.read())}): nothing was changed.")
    database.close()  # statements prepared for the old tables do not fit the new ones


def _run(program: str, *arguments: str, url: str | None = None) -> str:
    """Run a program of PostgreSQL, with the database of `url` if given, and return its output."""
    options, environment = _login(url) if url else ([], None)
    done = subprocess.run(  # noqa: S603  # our own arguments, and no shell
        [_program(program), *arguments, *options],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupFault(f"{program} failed ({_reason(done.stderr)}): nothing was changed.")
    return done.stdout


def _program(name: str) -> str:
    if found := shutil.which(name):
        return found
    raise BackupFault(f"{name} is not installed: install PostgreSQL's client programs (Debian: postgresql-client).")


def _login(url: str) -> tuple[list[str], dict[str, str]]:
    """The options and the environment for a program of PostgreSQL to connect to a database."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    plain = parts._replace(netloc=f"{parts.username}@{host}" if parts.username else host)
    # Other users can list the arguments of a process, but not its environment.
    secret = {} if parts.password is None else {"PGPASSWORD": unquote(parts.password)}
    return [f"--dbname={urlunsplit(plain)}"], {**os.environ, "PGCONNECT_TIMEOUT": "10", **secret}


def _reason(said: str) -> str:
    return (said.strip() or "without a reason").partition("\n")[0].rstrip(".")
