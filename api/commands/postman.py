"""`run.py postman`: prints the Postman collection or its environment, without a server."""

from pathlib import Path
from typing import Any

import click

from api.commands.sentences import Settings
from api.commands.writing import as_json, write_out


@click.command()
@click.option("--environment", "of_environment", is_flag=True, help="Print the environment. Default: the collection.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write. Default: standard output."
)
@click.pass_obj
def postman(settings: Settings, /, of_environment: bool, output: Path | None, **flags: Any) -> None:
    """Print the Postman collection of this server, or its environment.

    Example: python run.py postman --output collection.json
    """
    config = settings(**flags)

    from api.app import create_app
    from api.describe.postman import collection, environment

    host = f"[{config.host}]" if ":" in config.host else config.host
    base_url = config.public_url or f"http://{host}:{config.port}"
    if of_environment:
        found = environment(base_url, development=config.development)
    else:
        found = collection(create_app(config), base_url)
    write_out(as_json(found), output)
