"""The session lab: a signed cookie, and a form with a CSRF token."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.servers import Server
from tests.toolbox.lab import lab

RIGHT = {"user": "postman", "password": "password"}
OF_A_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with lab(server) as client:
        yield client


def token_of(http: httpx.Client) -> str:
    """The CSRF token in the form."""
    answer = http.get("/session/sign-in")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return re.findall('name="csrf_token" value="([^"]+)"', answer.text)[0]


@pytest.mark.parametrize("kind", ["data", "json"])
def test_a_program_signs_in_and_out(http: httpx.Client, kind: str) -> None:
    assert http.get("/session").status_code == 401
    answer = http.post("/session/sign-in", **{kind: RIGHT})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/httpbin/session")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("toolbox_session=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/httpbin", "Max-Age=900"} <= set(cookie.split("; "))
    shown = http.get("/session").json()
    assert shown["user"] == "postman"
    left = datetime.fromisoformat(shown["expires_at"]) - datetime.now(UTC)
    assert 880 < left.total_seconds() <= 900
    value = http.cookies["toolbox_session"]
    out = http.post("/session/sign-out")
    assert (out.status_code, out.content) == (204, b"")
    assert "Max-Age=0" in out.headers["Set-Cookie"]
    assert "toolbox_session" not in http.cookies
    # A copy of the cookie has ended too, on every worker.
    for _ in range(4):
        with httpx.Client(base_url=http.base_url, trust_env=False) as other:
            assert other.get("/session", headers={"Cookie": f"toolbox_session={value}"}).status_code == 401
    assert http.post("/session/sign-out").status_code == 204


@pytest.mark.one_database
def test_a_changed_cookie_is_401(http: httpx.Client) -> None:
    http.post("/session/sign-in", data=RIGHT)
    value = http.cookies["toolbox_session"]
    http.cookies.clear()
    assert http.get("/session", headers={"Cookie": f"toolbox_session={value}"}).status_code == 200
    for wrong in (value[:-1], "x" + value, value.swapcase(), "", "a.b", '"é'):
        refused = http.get("/session", headers={"Cookie": f"toolbox_session={wrong}".encode()})
        assert (refused.status_code, refused.content) == (401, b"")
        assert refused.headers["WWW-Authenticate"] == 'Cookie realm="toolbox", cookie-name="toolbox_session"'


@pytest.mark.one_database
@pytest.mark.parametrize("sent", [{**RIGHT, "password": "x"}, {**RIGHT, "user": "john", "password": "john"}])
def test_other_credentials_are_401(http: httpx.Client, sent: dict[str, str]) -> None:
    answer = http.post("/session/sign-in", json=sent)
    assert (answer.status_code, answer.content) == (401, b"")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.one_database
@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"user": "postman"}', b'{"user": 1, "password": 2}'])
def test_a_body_without_credentials_is_400(http: httpx.Client, content: bytes) -> None:
    answer = http.post("/session/sign-in", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-body")


@pytest.mark.one_database
@pytest.mark.parametrize("content", [b"[]", b"{", b"\xff"])
def test_a_sign_out_refuses_a_body_that_is_no_object(http: httpx.Client, content: bytes) -> None:
    answer = http.post("/session/sign-out", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-body")


@pytest.mark.one_database
def test_a_form_of_a_page_needs_its_token(http: httpx.Client) -> None:
    for path in ("/session/sign-in", "/session/sign-out"):
        for fields in (OF_A_PAGE, {"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}):
            refused = http.post(path, data=RIGHT, headers=fields)
            assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden"), (path, fields)
    token = token_of(http)
    assert http.post("/session/sign-in", data={**RIGHT, "csrf_token": token[::-1]}).status_code == 403
    assert http.post("/session/sign-in", json={**RIGHT, "csrf_token": "é"}).status_code == 403
    signed_in = http.post("/session/sign-in", data={**RIGHT, "csrf_token": token}, headers=OF_A_PAGE)
    assert signed_in.status_code == 303
    assert http.post("/session/sign-out", data={"csrf_token": token}, headers=OF_A_PAGE).status_code == 204


@pytest.mark.one_database
def test_a_token_belongs_to_one_browser(server: Server, http: httpx.Client) -> None:
    with lab(server) as other:
        token = token_of(other)
    assert token != token_of(http) == token_of(http)
    assert http.post("/session/sign-in", data={**RIGHT, "csrf_token": token}, headers=OF_A_PAGE).status_code == 403
