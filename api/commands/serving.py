"""What `run.py serve` does, from creating its folders to deleting them."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from api.app import create_app, find_loaders
from api.commands.fronts import front_settings, log_lines, place_named
from api.commands.load import load_into
from api.commands.ready import READY, open_in_browser
from api.commands.sentences import Refusal, sentences
from api.front import FaultPlans, Hooks
from api.front import serve as serve_http
from api.front.signals import STOPS, held_back
from api.rules.pace import paced_paths
from api.store import idempotency, loading, migrating
from api.web.compat import MOUNT

if TYPE_CHECKING:
    from config import Config

log = logging.getLogger("touchstone.serve")


def serve_until_stopped(
    config: Config, file: Path | None, *, ephemeral: bool, in_browser: bool, until_eof: bool
) -> None:
    """Serve until a signal stops it, after loading `file`.

    `ephemeral`: on a temporary database, deleted at the end. `in_browser`: open a browser when it is ready.
    `until_eof`: the end of standard input stops it too.
    """
    for number in STOPS:
        signal.signal(number, stop)  # until the server handles signals itself
    with ExitStack() as stack:
        with held_back():  # otherwise a stop could come between creating a folder and registering its removal
            # The workers' shared counters: set it before the metrics are created and before the first worker starts.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = stack.enter_context(fresh_folder("touchstone-metrics-"))
            if ephemeral:
                folder = stack.enter_context(fresh_folder("touchstone-"))
                config = replace(config, database_url=f"sqlite:///{folder}/touchstone.db")
            if config.spaces != "off" and not config.spaces_dir:
                config = replace(config, spaces_dir=stack.enter_context(fresh_folder("touchstone-spaces-")))
        serve_with(config, file, in_browser=in_browser, until_eof=until_eof)


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


def serve_with(config: Config, file: Path | None, *, in_browser: bool, until_eof: bool) -> None:
    """Migrate, load, seed, and serve."""
    log_lines(config)
    # Created once and shared by all workers, which are forks: so each accepts cursors that another one signed.
    try:
        app = create_app(config)
    except OSError as error:
        raise Refusal(f"{error.filename} cannot be used ({error.strerror}): check SPACES_DIR.") from None
    database = app.services.database

    def prepare() -> None:
        with sentences(config):
            migrating.upgrade(database)
            if file:
                load_into(database, file)
            if config.development:
                loading.seed(database, find_loaders())
            app.own_data.load()
            if data := app.own_data.file:
                for note in data.left_out:
                    log.warning("The OpenAPI document is not served whole. %s", note)
            idempotency.sweep_all(database)
        if not config.login_limit:
            log.warning("Failed logins are not limited: set LOGIN_LIMIT, for example to 10/15 minutes.")
        # The workers are forks of this process, and forks cannot share a connection.
        database.close()

    def on_ready(url: str) -> None:
        click.echo(f"{READY}{url}")
        if in_browser:
            open_in_browser(url)

    with place_named(config):
        serve_http(
            lambda: app,
            host=config.host,
            port=config.port,
            workers=config.web_concurrency,
            settings=front_settings(config, paced_paths(MOUNT) if config.toolbox == "on" else ()),
            prepare=prepare,
            on_ready=on_ready,
            until_eof=until_eof,
            hooks=Hooks(
                on_refusal=app.watch.log_answer,
                on_unanswered=app.watch.log_unanswered,
                commits=database.commits,
                faults=FaultPlans(
                    rules=app.services.spaces.fault_rules if app.services.spaces else None,
                    spaces=config.faults != "off",
                    everywhere=config.faults == "everywhere",
                ),
                journal=app.services.spaces.journal if app.services.spaces else None,
                on_repeat=app.watch.log_repeat,
                version=database.version if database.sqlite and config.answer_cache else None,
            ),
        )
