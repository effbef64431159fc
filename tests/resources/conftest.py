"""Fixtures for tests of resources: the server's database, an old article, and a unique word."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from api.store.database import Database
from tests.resources.making import Article, make, once_settled, path
from tests.servers import Server


@pytest.fixture(scope="session")
def store(server: Server) -> Iterator[Database]:
    """The database of the running server, for rows that no request can make."""
    arguments = server.arguments
    found = Database(arguments[arguments.index("--database") + 1])
    yield found
    found.close()


@pytest.fixture(scope="session")
def settled(api: httpx.Client) -> Article:
    """An article at version 2 whose second of change is over, so that it has Last-Modified. Tests only read it."""
    made = make(api)
    assert api.put(path(made), json={"title": "New", "body": "New body"}).json()["version"] == 2
    article: Article = once_settled(api, path(made)).json()
    return article


@pytest.fixture
def mark() -> str:
    """A unique word for tags, titles and searches."""
    return new_mark()


def new_mark() -> str:
    return "m" + uuid4().hex[:15]
