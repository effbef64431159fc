"""`run.py check`: checks this machine and its settings before a start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from api.commands.sentences import Misuse, Settings, database_option

if TYPE_CHECKING:
    from api.watch.check import Check


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@database_option
@click.pass_obj
def check(settings: Settings, /, as_json: bool, **flags: Any) -> None:
    """Check this machine, its settings and its database before a start.

    It checks versions, settings, secrets, database, migrations, writable paths, disk space and clock. If a
    check fails, it says what to do, and the exit status is 1.

    Example: python run.py check
    """
    found = []
    for name, fault in outcomes(settings, **flags):
        found.append({"name": name, "passed": fault is None, "detail": fault or ""})
        if not as_json:
            click.echo(f"{'pass' if fault is None else 'FAIL'}  {name}" + (f": {fault}" if fault else ""))
    passed = all(each["passed"] for each in found)
    if as_json:
        click.echo(json.dumps({"passed": passed, "checks": found}, indent=2))
    if not passed:
        raise click.exceptions.Exit(1)


def outcomes(settings: Settings, **flags: Any) -> Iterator[Check]:
    """Each check; only "settings" if the settings are wrong."""
    from api.watch.check import checks

    try:
        config = settings(**flags)
    except Misuse as fault:
        yield "settings", fault.format_message()
        return
    yield from checks(config)
