"""Fixtures for pytest: one server for the suite, and a space for each test.

`touchstone_server` is a `Server`, started at the first use; with pytest-xdist all workers use the same one.
`touchstone` is a `Space`, new for each test. `httpbin` and its variants are those of pytest-httpbin
(`touchstone_server.httpbin_fixtures`), unless that plugin is loaded.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from touchstone_server import httpbin_fixtures
from touchstone_server.server import Server, connect
from touchstone_server.sharing import SharedServer, ask_for_url
from touchstone_server.spaces import Space, line

PLACE = "touchstone_place"
# Names of plugins: that of pytest-httpbin, and ours with fixtures of the same names.
THEIRS = "httpbin"
OURS = "touchstone-httpbin"
SHARED = pytest.StashKey[SharedServer]()
# Members of the marker that can be the path of a JSON file.
IN_FILES = ("collections", "schemas", "seed")
MARKER = (
    "touchstone(seed=…, from_=…, collections=…, journal=…): the content of the test's space. `seed` has rows by table; "
    "the others are members of `POST /spaces`. `collections`, `schemas` and `seed` can be the path of a JSON file."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flags."""
    group = parser.getgroup("touchstone")
    group.addoption("--touchstone-url", metavar="URL", help="Use this server. Default: TOUCHSTONE_URL, or start one.")
    group.addoption("--touchstone-keep", action="store_true", help="Do not delete the spaces of tests.")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the fixtures of httpbin, unless pytest-httpbin offers them."""
    config.addinivalue_line("markers", MARKER)
    if not config.pluginmanager.has_plugin(THEIRS):
        config.pluginmanager.register(httpbin_fixtures, OURS)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where to ask for the server. Nothing is started yet."""
    config: pytest.Config = node.config
    if SHARED not in config.stash:
        shared = config.stash[SHARED] = SharedServer(config.getoption("--touchstone-url"))
        config.add_cleanup(shared.close)
    node.workerinput[PLACE] = config.stash[SHARED].listen()


@pytest.fixture(scope="session")
def touchstone_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server of this suite."""
    config = request.config
    place = getattr(config, "workerinput", {}).get(PLACE)
    with ExitStack() as stack:
        if place:
            server = connect(ask_for_url(place))
            stack.callback(server.close)
        else:
            shared = SharedServer(config.getoption("--touchstone-url"))
            stack.callback(shared.close)
            server = shared.server()
        yield server


@pytest.fixture
def touchstone(request: pytest.FixtureRequest, touchstone_server: Server) -> Iterator[Space]:
    """A new space for this test, with the content that `@pytest.mark.touchstone` names."""
    wanted: dict[str, Any] = {}
    for mark in reversed([*request.node.iter_markers("touchstone")]):
        wanted |= mark.kwargs
    wanted |= {name: content(wanted[name], request) for name in IN_FILES if isinstance(wanted.get(name), (str, Path))}
    seed = wanted.pop("seed", None)
    with touchstone_server.space(keep=request.config.getoption("--touchstone-keep"), **wanted) as space:
        if seed:
            space.seed(seed)
        yield space


def content(path: str | Path, request: pytest.FixtureRequest) -> Any:
    """The JSON of a file, whose path is relative to the folder of the test's file, or to the root of the suite."""
    folders = [request.path.parent, request.config.rootpath]
    found = next((folder / path for folder in folders if (folder / path).is_file()), None)
    if found is None:
        pytest.fail(f"There is no file {path} in {' or '.join(map(str, dict.fromkeys(folders)))}.", pytrace=False)
    try:
        return json.loads(found.read_bytes())
    except ValueError as error:
        pytest.fail(f"{found} is not JSON: {error}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Add the last requests of its space to the report of a failed test."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # a wrapper gets the result
    space = getattr(item, "funcargs", {}).get("touchstone")
    if report.failed and isinstance(space, Space):
        try:
            lines = [line(entry) for entry in space.last_entries()]
        except Exception as error:  # the report is about the test, not about the server
            lines = [f"The journal cannot be read: {error}"]
        report.sections.append((f"touchstone: {space.url}", "\n".join(lines) or "It received nothing."))
    return report  # type: ignore[return-value]  # the same
