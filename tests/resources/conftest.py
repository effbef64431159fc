"""Fixtures for tests of resources: the server's database, and a unique word."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from api.store.database import Database
from tests.servers import Server


@pytest.fixture(scope="session")
def store(server: Server) -> Iterator[Database]:
    """The database of the running server, for rows that no request can make."""
    arguments = server.process.args
    found = Database(arguments[arguments.index("--database") + 1])
    yield found
    found.close()


@pytest.fixture
def mark() -> str:
    """A unique word for tags, titles and searches."""
    return new_mark()


def new_mark() -> str:
    return "m" + uuid4().hex[:15]
