"""`run.py load`: loads many rows from a file, all or none."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.sentences import Refusal, Settings, database_option, sentences

if TYPE_CHECKING:
    from api.store.database import Database


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@database_option
@click.pass_obj
def load(settings: Settings, /, file: Path, **flags: Any) -> None:
    """Load users and articles from FILE: JSON, NDJSON or CSV.

    It loads the whole file or nothing.

    Example: python run.py load data.json
    """
    config = settings(**flags)
    if not file.is_file():
        raise Refusal(f"{file} is not a readable file: check the path.")

    from api.store import migrating
    from api.store.database import Database

    with sentences(config), closing(Database(config.database_url, lock_timeout=config.lock_timeout)) as database:
        migrating.upgrade(database)
        load_into(database, file)


def load_into(database: Database, file: Path) -> None:
    """Load a file, with a progress bar on a terminal, and print the result."""
    from api.app import find_loaders
    from api.store.files import load_file

    try:
        size = file.stat().st_size
        with click.progressbar(length=size, label=f"Loading {file.name}", file=sys.stderr) as bar:
            loaded, unheld = load_file(database, find_loaders(), file, bar.update)
    except OSError as error:
        raise Refusal(f"{file} cannot be read ({error.strerror}): check the path.") from None
    for name, count in loaded.rows.items():
        same = loaded.same.get(name, 0)
        click.echo(f"{name}: {count:,} loaded" + (f", {same:,} existed already" if same else ""), err=True)
        if left_out := sorted(loaded.left_out.get(name, ())):
            click.echo(f"{name}: left out {', '.join(left_out)}: unknown members.", err=True)
    for name, count in unheld.items():
        click.echo(f"{name}: {count:,} left out: unknown resource.", err=True)
