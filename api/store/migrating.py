"""Migrations in both directions, with Alembic.

Each file of `migrations/versions` is one revision, numbered from 0001; the last is
the head. The first process to start migrates, under a lock; the others wait.
"""

import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from api.store.database import Database, translated

MIGRATIONS = Path(__file__).parent / "migrations"
# The tables of an empty SQLite database at the newest revision, written by `make docs`.
SCHEMA = MIGRATIONS / "sqlite.sql"

log = logging.getLogger("touchstone.store")


class UnknownRevision(LookupError):
    """The revision does not exist in this code, or is not reachable from the current one."""


def revisions() -> list[str]:
    """Every revision of this code, oldest first."""
    return sorted(path.stem[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def head() -> str:
    """The newest revision of this code, which has the tables in code."""
    return revisions()[-1]


def current(database: Database) -> str | None:
    """The revision of the database; None if it has never been migrated."""
    return database.read(_revision)


def _revision(db: sa.Connection) -> str | None:
    if not sa.inspect(db).has_table("alembic_version"):
        return None
    found: str | None = db.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found


def upgrade(database: Database, revision: str = "head") -> str | None:
    """Upgrade the database to `revision`, in one transaction, and return the previous revision.

    Costs almost nothing if it is already there. Raises UnknownRevision, and
    Unavailable if the database cannot be used.
    """
    target = head() if revision == "head" else _known(revision)
    before = current(database)
    if before is not None and before not in revisions():
        raise UnknownRevision(
            f"The database is at revision {before}, which this version of Touchstone does not know: "
            "it was made by a newer one. Run that version, or its `run.py db downgrade`."
        )
    now = _created(database) if before is None and database.sqlite and target == head() else before
    if now is None or now < target:
        applied = _run(database, lambda commands, config: commands.upgrade(config, target))
        _tell("migrated", now, applied)
    return before


def _created(database: Database) -> str | None:
    """Create the tables of an empty SQLite database, in 20 ms instead of 250 ms, and return its revision."""
    with _locked(database) as db:
        if db.exec_driver_sql("SELECT 1 FROM sqlite_master").fetchone():
            return _revision(db)
        for statement in SCHEMA.read_text().removesuffix(";\n").split(";\n\n"):
            db.exec_driver_sql(statement)
        revision = _revision(db)
    if not database.of_a_space:
        _tell("migrated", None, [revision] if revision else [])
    return revision


def downgrade(database: Database, revision: str) -> str | None:
    """Downgrade the database to `revision` ("base": before the first), and return the previous revision."""
    target = revision if revision == "base" else _known(revision)
    before = current(database)
    if before is None or (target != "base" and before < target):
        raise UnknownRevision(f"The database is at {before or 'base'}: there is nothing to downgrade to {target}.")
    applied = _run(database, lambda commands, config: commands.downgrade(config, target))
    _tell("migrated down", before, applied)
    return before


def generate(database: Database, message: str) -> Path:
    """Write the next revision from the differences between the tables in code and in the database."""
    number = f"{int(head()) + 1:04d}"
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_") or "change"
    with warnings.catch_warnings():
        # Indexes of expressions cannot be compared on SQLite: write the migration of one by hand.
        warnings.filterwarnings("ignore", ".*expression-based index")
        _run(
            database,
            lambda commands, config: commands.revision(config, message, rev_id=number, autogenerate=True, head=head()),
        )
    return MIGRATIONS / "versions" / f"{number}_{slug}.py"


def _known(revision: str) -> str:
    if revision not in revisions():
        raise UnknownRevision(f"There is no revision {revision!r}: there are {', '.join(revisions())}.")
    return revision


def _tell(message: str, before: str | None, applied: list[str]) -> None:
    """Log one line, so that operators can see when and by which instance the database was migrated."""
    if applied:
        log.info(message, extra={"fields": {"from": before or "base", "revision": applied[-1]}})


def _run(database: Database, act: Callable[[Any, Any], object]) -> list[str]:
    """Run a command of Alembic, and return the revisions that it applied."""
    # Importing Alembic takes a tenth of a second, and most starts have nothing to migrate.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    applied: list[str] = []
    with _locked(database) as connection:
        config.attributes.update(connection=connection, applied=applied)
        act(command, config)
    return applied


@contextmanager
def _locked(database: Database) -> Iterator[sa.Connection]:
    # SQLite rebuilds a table to alter it, which would cascade into rows that reference it.
    with translated(), database.engine.connect() as db:
        if database.sqlite:
            db.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            db.connection.cursor().execute("PRAGMA busy_timeout=60000")
        try:
            with database.begin(db):
                database.alone(db)
                yield db
        finally:
            db.invalidate()


def reachable(database: Database) -> None:
    """Run a statement. Raises Unavailable, or DatabaseError if it is not a database at all."""
    with database.reading() as db:
        db.execute(sa.text("SELECT 1"))


__all__ = [
    "DatabaseError",
    "UnknownRevision",
    "current",
    "downgrade",
    "generate",
    "head",
    "reachable",
    "revisions",
    "upgrade",
]
