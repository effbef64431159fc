"""The toolbox at its places: beside the API, in a space, and alone at the root."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.forks import Fork
from tests.servers import READY, Server, clean_environment


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of `run.py httpbin`."""
    log: Path = tmp_path_factory.mktemp("alone") / "log"
    Server.logs.add(log)
    process = Fork("httpbin", "--port", "0", log=log, environment=clean_environment())
    line = process.stdout.readline()
    assert line.startswith(READY), log.read_text()
    with httpx.Client(base_url=line.removeprefix(READY).strip(), trust_env=False, timeout=20) as client:
        yield client
    process.send_signal(15)
    assert process.wait(30) == 0


@pytest.fixture(scope="session")
def beside(server: Server) -> Iterator[httpx.Client]:
    """A client of the toolbox beside the API."""
    with httpx.Client(base_url=f"{server.url}/httpbin", trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture(scope="session")
def within(server: Server) -> Iterator[httpx.Client]:
    """A client of the toolbox in a space."""
    made = httpx.post(f"{server.url}/spaces", json={"journal": True}, trust_env=False).json()
    with httpx.Client(base_url=f"{server.url}{made['url']}/httpbin", trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture(params=["alone", "beside", "within"])
def toolbox(
    request: pytest.FixtureRequest, alone: httpx.Client, beside: httpx.Client, within: httpx.Client
) -> httpx.Client:
    """A client of the toolbox at each of its places."""
    return {"alone": alone, "beside": beside, "within": within}[request.param]


@pytest.fixture
def mount(toolbox: httpx.Client) -> str:
    """The path that the toolbox is mounted at."""
    return toolbox.base_url.path.rstrip("/")
