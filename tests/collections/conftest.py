"""Fixtures: servers with own data, in both styles, and spaces with collections on the server of the run."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.collections.data import DATA, space_of
from tests.servers import Server

Start = Callable[..., Server]


@pytest.fixture(scope="session")
def data_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the data."""
    file = tmp_path_factory.mktemp("data") / "db.json"
    file.write_text(json.dumps(DATA, ensure_ascii=False))
    return file


def renew(file: Path) -> None:
    """Change the file without a change of its data, so that servers load it again."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps({"$schema": uuid4().hex, **DATA}, ensure_ascii=False))
    new.replace(file)


@pytest.fixture(scope="session")
def data_server(migrated_database: Callable[[], str], data_file: Path, tmp_path_factory: Any) -> Iterator[Server]:
    """A server of two workers with the data, in the style of json-server, on each kind of database."""
    log = tmp_path_factory.mktemp("data-server") / "log"
    database = ("--database", migrated_database())
    server = Server(log, "--workers", "2", *database, "--data", str(data_file), "--watch")
    yield server
    assert server.stop() == 0
    assert not [line for line in server.lines() if line["level"] in ("error", "critical")]


@pytest.fixture(scope="session")
def our_server(data_file: Path, tmp_path_factory: Any) -> Iterator[Server]:
    """A server with the same data in our style; writing requires signing in."""
    log = tmp_path_factory.mktemp("our-server") / "log"
    options = ("--style", "touchstone", "--access", "read", "--watch")
    server = Server(log, "--ephemeral", "--data", str(data_file), *options)
    yield server
    assert server.stop() == 0
    assert not [line for line in server.lines() if line["level"] in ("error", "critical")]


@pytest.fixture
def http(data_server: Server, data_file: Path) -> Iterator[httpx.Client]:
    """A client with documents of its own: on SQLite of a new space, on PostgreSQL of the server, which loads anew."""
    if "postgresql" not in " ".join(data_server.arguments):
        with space_of(data_server) as client:
            yield client
        return
    with httpx.Client(base_url=data_server.url, trust_env=False, timeout=20) as client:
        renew(data_file)
        yield client
        renew(data_file)


@pytest.fixture
def root(data_server: Server) -> Iterator[httpx.Client]:
    """A client of the server with the data, whose documents all tests share."""
    with httpx.Client(base_url=data_server.url, trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture
def ours(our_server: Server) -> Iterator[httpx.Client]:
    """A client of the server in our style, signed in."""
    with httpx.Client(base_url=our_server.url, trust_env=False, timeout=20, auth=("john", "john")) as client:
        yield client


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers with these arguments, and ends them."""
    running: list[Server] = []

    def started(*arguments: str, **environment: str) -> Server:
        running.append(Server(tmp_path / f"log{len(running)}", *arguments, **environment))
        return running[-1]

    yield started
    for server in running:
        server.stop()
