"""A pytest plugin: `httpbin` is the toolbox of `touchstone serve`, at `/httpbin`, instead of a server of its own."""

from collections.abc import Iterator

import pytest
from touchstone_server import Httpbin, start


class AtThePrefix:
    """The fixture, which is registered after that of the package, and so replaces it."""

    @pytest.fixture(scope="session")
    def httpbin(self) -> Iterator[Httpbin]:
        """The toolbox at the prefix."""
        with start() as server:
            yield Httpbin(f"{server.url}/httpbin")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the fixture."""
    config.pluginmanager.register(AtThePrefix())
