"""A pytest plugin: `httpbin` is the toolbox of `touchstone serve`, at `/httpbin`, instead of a server of its own."""

from collections.abc import Iterator

import pytest
from touchstone_server import Httpbin, start


@pytest.fixture(scope="session")
def httpbin() -> Iterator[Httpbin]:
    """The toolbox at the prefix."""
    with start() as server:
        yield Httpbin(f"{server.url}/httpbin")
