"""`run.py openapi`: prints the OpenAPI document, without a server."""

from pathlib import Path
from typing import Any

import click

from api.commands.sentences import Settings
from api.commands.writing import as_json, write_out


@click.command()
@click.option("--yaml", "in_yaml", is_flag=True, help="Print YAML. Default: JSON.")
@click.option(
    "--output", metavar="FILE", type=click.Path(path_type=Path), help="File to write. Default: standard output."
)
@click.pass_obj
def openapi(settings: Settings, /, in_yaml: bool, output: Path | None, **flags: Any) -> None:
    """Print the OpenAPI document of this server.

    Example: python run.py openapi --output openapi.json
    """
    config = settings(**flags)

    from api.app import create_app
    from api.describe.openapi import as_yaml, document

    found = document(create_app(config), config.public_url)
    write_out(as_yaml(found) if in_yaml else as_json(found), output)
