"""`run.py serve --reload` and `--open`, for people who edit resources."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers import JOHN, ROOT, Server, run_fork
from tests.waiting import wait_until

pytestmark = pytest.mark.one_database
HELLO = "resources/hello.py"


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A copy of the application, to edit."""
    folder = tmp_path / "code"
    for name in ("api", "resources"):
        shutil.copytree(ROOT / name, folder / name)  # with the compiled modules: compiling takes longer than the test
    for name in ("run.py", "config.py"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def server(code: Path, tmp_path: Path) -> Iterator[Server]:
    """A server that reloads that copy."""
    (tmp_path / "temporary").mkdir()
    server = Server(tmp_path / "log", "--reload", "--ephemeral", root=code, TMPDIR=str(tmp_path / "temporary"))
    yield server
    assert server.stop() == 0
    assert list((tmp_path / "temporary").iterdir()) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/livez", trust_env=False)


def edit(code: Path, before: str, after: str) -> None:
    """Replace a text in the file of `/hello`."""
    file = code / HELLO
    assert before in file.read_text()
    file.write_text(file.read_text().replace(before, after))


def answer(server: Server, path: str) -> int:
    """The status of a GET; 0 while the server is down."""
    try:
        return httpx.get(f"{server.url}{path}", trust_env=False, timeout=20).status_code
    except httpx.TransportError:
        return 0


def test_a_change_restarts_it_with_the_same_port_and_database(server: Server, code: Path) -> None:
    made = httpx.post(f"{server.url}/articles", json={"title": "Kept", "body": ""}, auth=JOHN, trust_env=False)
    edit(code, '("/hello",)', '("/hullo",)')
    wait_until(lambda: answer(server, "/hullo") == 200, "the changed path")
    assert answer(server, "/hello") == 404
    assert answer(server, made.headers["Location"]) == 200


def test_a_syntax_error_is_shown_and_the_old_server_continues(server: Server, code: Path) -> None:
    edit(code, '("/hello",)', '("/hullo",')
    wait_until(lambda: "waits for the next change" in server.log.read_text(), "the sentence")
    assert "SyntaxError" in server.log.read_text()
    assert f'File "{HELLO}", line' in server.log.read_text()
    assert answer(server, "/hello") == 200
    edit(code, '("/hullo",', '("/hullo",)')
    wait_until(lambda: answer(server, "/hullo") == 200, "the changed path")


@pytest.mark.slow
def test_after_an_error_at_the_start_it_waits_for_the_next_change(server: Server, code: Path) -> None:
    edit(code, '("/hello",)', "no_such_name")
    wait_until(lambda: "has ended: waiting for a change" in server.log.read_text(), "the sentence")
    assert "NameError" in server.log.read_text()
    assert answer(server, "/hello") == 0
    edit(code, "no_such_name", '("/hello",)')
    wait_until(lambda: answer(server, "/hello") == 200, "the path")


def test_a_host_that_cannot_be_used_is_reported() -> None:
    done = run_fork("serve", "--reload", "--port", "0", "--host", "256.0.0.1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Touchstone: 256.0.0.1 cannot be listened on")


def test_it_opens_the_ready_url_in_the_browser(tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/opened\n')
    browser.chmod(0o755)
    server = Server(tmp_path / "log", "--open", "--ephemeral", BROWSER=str(browser))
    wait_until((tmp_path / "opened").exists, "the browser")
    wait_until(lambda: (tmp_path / "opened").read_text() == f"{server.url}\n", "the URL")
    assert server.stop() == 0


@pytest.mark.slow
def test_without_a_browser_it_says_where_to_go(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--open", "--ephemeral", BROWSER="/missing/browser", PATH=str(tmp_path))
    sentence = f"There is no browser to open: go to {server.url} yourself."
    wait_until(lambda: sentence in server.log.read_text(), "the sentence")
    assert server.stop() == 0


def test_the_flag_sets_the_level_of_the_log(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--log-level", "warning", "--ephemeral", LOGIN_LIMIT="9/minute", LOG_LEVEL="info")
    assert answer(server, "/hello") == 200
    assert server.stop() == 0
    assert server.log.read_text() == ""
