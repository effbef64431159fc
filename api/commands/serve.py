"""`run.py serve`: migrates, loads, seeds, and serves until a signal stops it."""

from __future__ import annotations

import ipaddress
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from api.app import create_app, find_loaders
from api.commands.load import load_into
from api.commands.sentences import Misuse, Refusal, Settings, database_option, sentences
from api.front import FrontSettings
from api.front import serve as serve_http
from api.front.signals import STOPS, held_back
from api.store import idempotency, loading, migrating
from api.watch import logs

if TYPE_CHECKING:
    from config import Config

log = logging.getLogger("touchstone.serve")


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
    for number in STOPS:
        signal.signal(number, stop)  # until the server handles signals itself
    with ExitStack() as stack:
        with held_back():  # otherwise a stop could come between creating a folder and registering its removal
            # The workers' shared counters: set it before the metrics are created and before the first worker starts.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = stack.enter_context(fresh_folder("touchstone-metrics-"))
            if ephemeral:
                folder = stack.enter_context(fresh_folder("touchstone-"))
                flags["database_url"] = f"sqlite:///{folder}/touchstone.db"
        if expose_development_accounts:
            flags["expose_development_accounts"] = "true"
        config = settings(host=without_brackets(host), **flags)
        keep_to_loopback(config)
        serve_with(config, file)


def stop(*_: object) -> NoReturn:
    """End the command, once. Further signals are ignored, because the clean-up is short and must finish."""
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


@contextmanager
def fresh_folder(prefix: str) -> Iterator[str]:
    """A new temporary folder, deleted at the end."""
    folder = tempfile.mkdtemp(prefix=prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def keep_to_loopback(config: Config) -> None:
    """Refuse to expose the development accounts to other machines, unless the settings allow it."""
    if config.development and not config.expose_development_accounts and not is_loopback(config.host):
        raise Misuse(
            f"{config.host} can be reached from other machines, and the development accounts have well-known "
            "passwords: set TOUCHSTONE_ENV=production, or use --expose-development-accounts."
        )


def is_loopback(host: str) -> bool:
    """Whether every address of this host is a loopback address."""
    try:
        found = socket.getaddrinfo(host or None, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return True  # listening fails there, with its own message
    return all(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def without_brackets(host: str | None) -> str | None:
    """An IPv6 address without the brackets of a URL."""
    return host[1:-1] if host and host.startswith("[") and host.endswith("]") else host


def serve_with(config: Config, file: Path | None) -> None:
    """Migrate, load, seed, and serve."""
    try:
        logs.configure(config.log_level, config.log_file, max_bytes=config.log_max_bytes, backups=config.log_backups)
    except OSError as error:
        raise Refusal(f"The log {config.log_file} cannot be written ({error.strerror}): check LOG_FILE.") from None
    # Created once and shared by all workers, which are forks: so each accepts cursors that another one signed.
    app = create_app(config)
    database = app.extensions["database"]

    def prepare() -> None:
        with sentences(config):
            migrating.upgrade(database)
            if file:
                load_into(database, file)
            if config.development:
                loading.seed(database, find_loaders())
            idempotency.sweep_all(database)
        if not config.login_limit:
            log.warning("Failed logins are not limited: set LOGIN_LIMIT, for example to 10/15 minutes.")
        # The workers are forks of this process, and forks cannot share a connection.
        database.close()

    try:
        serve_http(
            lambda: app,
            host=config.host,
            port=config.port,
            workers=config.web_concurrency,
            settings=FrontSettings(
                threads=config.threads,
                max_queued=config.max_queued,
                max_header=config.max_header_bytes,
                max_body=config.max_form_body,
                body_idle=config.body_timeout,
                body_grace=2 * config.body_timeout,
                head_timeout=config.header_timeout,
                connections=config.max_connections,
                drain_seconds=config.drain_seconds,
                stop_seconds=config.stop_seconds,
                prefix=config.public_url,
                cors_origins=config.cors_origins,
            ),
            prepare=prepare,
            on_ready=lambda url: click.echo(f"Touchstone is ready on {url}"),
            on_refusal=app.extensions["requests"].told,
            commits=database.commits,
        )
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        place = f"{config.host} port {config.port}"
        raise Refusal(f"{place} cannot be listened on ({reason}): choose another --port or --host.") from None
