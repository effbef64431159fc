"""`run.py dump`: writes your own data to a file, as it is now."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import click

from api.commands.sentences import Refusal, Settings, database_option, must_exist, sentences
from api.commands.writing import as_json


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@database_option
@click.pass_obj
def dump(settings: Settings, /, file: Path, **flags: Any) -> None:
    """Write your own data, as it is now, to FILE; `-` is standard output.

    The database must keep the data: it needs `serve --data` without `--ephemeral`.

    Example: python run.py dump db.json
    """
    config = settings(**flags)
    must_exist(config)

    from api.store import migrating
    from api.store.database import Database
    from api.store.documents import dumped

    with sentences(config), closing(Database(config.database_url, lock_timeout=config.lock_timeout)) as database:
        migrating.upgrade(database)
        with database.reading() as db:
            found = dict(dumped(db))
    if not found:
        raise Refusal("This database has no data of your own: start with `run.py serve --data FILE`.")
    content = as_json(found)
    if str(file) == "-":
        click.echo(content.decode(), nl=False)
        return
    try:
        replace_file(file, content)
    except OSError as error:
        raise Refusal(f"{file} cannot be written ({error.strerror}): check the path.") from None
    click.echo(f"{file}: {', '.join(f'{name} {size(value)}' for name, value in found.items())}.", err=True)


def replace_file(file: Path, content: bytes) -> None:
    """Write the file beside, and put it in its place: a server that watches it never reads a part."""
    new = file.with_name(f"{file.name}.new")
    try:
        new.write_bytes(content)
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def size(value: Any) -> str:
    """The number of documents of a collection; a single document has none."""
    return f"{len(value):,}" if isinstance(value, list) else "(one document)"
