"""What the commands that serve have in common: the log, the limits of the front, and the address."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.commands.sentences import Refusal
from api.front import FrontSettings
from api.watch import logs

if TYPE_CHECKING:
    from config import Config


def log_lines(config: Config) -> None:
    """Start the log. Raises Refusal if its file cannot be written."""
    try:
        logs.configure(config.log_level, config.log_file, max_bytes=config.log_max_bytes, backups=config.log_backups)
    except OSError as error:
        raise Refusal(f"The log {config.log_file} cannot be written ({error.strerror}): check LOG_FILE.") from None


def front_settings(config: Config, paced_paths: tuple[str, ...]) -> FrontSettings:
    """The limits of the front. At `paced_paths` answers may wait."""
    return FrontSettings(
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
        paced_paths=paced_paths,
    )


@contextmanager
def place_named(config: Config) -> Iterator[None]:
    """Turn a failure to listen into one sentence with the address."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        place = f"{config.host} port {config.port}"
        raise Refusal(f"{place} cannot be listened on ({reason}): choose another --port or --host.") from None
