"""Fixtures: a space, and two."""

from collections.abc import Iterator

import pytest

from tests.resources.spaces.making import Space, spaces
from tests.servers import Server


@pytest.fixture
def space(server: Server) -> Iterator[Space]:
    """A new space."""
    with spaces(server, 1) as [made]:
        yield made


@pytest.fixture
def two(server: Server) -> Iterator[list[Space]]:
    """Two new spaces."""
    with spaces(server, 2) as made:
        yield made
