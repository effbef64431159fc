"""`run.py check`: whether this machine and these settings can serve."""

from typing import Any

import click

from api.commands.sentences import Settings, database_option
from api.watch.check import checks


@click.command()
@database_option
@click.pass_obj
def check(settings: Settings, /, **flags: Any) -> None:
    """Check the environment: versions, settings, database, migrations, writable paths.

    Exit status 1, and what to do, where something is amiss.

    Example: python run.py check
    """
    failed = False
    for name, fault in checks(settings(**flags)):
        click.echo(f"{'pass' if fault is None else 'FAIL'}  {name}" + (f": {fault}" if fault else ""))
        failed = failed or fault is not None
    if failed:
        raise click.exceptions.Exit(1)
