"""`run.py serve`: migrates, loads, seeds, and serves until a signal stops it."""

from __future__ import annotations

import gc
import ipaddress
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.sentences import Misuse, Settings, database_option

if TYPE_CHECKING:
    from config import Config


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on. Default: HOST, or 127.0.0.1.")
@click.option("--port", metavar="PORT", help="Port; 0 uses a free one. Default: PORT, or 8000.")
@click.option(
    "--workers", "web_concurrency", metavar="N", help="Worker processes, 1 to 64. Default: WEB_CONCURRENCY, or 1."
)
@database_option
@click.option("--ephemeral", is_flag=True, help="Use a fresh temporary database, deleted at exit.")
@click.option(
    "--expose-development-accounts",
    is_flag=True,
    help="Listen on any address although the development accounts have well-known passwords.",
)
@click.option(
    "--load", "file", metavar="FILE", type=click.Path(path_type=Path), help="Load this file first, as `load` does."
)
@click.option("--data", metavar="FILE", help="Serve the collections of this JSON file. Default: DATA.")
@click.option("--schema", "data_schema", metavar="FILE", help="JSON Schemas of the collections. Default: DATA_SCHEMA.")
@click.option(
    "--openapi",
    "data_openapi",
    metavar="FILE",
    help="Take collections and schemas from this OpenAPI document. Default: DATA_OPENAPI.",
)
@click.option("--style", "data_style", metavar="STYLE", help="json-server or touchstone. Default: DATA_STYLE.")
@click.option("--access", "data_access", metavar="WHO", help="open, read or signed-in. Default: DATA_ACCESS.")
@click.option("--watch", is_flag=True, help="Load the file of --data again when it changes.")
@click.option("--id-member", "data_id_member", metavar="NAME", help="Member with the id. Default: DATA_ID_MEMBER.")
@click.option(
    "--foreign-key-suffix",
    "data_foreign_key_suffix",
    metavar="SUFFIX",
    help="End of members with the id of another document. Default: DATA_FOREIGN_KEY_SUFFIX.",
)
@click.option(
    "--log-level",
    metavar="LEVEL",
    help="The least important lines of the log: debug, info, warning, error or critical. Default: LOG_LEVEL, or info.",
)
@click.option("--open", "in_browser", is_flag=True, help="Open the server in a browser when it is ready.")
@click.option(
    "--until-eof",
    is_flag=True,
    help="Stop too when standard input ends. A program that starts the server then never leaves it behind.",
)
@click.option("--reload", is_flag=True, help="Restart when a file of api/ or resources/ changes.")
@click.pass_obj
def serve(
    settings: Settings,
    /,
    ephemeral: bool,
    file: Path | None,
    host: str | None,
    in_browser: bool,
    reload: bool,
    until_eof: bool,
    expose_development_accounts: bool,
    watch: bool,
    **flags: Any,
) -> None:
    """Serve the API until SIGTERM or ctrl-C.

    Example: python run.py serve --port 8080 --ephemeral --load data.json

    Example: python run.py serve --data db.json --watch

    Example: python run.py serve --reload --open
    """
    if ephemeral and flags["database_url"] is not None:
        raise Misuse("--ephemeral and --database contradict each other: give one of them.")
    if reload and until_eof:
        raise Misuse("--reload and --until-eof contradict each other: give one of them.")
    if expose_development_accounts:
        flags["expose_development_accounts"] = "true"
    if watch:
        flags["data_watch"] = "true"
    if ephemeral:
        flags["database_url"] = "sqlite:///touchstone.db"  # in a folder that is created once the settings are right
    flags["host"] = without_brackets(host)
    config = settings(**flags)
    keep_to_loopback(config)
    if reload:
        if config.web_concurrency > 1:
            raise Misuse(f"--reload needs one worker, but there are {config.web_concurrency}: use --workers 1.")

        from api.commands.reloading import serve_and_reload

        serve_and_reload(config, flags, file, ephemeral=ephemeral, in_browser=in_browser)
        return

    # A start makes 90,000 objects that stay. By default the collector would look through them over 200 times.
    gc.set_threshold(50_000)
    # All imports come before a stop raises an exception: inside an import it could get lost.
    from api.commands.serving import serve_until_stopped

    serve_until_stopped(config, file, ephemeral=ephemeral, in_browser=in_browser, until_eof=until_eof)


def keep_to_loopback(config: Config) -> None:
    """Refuse to expose the development accounts to other machines, unless the settings allow it."""
    if config.development and not config.expose_development_accounts and not listens_on_loopback(config.host):
        raise Misuse(
            f"{config.host} can be reached from other machines, and the development accounts have well-known "
            "passwords: set TOUCHSTONE_ENV=production, or use --expose-development-accounts."
        )


def listens_on_loopback(host: str) -> bool:
    """Whether every address of this host is a loopback address."""
    try:
        found = socket.getaddrinfo(host or None, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return True  # listening fails there, with its own message
    return all(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def without_brackets(host: str | None) -> str | None:
    """An IPv6 address without the brackets of a URL."""
    return host[1:-1] if host and host.startswith("[") and host.endswith("]") else host
