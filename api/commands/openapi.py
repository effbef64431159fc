"""`run.py openapi`: the OpenAPI document, without a server."""

import sys
from pathlib import Path
from typing import Any

import click
import orjson

from api.app import create_app
from api.commands.sentences import Refusal, Settings
from api.describe.openapi import as_yaml, document


@click.command()
@click.option("--yaml", "in_yaml", is_flag=True, help="In YAML. Default: in JSON.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="The file. Default: standard output.")
@click.pass_obj
def openapi(settings: Settings, /, in_yaml: bool, output: Path | None, **flags: Any) -> None:
    """Print the OpenAPI document of this server.

    Example: python run.py openapi --output openapi.json
    """
    config = settings(**flags)
    found = document(create_app(config), config.public_url)
    text = as_yaml(found) if in_yaml else orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if output is None:
        sys.stdout.buffer.write(text)
        return
    try:
        output.write_bytes(text)
    except OSError as error:
        raise Refusal(f"{output} cannot be written ({error.strerror}): check that its folder is there.") from None
