"""`run.py postman`: prints a Postman collection or the environment, without a server."""

from pathlib import Path
from typing import Any

import click

from api.commands.sentences import Settings
from api.commands.writing import as_json, write_out


@click.command()
@click.option("--tour", "of_tour", is_flag=True, help="Print the tour.")
@click.option("--environment", "of_environment", is_flag=True, help="Print the environment of both collections.")
@click.option(
    "--output", metavar="FILE", type=click.Path(path_type=Path), help="File to write. Default: standard output."
)
@click.pass_obj
def postman(settings: Settings, /, of_tour: bool, of_environment: bool, output: Path | None, **flags: Any) -> None:
    """Print a Postman collection of this server, or its environment.

    Default: the conformance collection. --tour prints the collection for learning the API.

    Example: python run.py postman --tour --output tour.json
    """
    if of_tour and of_environment:
        raise click.UsageError("Give --tour or --environment, not both.")
    config = settings(**flags)

    from api.app import create_app
    from api.describe.postman import collection, environment
    from api.describe.tour import tour

    host = f"[{config.host}]" if ":" in config.host else config.host
    base_url = config.public_url or f"http://{host}:{config.port}"
    if of_environment:
        found = environment(base_url, development=config.development)
    elif of_tour:
        found = tour(base_url, faults=config.spaces == "open" and config.faults != "off")
    else:
        found = collection(create_app(config), base_url)
    write_out(as_json(found), output)
