"""One line for each answer, of the application and of the front, written when the answer has ended."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.raw import Connection, ask
from tests.pages.visitors import Visitor
from tests.servers import JOHN, Server
from tests.waiting import wait_until
from tests.watch.credentials import BREAK, connection

pytestmark = pytest.mark.one_database

Lines = list[dict[str, Any]]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
LONG = b"GET /articles?limit=all HTTP/1.1\r\nHost: a\r\nAccept: text/csv\r\nX-Request-Id: %b\r\n\r\n"
NDJSON = {"Accept": "application/x-ndjson"}


@pytest.fixture(scope="module")
def url(migrated_database: Callable[[], str]) -> str:
    return migrated_database()


@pytest.fixture(scope="module")
def logged(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose log the tests read while it runs."""
    server = Server(tmp_path_factory.mktemp("logged") / "log", "--database", url, BODY_TIMEOUT="0.2")
    yield server
    assert server.stop() == 0


def lines_of(server: Server, request_id: str, *, message: str = "answered") -> Lines:
    """The lines with this id; waits for the line of the answer, which can come after the end of a stream."""

    def lines() -> Lines:
        found = [line for line in server.lines() if line.get("request_id") == request_id]
        return found if any(line["message"] == message for line in found) else []

    return wait_until(lines, f"a line for {request_id}")


def line_of(server: Server, answer: httpx.Response) -> dict[str, Any]:
    """The one line of this answer."""
    (line,) = lines_of(server, answer.headers["X-Request-Id"])
    return line


def test_a_line_describes_the_request_and_the_answer(logged: Server) -> None:
    sent = json.dumps({"title": "Logged", "body": "é"}).encode()
    headers = {"Content-Type": "application/json", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    answer = httpx.post(f"{logged.url}/articles", content=sent, headers=headers, auth=JOHN)
    assert answer.status_code == 201
    line = line_of(logged, answer)
    assert line.pop("duration_ms") > 0
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "touchstone.request",
        "message": "answered",
        "request_id": answer.headers["X-Request-Id"],
        "trace_id": TRACE,
        "method": "POST",
        "path": "/articles",
        "status": 201,
        "content_type": "application/json",
        "bytes_in": len(sent),
        "bytes_out": len(answer.content),
        "account_id": httpx.get(f"{logged.url}/users/me", auth=JOHN).json()["id"],
        "route": "/articles",
    }


def test_an_anonymous_account_is_null_and_empty_members_are_left_out(logged: Server) -> None:
    line = line_of(logged, httpx.head(f"{logged.url}/nowhere", headers={"traceparent": "00-0-0-00"}))
    assert (line["account_id"], line["bytes_in"], line["bytes_out"]) == (None, 0, 0)
    assert (line["status"], line["problem"]) == (404, "not-found")
    assert not {"route", "trace_id", "idempotency", "broke_off"} & line.keys()


def test_two_traceparent_fields_are_ignored(logged: Server) -> None:
    field = f"traceparent: 00-{TRACE}-00f067aa0ba902b7-01\r\n".encode()
    assert "trace_id" in line_of(logged, ask(logged.port, "GET", "/hello", b"Host: a\r\n" + field))
    assert "trace_id" not in line_of(logged, ask(logged.port, "GET", "/hello", b"Host: a\r\n" + field * 2))


def test_a_key_is_logged_as_new_and_then_as_a_replay(logged: Server) -> None:
    def post(title: str) -> dict[str, Any]:
        headers = {"Idempotency-Key": "logged"}
        return line_of(
            logged, httpx.post(f"{logged.url}/articles", json={"title": title, "body": ""}, headers=headers, auth=JOHN)
        )

    lines = [post("One"), post("One"), post("Another")]
    assert [(line["status"], line.get("idempotency")) for line in lines] == [
        (201, "new"),
        (201, "replay"),
        (422, None),
    ]


# If a request is too large, the server reads none of its fields.
UNREAD = ("uri-too-long", "header-fields-too-large")
BASIC = b"Authorization: Basic am9objpqb2hu\r\nContent-Type: application/json\r\n"
# After the request's id: the fields, and the body or a part of it.
REFUSED = {
    "invalid-host": (400, b"GET /hello", b"Host: a b\r\n\r\n"),
    "malformed-body": (400, b"POST /echo", b"Host: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"),
    "request-timeout": (408, b"POST /echo", b"Host: a\r\nContent-Length: 9\r\n\r\nx"),
    "uri-too-long": (414, b"GET /" + b"a" * 9000, b"Host: a\r\n\r\n"),
    "header-fields-too-large": (431, b"GET /", b"Host: a\r\nX: " + b"a" * 17_000 + b"\r\n\r\n"),
    "not-implemented": (501, b"POST /echo", b"Host: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    # Refused by the application, before the body has arrived.
    "content-too-large": (413, b"POST /articles", BASIC + b"Host: a\r\nContent-Length: 99000000\r\n\r\n"),
}


@pytest.mark.parametrize("slug", REFUSED)
def test_refusals_of_the_front_have_lines_of_the_same_form(logged: Server, slug: str) -> None:
    status, start, rest = REFUSED[slug]
    with Connection(logged.port) as client:
        client.send(start + b" HTTP/1.1\r\nX-Request-Id: " + slug.encode() + b"\r\n" + rest)
        answer = client.answer()
    assert answer is not None
    assert answer.status_code == status
    line = line_of(logged, answer)
    assert (line["status"], line["problem"]) == (status, slug)
    assert (line["request_id"] == slug) == (slug not in UNREAD)
    assert (line["level"], line["content_type"]) == ("warning" if status > 500 else "info", "application/problem+json")
    assert line["method"] == start.split()[0].decode()
    assert line["bytes_out"] == len(answer.content)
    assert line["duration_ms"] > 0


def test_a_stream_is_logged_when_it_has_ended(logged: Server) -> None:
    answer = httpx.get(f"{logged.url}/articles?limit=all", headers=NDJSON)
    assert answer.headers["Transfer-Encoding"] == "chunked"
    line = line_of(logged, answer)
    assert line["bytes_out"] == len(answer.content)
    assert "broke_off" not in line


def many(server: Server, count: int) -> None:
    """Create a list that is longer than the buffers between a server and a client that does not read."""
    with httpx.Client(base_url=server.url, auth=JOHN) as http:
        for number in range(count):
            made = http.post("/articles", json={"title": f"Long {number}", "body": "x" * 100_000})
            assert made.status_code == 201


def test_a_stream_that_is_not_read_to_its_end_broke_off(logged: Server) -> None:
    many(logged, 120)
    with socket.create_connection(("127.0.0.1", logged.port)) as client:
        client.sendall(LONG % b"left")
        assert client.recv(1000)
    (line,) = lines_of(logged, "left")
    assert (line["status"], line["broke_off"]) == (200, True)
    assert 0 < line["bytes_out"] < 12_000_000


def test_an_error_is_logged_once_with_its_trace_and_the_clients_request_id(
    migrated_database: Callable[[], str], tmp_path: Path
) -> None:
    url = migrated_database()
    server = Server(tmp_path / "log", "--database", url)
    many(server, 120)
    visitor = Visitor(server)
    visitor.sign_in(*JOHN)
    form = visitor.page("/secrets").form("PUT")
    with connection(url) as db:
        for statement in BREAK[url.partition(":")[0]]:
            db.execute(statement)
    plain = httpx.put(f"{server.url}/secrets/door", json={"value": "sesame"}, auth=JOHN)
    # The form's request contains another request.
    by_form = visitor.send(form, _name="door", value="sesame")
    visitor.http.close()
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(
            b"GET /articles?limit=all HTTP/1.1\r\nHost: a\r\nAccept: text/csv\r\nX-Request-Id: broken\r\n\r\n"
        )
        start = client.recv(1000)
        with connection(url) as db:
            db.execute("ALTER TABLE articles RENAME TO gone")
        while piece := client.recv(65_536):
            start = piece
        assert not start.endswith(b"0\r\n\r\n")
    for answer in (plain, by_form):
        assert answer.status_code == 500
        found = lines_of(server, answer.headers["X-Request-Id"])
        assert [line["level"] for line in found] == ["error", "warning"]
        assert ["trace" in line for line in found] == [True, False]
        assert (found[1]["status"], found[1]["problem"], found[1]["account_id"]) == (500, "internal-error", 2)
    found = lines_of(server, "broken")
    assert sorted((line["message"], "trace" in line) for line in found) == [
        ("The answer broke off", True),
        ("answered", False),
    ]
    assert next(line for line in found if line["message"] == "answered")["broke_off"] is True
    assert server.stop() == 0
    assert sum("trace" in line for line in server.lines()) == 3


def test_no_logged_path_contains_a_token_in_any_encoding(logged: Server) -> None:
    token = "tst_" + "Ab3_-" * 8 + "xyz"
    for number, written in enumerate((token, "%74%73%74_" + token[4:], "tst%5F" + token[4:].replace("_", "%5f"))):
        target = f"/tokens/{written}?access_token={token}&password=password-0123456789"
        answer = ask(logged.port, "GET", target, f"Host: a\r\nX-Request-Id: token{number}\r\n".encode())
        assert line_of(logged, answer)["path"] == "/tokens/tst_…"


def test_level_warning_logs_only_errors_of_the_server(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral", LOG_LEVEL="warning", LOGIN_LIMIT="10/minute")
    for path in ("/hello", "/nowhere", "/status/503"):
        httpx.get(server.url + path)
    assert server.stop() == 0
    assert [(line["status"], line["level"]) for line in server.lines()] == [(503, "warning")]
