"""Fixtures: the database of the shared server, and the servers on it."""

from collections.abc import Iterator

import pytest

from api.store.database import Database
from tests.servers import Server


@pytest.fixture(scope="module")
def store(server: Server) -> Iterator[Database]:
    """The database of the server that all tests share."""
    found = Database(url_of(server))
    yield found
    found.close()


@pytest.fixture(scope="module")
def instances(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The URLs of the servers of one database: two instances on PostgreSQL, one on SQLite."""
    if url_of(server).startswith("sqlite"):
        yield [server.url]
        return
    other = Server(tmp_path_factory.mktemp("other") / "log", "--workers", "2", "--database", url_of(server))
    yield [server.url, other.url]
    assert other.stop() == 0


def url_of(server: Server) -> str:
    """The URL of a server's database."""
    arguments = server.arguments
    url: str = arguments[arguments.index("--database") + 1]
    return url
