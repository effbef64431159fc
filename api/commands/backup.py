"""`run.py backup` and `run.py restore`: the whole database in one file, and back."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click

from api.app import resource_modules
from api.commands.sentences import Refusal, Settings, database_option, sentences
from api.store import backups
from api.store.backups import BackupFault
from api.store.database import Database


@contextmanager
def opened(config: Any) -> Iterator[Database]:
    """The database; what goes wrong with it or with a backup is told in a sentence."""
    resource_modules()
    try:
        with sentences(config), closing(Database(config.database_url, lock_timeout=config.lock_timeout)) as database:
            yield database
    except BackupFault as fault:
        raise Refusal(str(fault)) from None


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@database_option
@click.pass_obj
def backup(settings: Settings, /, file: Path, **flags: Any) -> None:
    """Write the whole database into FILE, while servers may go on serving.

    FILE must not be there yet. Only its owner may read it: it holds what clients keep here. PostgreSQL needs pg_dump.

    Example: python run.py backup touchstone-2026-11-21.backup
    """
    config = settings(**flags)
    if config.database_file and not config.database_file.exists():
        raise Refusal(f"There is no database {config.database_file}: check DATABASE_URL or --database.")
    with opened(config) as database:
        revision = backups.back_up(database, config.database_url, file)
    click.echo(f"Wrote {file}: {file.stat().st_size / 2**20:.1f} MiB, revision {revision}.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in the place of what the database holds.")
@database_option
@click.pass_obj
def restore(settings: Settings, /, file: Path, replace: bool, **flags: Any) -> None:
    """Bring back what FILE holds, whole or not at all, and migrate it.

    Stop the servers before, or what they answer meanwhile is lost.

    Example: python run.py restore touchstone-2026-11-21.backup --replace
    """
    config = settings(**flags)
    with opened(config) as database:
        revision = backups.restore(database, config.database_url, file, replace=replace)
    click.echo(f"Restored {file}, of revision {revision}.")
