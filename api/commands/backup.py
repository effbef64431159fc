"""`run.py backup` and `run.py restore`: write the whole database to one file, and restore it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.sentences import Refusal, Settings, database_option, must_exist, sentences

if TYPE_CHECKING:
    from api.store.database import Database


@contextmanager
def opened(config: Any) -> Iterator[Database]:
    """Open the database; its errors, and those of a backup, become a sentence."""
    from api.app import resource_modules
    from api.store.backups import BackupFault
    from api.store.database import Database

    resource_modules()
    try:
        with sentences(config), closing(Database(config.database_url, lock_timeout=config.lock_timeout)) as database:
            yield database
    except BackupFault as fault:
        raise Refusal(str(fault)) from None


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@database_option
@click.pass_obj
def backup(settings: Settings, /, file: Path, **flags: Any) -> None:
    """Write the whole database to FILE. Servers can continue to run.

    FILE must not exist yet. Only its owner can read it, because it has the clients' data. PostgreSQL needs pg_dump.

    Example: python run.py backup touchstone-2026-11-21.backup
    """
    from api.store import backups

    config = settings(**flags)
    must_exist(config)
    with opened(config) as database:
        revision = backups.back_up(database, config.database_url, file)
    click.echo(f"Wrote {file}: {file.stat().st_size / 2**20:.1f} MiB, revision {revision}.")


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Replace the contents of the database.")
@database_option
@click.pass_obj
def restore(settings: Settings, /, file: Path, replace: bool, **flags: Any) -> None:
    """Restore the database from FILE.

    It restores everything or nothing, and migrates the database. Stop the servers before: writes that they
    answer during the restore are lost.

    Example: python run.py restore touchstone-2026-11-21.backup --replace
    """
    from api.store import backups

    config = settings(**flags)
    with opened(config) as database:
        revision = backups.restore(database, config.database_url, file, replace=replace)
    click.echo(f"Restored {file}, of revision {revision}.")
