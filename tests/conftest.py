"""Fixtures: databases of both kinds, and real servers on them."""

import logging
import os
import shutil
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from itertools import count
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from api.app import find_loaders
from api.store import loading, migrating
from api.store.database import Database
from tests import leaks
from tests.browsers import find_browser, running_browser
from tests.postgres import Postgres
from tests.servers import Server

pytest_plugins = ["tests.tiers", "tests.witness", "tests.budget"]

NO_BROWSER = "there is no Chromium or Chrome here"
numbers = count(1)


# httpx creates a TLS context for each client and each `httpx.get`, in 25 ms. The tests use no TLS, so one is enough.
ssl.create_default_context = cache(ssl.create_default_context)
# httpx logs a line for each request. Nobody needs it, and it takes time to write and to send to pytest.
logging.getLogger("httpx").setLevel(logging.WARNING)


@pytest.fixture(scope="session", autouse=True)
def quiet_logs() -> Iterator[None]:
    """Check at the end that no server's log has a password, a token or an Authorization value."""
    yield
    assert leaks.findings(leaks.logged(Server.logs)) == []


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for this run."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Creates empty databases, of each kind in turn (tests/tiers.py), and returns their URLs."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return lambda: server.create(f"touchstone_{next(numbers)}")
    folder = tmp_path_factory.mktemp("databases")
    return lambda: f"sqlite:///{folder}/{next(numbers)}.db"


@pytest.fixture(scope="session")
def copy_database(request: pytest.FixtureRequest, new_database: Callable[[], str]) -> Callable[[str], str]:
    """Copies a database that has no open connection, and returns the URL of the copy."""

    def copied(url: str) -> str:
        if url.startswith("postgresql"):
            server: Postgres = request.getfixturevalue("postgres")
            return server.create(f"touchstone_{next(numbers)}", template=url.rpartition("/")[2])
        copy = new_database()
        shutil.copy(url.removeprefix("sqlite:///"), copy.removeprefix("sqlite:///"))
        return copy

    return copied


@pytest.fixture(scope="session")
def migrated_database(new_database: Callable[[], str], copy_database: Callable[[str], str]) -> Callable[[], str]:
    """Creates migrated databases, and returns their URLs: a copy takes a tenth of the time of a migration."""
    template = new_database()
    find_loaders()
    with closing(Database(template)) as database:
        migrating.upgrade(database)
    return lambda: copy_database(template)


@pytest.fixture
def database(migrated_database: Callable[[], str]) -> Iterator[Database]:
    """An empty, migrated database of each kind."""
    with closing(Database(migrated_database())) as found:
        yield found


@pytest.fixture
def seeded(database: Database) -> Database:
    """A migrated database with the development rows."""
    loading.seed(database, find_loaders())
    return database


@pytest.fixture(scope="session")
def server(migrated_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of two workers, on each kind of database, for the whole run."""
    log: Path = tmp_path_factory.mktemp("server") / "log"
    url = migrated_database()
    running = Server(log, "--workers", "2", "--database", url, SPACES_MOST="100000")
    yield running
    assert running.stop() == 0
    assert leaks.findings(leaks.stored(url)) == []
    crashes = [line for line in running.lines() if line["level"] in ("error", "critical")]
    assert not crashes, crashes[:3]


# Not for the whole run: while Playwright runs, no other test can start an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser; without one the tests that need it are skipped and listed at the end."""
    path = find_browser()
    if path is None:
        # In CI nobody would read a note.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_BROWSER)
    with running_browser(path) as found:
        yield found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the tests that were not run, so that they do not seem to have passed."""
    skipped = [each.nodeid for each in terminalreporter.getreports("skipped") if NO_BROWSER in str(each.longrepr)]
    if skipped:
        terminalreporter.section("not run, for want of a browser")
        terminalreporter.write("\n".join(skipped) + "\n")


@pytest.fixture(scope="session")
def api(server: Server) -> Iterator[httpx.Client]:
    """A client of that server, signed in as john, with permission to write."""
    with new_client(server, "john", "john") as client:
        yield client


@pytest.fixture(scope="session")
def steve(server: Server) -> Iterator[httpx.Client]:
    """A client signed in as steve, who can change his own resources."""
    with new_client(server, "steve", "steve") as client:
        yield client


@pytest.fixture(scope="session")
def admin(server: Server) -> Iterator[httpx.Client]:
    """A client signed in as an administrator."""
    with new_client(server, "admin", "secret") as client:
        yield client


@pytest.fixture(scope="session")
def anonymous(server: Server) -> Iterator[httpx.Client]:
    """A client that is not signed in."""
    with new_client(server) as client:
        yield client


def new_client(server: Server, *credentials: str) -> httpx.Client:
    auth = httpx.BasicAuth(*credentials) if credentials else None
    return httpx.Client(base_url=server.url, timeout=20, trust_env=False, auth=auth)
