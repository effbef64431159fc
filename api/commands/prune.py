"""`run.py prune`: deletes old messages."""

import re
from contextlib import closing
from datetime import timedelta
from typing import Any

import click

from api.commands.sentences import Misuse, Settings, database_option, sentences
from api.rules.clock import now, timestamp

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


@click.command()
@click.option("--older-than", "age", required=True, metavar="AGE", help="An age such as 30d, 12h or 90m.")
@database_option
@click.pass_obj
def prune(settings: Settings, /, age: str, **flags: Any) -> None:
    """Delete messages that are older than AGE.

    It deletes a few at a time, so servers can continue to run. The database is migrated first.

    Example: python run.py prune --older-than 30d
    """
    config = settings(**flags)
    before = timestamp(now() - age_of(age))

    from api.app import resource_modules
    from api.store import housekeeping, migrating
    from api.store.database import Database

    resource_modules()
    with sentences(config), closing(Database(config.database_url, lock_timeout=config.lock_timeout)) as database:
        migrating.upgrade(database)
        for name, count in housekeeping.prune(database, before).items():
            click.echo(f"{name}: {count} deleted")


def age_of(text: str) -> timedelta:
    """The age of a text such as `30d`."""
    found = re.fullmatch("([0-9]{1,5})([dhm])", text)
    if not found:
        raise Misuse(f"--older-than is {text!r}: use a number of days, hours or minutes, such as 30d, 12h or 90m.")
    return int(found[1]) * UNITS[found[2]]
