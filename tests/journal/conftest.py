"""Fixtures: a space, and servers with settings of a test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.resources.spaces.conftest import space as space
from tests.resources.spaces.making import Space
from tests.servers import Server

Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path, migrated_database: Callable[[], str]) -> Iterator[Start]:
    """Starts servers with these settings, and stops them at the end."""
    started: list[Server] = []

    def start(*arguments: str, **settings: str) -> Server:
        log = tmp_path / f"log-{len(started)}"
        started.append(Server(log, "--database", migrated_database(), *arguments, **settings))
        return started[-1]

    yield start
    for each in started:
        if not each.process.stdout.closed:  # the test did not stop it
            assert each.stop() == 0


@pytest.fixture
def stopping(start: Start) -> Iterator[tuple[Server, Space]]:
    """A server of one worker that the test stops, and a space of it."""
    server = start()
    space = Space(server)
    yield server, space
    for each in space.clients:
        each.close()
