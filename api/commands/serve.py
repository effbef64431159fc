"""`run.py serve`: migrates, loads, seeds, and serves until a signal stops it."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.sentences import Misuse, Settings, database_option

if TYPE_CHECKING:
    from config import Config


@click.command()
@click.option("--host", help="Address to listen on. Default: HOST, or 127.0.0.1.")
@click.option("--port", help="Port; 0 uses a free one. Default: PORT, or 8000.")
@click.option("--workers", "web_concurrency", help="Worker processes. Default: WEB_CONCURRENCY, or 1.")
@database_option
@click.option("--ephemeral", is_flag=True, help="Use a fresh temporary database, deleted at exit.")
@click.option(
    "--expose-development-accounts",
    is_flag=True,
    help="Listen on any address although the development accounts have well-known passwords.",
)
@click.option("--load", "file", type=click.Path(path_type=Path), help="Load this file first, as `load` does.")
@click.pass_obj
def serve(
    settings: Settings,
    /,
    ephemeral: bool,
    file: Path | None,
    host: str | None,
    expose_development_accounts: bool,
    **flags: Any,
) -> None:
    """Serve the API until SIGTERM or ctrl-C.

    Example: python run.py serve --port 8080 --ephemeral --load data.json
    """
    if expose_development_accounts:
        flags["expose_development_accounts"] = "true"
    if ephemeral:
        flags["database_url"] = "sqlite:///touchstone.db"  # in a folder that is created once the settings are right
    config = settings(host=without_brackets(host), **flags)
    keep_to_loopback(config)

    # All imports come before a stop raises an exception: inside an import it could get lost.
    from api.commands.serving import serve_until_stopped

    serve_until_stopped(config, file, ephemeral=ephemeral)


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
