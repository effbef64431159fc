"""Requests that real clients send: not quite standard, or answered in a way that surprised their users."""

import html
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.contract.expect import refused
from tests.contract.raw import exchange
from tests.servers import Server

pytestmark = pytest.mark.one_database

MISSING = "99999999"
Raw = Callable[[bytes], httpx.Response | None]


@pytest.fixture
def raw(server: Server) -> Raw:
    """Sends bytes as they are, and gives the answer."""
    return lambda request: exchange(server.port, request)


def echo(api: httpx.Client, raw: Raw, target: str, host: bytes = b"localhost") -> dict[str, Any]:
    """The echo of a request line that no client library would send."""
    answer = raw(b"GET " + target.encode() + b" HTTP/1.1\r\nHost: " + host + b"\r\nAccept: application/json\r\n\r\n")
    assert answer is not None
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    "accept",
    [
        "text/html, */*;q=.2",
        "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
        "image/png, */*;q=0.",
        "application/json;q=1.",
        "application/json;indent=4",
        "application/json; version=1",
        "application/json;odata=verbose;IEEE754Compatible=true",
        "application/json;charset=utf8",
        "garbage, application/json",
        "text/html;q=.9;level=1, application/json;q=.8",
    ],
)
def test_an_accept_field_that_clients_send_is_understood(api: httpx.Client, accept: str) -> None:
    for path in ("/openapi.json", "/articles", "/"):
        wanted = 406 if accept.endswith("q=0.") else 200
        assert api.get(path, headers={"Accept": accept}).status_code == wanted, path


def test_csv_may_be_asked_for_with_a_header(api: httpx.Client) -> None:
    answer = api.get("/articles", headers={"Accept": "text/csv;header=present"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize(
    "host", ["my_service:8000", "my_service", "a_b.c_d:1", "_x", "localhost:0", "x:65535", "[::1]:8000", "LOCALHOST:80"]
)
def test_any_host_that_is_taken_stands_in_urls_as_it_was_called(api: httpx.Client, raw: Raw, host: str) -> None:
    assert echo(api, raw, "/echo", host.encode())["url"] == f"http://{host}/echo"
    page = raw(b"GET /articles HTTP/1.1\r\nHost: " + host.encode() + b"\r\nAccept: text/html\r\n\r\n")
    assert page is not None
    assert f"http://{host}/articles" in page.text


@pytest.mark.parametrize("text", ["José", "é", "日本語", "😀", "a é b".replace(" ", "+")])
def test_raw_utf_8_in_a_target_is_what_it_says(api: httpx.Client, raw: Raw, text: str) -> None:
    said = text.replace("+", " ")
    received = echo(api, raw, f"/echo/{text}?name={text}")
    assert received["args"] == {"name": said}
    assert received["path"] == f"/echo/{text}"
    assert received["url"] == f"http://localhost/echo/{quote(text, '+')}?name={quote(text, '+')}"
    answer = raw(f"GET /hello?name={text} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert answer is not None
    assert answer.json() == {"hello": said}


def test_raw_utf_8_in_a_filter_finds_and_its_links_lead_on(api: httpx.Client, raw: Raw) -> None:
    for _ in range(2):
        assert api.post("/articles", json={"title": "Ünique-é", "body": ""}).status_code == 201
    answer = raw("GET /articles?title=Ünique-é&limit=1 HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert answer is not None
    [item] = answer.json()["items"]
    [other] = api.get(answer.json()["next"]).json()["items"]
    assert item["title"] == other["title"] == "Ünique-é"
    assert item["id"] != other["id"]


@pytest.mark.parametrize("character", list('|[]^{}"'))
def test_raw_characters_that_browsers_send_count_as_percent_encoded(
    api: httpx.Client, raw: Raw, character: str
) -> None:
    assert echo(api, raw, f"/echo/a{character}b")["path"] == f"/echo/a{character}b"
    if character != '"':  # which the server below refuses in a query
        assert echo(api, raw, f"/echo?q=a{character}b")["args"] == {"q": f"a{character}b"}


@pytest.mark.parametrize("path", ["/echo/a%2Fb", "/echo/a//b", "/echo/../a", "/echo/%2e%2e/a", "/echo/a%5Cb"])
def test_a_path_that_names_nothing_is_quoted_as_sent(raw: Raw, path: str) -> None:
    answer = raw(f"GET {path}?x=1 HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    detail = refused(answer, 404, "not-found")["detail"]
    assert detail.startswith(f"There is nothing at {path}: ")


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/articles/", "/articles"),
        ("/Articles", "/articles"),
        ("/USERS/ME", "/users/me"),
        ("/openapi.JSON/", "/openapi.json"),
    ],
)
def test_a_path_that_is_nearly_right_gets_a_suggestion(api: httpx.Client, path: str, meant: str) -> None:
    assert refused(api.get(path), 404, "not-found")["detail"].endswith(f"Did you mean {meant}?")
    page = api.get(path, headers={"Accept": "text/html"})
    assert f"Did you mean {meant}?" in page.text
    assert "Did you mean" not in api.get("/nowhere").text
    assert "Did you mean" not in api.get(f"/articles/{MISSING}").text


@pytest.mark.parametrize(
    ("path", "parameter", "meant"),
    [
        ("/articles", "tag", "tags"),
        ("/articles", "Title", "title"),
        ("/articles", "limits", "limit"),
        ("/articles", "sorted", "sort"),
        ("/articles", "created_at:gtt", "created_at:gt"),
        ("/users", "user_name", "username"),
        ("/hello", "nam", "name"),
    ],
)
def test_an_unknown_parameter_gets_a_suggestion(api: httpx.Client, path: str, parameter: str, meant: str) -> None:
    [error] = refused(api.get(path, params={parameter: "x"}), 400, "invalid-parameter")["errors"]
    assert error["detail"] == f"There is no such parameter. Did you mean {meant}?"


def test_an_unknown_member_gets_a_suggestion(api: httpx.Client) -> None:
    sent = {"title": "A title", "body": "", "tag": []}
    [error] = refused(api.post("/articles", json=sent), 422, "invalid")["errors"]
    assert error["detail"] == "There is no such member. Did you mean tags?"
    [error] = refused(api.get("/articles?zzzzzz=1"), 400, "invalid-parameter")["errors"]
    assert "Did you mean" not in error["detail"]


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
@pytest.mark.parametrize("credentials", ["Basic eDp5", "Bearer wrong", "Basic ?", "Nonsense", "Bearer " + "x" * 3000])
def test_probes_read_no_credentials(anonymous: httpx.Client, path: str, credentials: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = anonymous.request(method, path, headers={"Authorization": credentials})
        assert answer.status_code in (200, 204), (method, answer.status_code)


@pytest.mark.parametrize(
    "fields",
    [
        {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Mode": "same-origin", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Authorization": "Basic eDp5"},
        {"X-Requested-With": "XMLHttpRequest"},
    ],
)
def test_a_script_of_a_page_is_challenged_for_bearer_alone(anonymous: httpx.Client, fields: dict[str, str]) -> None:
    for path in ("/users/me", "/secrets", "/tokens"):
        answer = anonymous.get(path, headers=fields)
        assert answer.status_code == 401
        [challenge] = answer.headers.get_list("WWW-Authenticate")
        assert challenge.startswith("Bearer ")
        assert {"Sec-Fetch-Mode", "Sec-Fetch-Dest"} <= set(answer.headers["Vary"].split(", "))


def test_other_requests_are_challenged_for_both(anonymous: httpx.Client) -> None:
    for fields in ({}, {"Sec-Fetch-Mode": "cors"}, {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "empty"}):
        answer = anonymous.get("/secrets", headers=fields)
        assert len(answer.headers.get_list("WWW-Authenticate")) == (1 if "navigate" in fields.values() else 2)


def test_docs_are_a_page_wherever_a_link_says_so(anonymous: httpx.Client) -> None:
    for accept in ("*/*", "text/html", "text/*", "text/html,application/json;q=0.9"):
        answer = anonymous.get("/docs", headers={"Accept": accept})
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert anonymous.get("/docs", headers={"Accept": "application/json"}).json()["openapi"] == "/openapi.json"
    link = anonymous.get("/").headers["Link"]
    assert '</docs>; rel="service-doc"; type="text/html"' in link


@pytest.mark.parametrize("code", [200, 201, 203, 207, 208, 226, 404, 413, 416, 418, 421, 422, 425, 431, 451, 506, 510])
def test_a_page_shows_the_status_that_is_on_the_wire(server: Server, anonymous: httpx.Client, code: int) -> None:
    target = f"/status/{code}"
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        line = connection.makefile("rb").readline().decode().strip()
    assert line.startswith(f"HTTP/1.1 {code} ")
    page = anonymous.get(target, headers={"Accept": "text/html"}).text
    assert f">{line.removeprefix('HTTP/1.1 ')}<" in html.unescape(page)


@pytest.mark.parametrize(
    "field",
    ["Content-Range", "Accept-Ranges", "Content-Disposition", "Repr-Digest", "Content-Digest", "ETag", "Retry-After"],
)
def test_fields_for_clients_are_exposed_to_pages(api: httpx.Client, message: dict[str, Any], field: str) -> None:
    answer = api.get(f"/messages/{message['id']}", headers={"Origin": "https://app.test", "Range": "bytes=0-1"})
    assert answer.status_code == 206
    assert field in answer.headers["Access-Control-Expose-Headers"].split(", ")
