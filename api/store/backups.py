"""Backups: the whole database in one file, taken while servers write, and brought back whole or not at all.

SQLite is copied by its online backup (https://sqlite.org/backup.html); PostgreSQL by its own pg_dump, pg_restore and
psql, which have to be installed in a version that is not older than the server's.
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
# Seconds that other processes may hold the database, before it is given up: a long write, or a long read of a page.
PATIENCE = 60
# Whoever restores owns what is restored.
OURS = ("--no-owner", "--no-privileges")


class BackupFault(Exception):
    """Why nothing was backed up or restored, and what to do: one sentence for a person."""


def back_up(database: Database, url: str, file: Path) -> str:
    """Write the database into a new file, that only its owner may read, and give the revision that it is at.

    It is as the database was at one moment. Raises BackupFault, and what `Database.reading` raises.
    """
    revision = migrating.current(database)
    if revision is None:
        raise BackupFault("The database is empty: there is nothing to back up.")
    with _new_file(file) as partial:
        if database.sqlite:
            with database.engine.connect() as db, closing(sqlite3.connect(partial)) as copy:
                # In one step: what others write meanwhile would make it begin anew.
                db.connection.driver_connection.backup(copy)  # type: ignore[union-attr]  # it is connected
                # One file, and not one with a log beside it.
                copy.execute("PRAGMA journal_mode=DELETE")
                _check(copy, file)
        else:
            _run("pg_dump", "--format=custom", *OURS, f"--file={partial}", url=url)
    return revision


def restore(database: Database, url: str, file: Path, *, replace: bool) -> str:
    """Put what a backup holds in the place of the database, at once, and migrate it; give the backup's revision.

    `replace` allows that the database holds something. Raises BackupFault, UnknownRevision for a backup of a newer
    version, and what `Database.reading` raises; nothing has changed then.
    """
    _check_kind(database, file)
    revision = _sqlite_revision(file) if database.sqlite else _dump_revision(file)
    if revision not in migrating.revisions():
        raise migrating.UnknownRevision(
            f"{file} is at revision {revision}, which this version of Touchstone does not know: use a newer one."
        )
    if not replace and migrating.current(database) is not None:
        raise BackupFault("The database is not empty: say --replace to put the backup in its place.")
    if database.sqlite:
        _restore_sqlite(database, file)
    else:
        _restore_dump(database, url, file)
    migrating.upgrade(database)
    return revision


@contextmanager
def _new_file(file: Path) -> Iterator[Path]:
    # Under another name until it is whole, so that nobody takes half a backup for one.
    partial = file.with_name(f".{file.name}.partial")
    try:
        if file.exists():
            raise BackupFault(f"{file} is there already: choose another name.")
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
        raise BackupFault(f"{file} cannot be written ({reason}): check its folder, and the room there.") from None


def _check_kind(database: Database, file: Path) -> None:
    try:
        with file.open("rb") as content:
            start = content.read(len(SQLITE_MAGIC))
    except OSError as error:
        raise BackupFault(f"{file} cannot be read ({error.strerror}): check the name.") from None
    wanted, name = (SQLITE_MAGIC, "SQLite") if database.sqlite else (DUMP_MAGIC, "PostgreSQL")
    if not start.startswith(wanted):
        raise BackupFault(f"{file} is no backup of a {name} database: use one that `run.py backup` made of such.")


# SQLite


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as backup:
            yield backup
    except sqlite3.DatabaseError as error:
        raise BackupFault(f"{file} is damaged, or no backup of Touchstone ({error}): use another.") from None


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
            raise BackupFault("Another process holds the database: stop it, and say it again. Nothing was changed.")

    with _opened(file) as backup, database.engine.connect() as db:
        try:
            # Written as one transaction: servers that run see what was there before, or all of the backup.
            backup.backup(db.connection.driver_connection, progress=wait, sleep=0.05)  # type: ignore[arg-type]  # connected
        except sqlite3.Error as error:
            raise BackupFault(f"The database cannot be written ({error}): nothing was changed.") from None


# PostgreSQL


def _dump_revision(file: Path) -> str:
    script = _run("pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(file))
    found = re.search(r"^COPY \S*alembic_version .*\n(\S+)$", script, re.MULTILINE)
    if not found:
        raise BackupFault(f"{file} is no backup of Touchstone: use one that `run.py backup` made.")
    return found[1]


def _restore_dump(database: Database, url: str, file: Path) -> None:
    """Drop what is ours and make what the dump holds, in one transaction."""
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
            reading.kill()  # psql has ended, and said why
        if writing.wait() or reading.wait():
            faults.seek(0)
            raise BackupFault(f"The backup cannot be restored ({_reason(faults.read())}): nothing was changed.")
    database.close()  # what was prepared for the old tables does not fit the new ones


def _run(program: str, *arguments: str, url: str | None = None) -> str:
    """Run a program of PostgreSQL's, on the database of this URL where one is given, and give what it writes."""
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
    """The options and the environment that tell a program of PostgreSQL's of a database."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    plain = parts._replace(netloc=f"{parts.username}@{host}" if parts.username else host)
    # Who lists the processes sees arguments, and not the environment.
    secret = {} if parts.password is None else {"PGPASSWORD": unquote(parts.password)}
    return [f"--dbname={urlunsplit(plain)}"], {**os.environ, "PGCONNECT_TIMEOUT": "10", **secret}


def _reason(said: str) -> str:
    return (said.strip() or "it does not say why").partition("\n")[0].rstrip(".")
