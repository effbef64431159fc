"""`run.py smoke`: the verification workflow, against correct servers and against a wrong one."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.servers import JOHN, Server, run

pytestmark = pytest.mark.one_database

PRODUCTION = {"TOUCHSTONE_ENV": "production", "SECRET_KEY": "0123456789abcdef" * 3}
AS_JOHN = ("--user", JOHN[0], "--password", JOHN[1])


def totals(api: httpx.Client) -> list[int]:
    """The numbers of articles and accounts."""
    return [api.get(path, params={"count": "true"}).json()["total"] for path in ("/articles", "/users")]


def test_it_passes_and_leaves_nothing(server: Server, admin: httpx.Client) -> None:
    before = totals(admin)
    done = run("smoke", server.url)
    assert done.returncode == 0, done.stdout + done.stderr
    *lines, last = done.stdout.splitlines()
    assert all(line.startswith("pass ") for line in lines)
    assert len(lines) == 15
    assert re.fullmatch(r"15 of 15 passed in \d+\.\d+ s", last)
    assert totals(admin) == before


def test_with_a_given_account_it_registers_none(server: Server) -> None:
    done = run("smoke", server.url, *AS_JOHN)
    assert done.returncode == 0, done.stdout
    assert "13 of 13 passed" in done.stdout
    assert "Registering" not in done.stdout


def test_the_report_as_json(server: Server) -> None:
    done = run("smoke", server.url, "--json", *AS_JOHN)
    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert (report["url"], report["passed"]) == (server.url, True)
    assert {tuple(each) for each in report["checks"]} == {("name", "passed", "milliseconds", "detail")}


def test_a_wrong_password_fails_it_in_a_sentence(server: Server) -> None:
    done = run("smoke", server.url, "--user", "john", "--password", "not john's")
    assert done.returncode == 1
    assert "FAIL" in done.stdout
    assert "POST /articles should answer 201, but answered 401: The user name and password" in done.stdout
    assert done.stderr == ""


def test_if_registration_is_closed_it_requires_an_account(migrated_database, tmp_path: Path) -> None:
    database = migrated_database()
    assert run("user", "add", "root", "--admin", "--password-stdin", stdin="correct horse\n", DATABASE_URL=database)
    server = Server(tmp_path / "log", "--database", database, **PRODUCTION, REGISTRATION="closed")
    try:
        done = run("smoke", server.url)
        assert done.returncode == 1
        assert "Registration is closed: give an account with --user and --password." in done.stdout
    finally:
        server.stop()


def test_it_works_with_required_conditions_and_absolute_links(migrated_database, tmp_path: Path) -> None:
    server = Server(
        tmp_path / "log", "--database", migrated_database(), REQUIRE_IF_MATCH="true", PUBLIC_URL="http://a.example"
    )
    try:
        done = run("smoke", server.url)
        assert done.returncode == 0, done.stdout
    finally:
        server.stop()


class Careless(BaseHTTPRequestHandler):
    """A server that answers everything with 200."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        content = b'{"name": "Touchstone"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


@pytest.fixture
def careless() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Careless)
    threading.Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_server_that_breaks_the_contract_fails_it(careless: str) -> None:
    done = run("smoke", careless)
    assert done.returncode == 1
    assert "POST /articles should answer 401, but answered 200" in done.stdout
    assert done.stdout.endswith("s\n")
    assert "1 of 2 passed" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("http://127.0.0.1:1",), 1, "Nothing answers at http://127.0.0.1:1"),
        (("127.0.0.1:8000",), 2, "is not the URL of a server"),
        (("ftp://127.0.0.1",), 2, "is not the URL of a server"),
        (("http://127.0.0.1:99999",), 2, "is not the URL of a server"),
        (("http://127.0.0.1:8000", "--user", "john"), 2, "--user and --password belong together"),
        ((), 2, "Missing argument 'URL'"),
    ],
)
def test_wrong_arguments_are_one_sentence(arguments: tuple[str, ...], status: int, said: str) -> None:
    done = run("smoke", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
