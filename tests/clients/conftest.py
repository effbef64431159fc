"""A server for programs that take long."""

from collections.abc import Iterator

import pytest

from tests.servers import Server


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A separate server, on SQLite only, because the document does not depend on the database."""
    folder = tmp_path_factory.mktemp("clients")
    server = Server(folder / "log", "--database", f"sqlite:///{folder}/touchstone.db")
    yield server
    assert server.stop() == 0
