"""What the tests of resources share: the server's own database, and a word of one's own."""

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
    """A word that no other test has: good as a tag, as a title, and to search for."""
    return new_mark()


def new_mark() -> str:
    return "m" + uuid4().hex[:15]
