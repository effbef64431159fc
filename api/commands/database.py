"""`run.py db …`: migrate the database."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from api.commands.sentences import Settings, database_option, sentences

if TYPE_CHECKING:
    from api.store.database import Database


@click.group()
def db() -> None:
    """Migrate the database, or write a migration.

    Example: python run.py db current
    """


def database_command(settings: Settings, act: Callable[[Database], None], **flags: Any) -> None:
    """Run `act` with the database; its errors become a sentence."""
    config = settings(**flags)

    from api.app import resource_modules
    from api.store.database import Database

    resource_modules()
    with sentences(config), closing(Database(config.database_url, lock_timeout=config.lock_timeout)) as database:
        act(database)


@db.command()
@click.argument("revision", default="head")
@database_option
@click.pass_obj
def upgrade(settings: Settings, /, revision: str, **flags: Any) -> None:
    """Upgrade the database to REVISION, by default the newest.

    Example: python run.py db upgrade
    """

    def act(database: Database) -> None:
        from api.store import migrating

        before = migrating.upgrade(database, revision)
        click.echo(f"{before or 'base'} -> {migrating.current(database)}")

    database_command(settings, act, **flags)


@db.command()
@click.argument("revision")
@database_option
@click.pass_obj
def downgrade(settings: Settings, /, revision: str, **flags: Any) -> None:
    """Downgrade the database to REVISION; `base` is before the first.

    Example: python run.py db downgrade 0001
    """

    def act(database: Database) -> None:
        from api.store import migrating

        before = migrating.downgrade(database, revision)
        click.echo(f"{before} -> {migrating.current(database) or 'base'}")

    database_command(settings, act, **flags)


@db.command()
@database_option
@click.pass_obj
def current(settings: Settings, /, **flags: Any) -> None:
    """Print the revision of the database.

    Example: python run.py db current
    """

    def act(database: Database) -> None:
        from api.store import migrating

        at = migrating.current(database) or "base"
        click.echo(f"{at} (newest: {migrating.head()})")

    database_command(settings, act, **flags)


@db.command()
@click.argument("message")
@database_option
@click.pass_obj
def revision(settings: Settings, /, message: str, **flags: Any) -> None:
    """Write the migration for new tables and columns of the code.

    Example: python run.py db revision "bookmarks"
    """

    def act(database: Database) -> None:
        from api.store import migrating

        migrating.upgrade(database)
        click.echo(f"Wrote {os.path.relpath(migrating.generate(database, message))}: read it before you commit it.")

    database_command(settings, act, **flags)
