"""Basic, Bearer and API keys of the auth lab."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests

from tests.servers import Server
from tests.toolbox.lab import basic, curl, lab

pytestmark = pytest.mark.one_database

CHALLENGE = 'Basic realm="Fake Realm"'
RIGHT = {"authenticated": True, "user": "user"}


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with lab(server) as client:
        yield client


@pytest.mark.parametrize("path", ["/basic-auth/user/passwd", "/hidden-basic-auth/user/passwd"])
def test_clients_sign_in_with_basic(server: Server, http: httpx.Client, path: str) -> None:
    url = f"{server.url}/httpbin{path}"
    assert http.get(path, auth=("user", "passwd")).json() == RIGHT
    assert requests.get(url, auth=("user", "passwd"), timeout=10).json() == RIGHT
    assert curl("-u", "user:passwd", url)[0] == 200
    assert curl("-u", "user:wrong", url)[0] in (401, 404)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        basic(b"user:wrong"),
        basic(b"user"),
        basic(b"other:passwd"),
        basic(b"\xff\xfe:\xff"),
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": b"Basic \xe9"},
        {"Authorization": "Bearer dXNlcjpwYXNzd2Q="},
    ],
)
def test_other_credentials_are_refused_without_content(http: httpx.Client, fields: Any) -> None:
    asked = http.get("/basic-auth/user/passwd", headers=fields)
    assert (asked.status_code, asked.content, asked.headers["WWW-Authenticate"]) == (401, b"", CHALLENGE)
    assert asked.headers["Content-Length"] == "0"
    hidden = http.get("/hidden-basic-auth/user/passwd", headers=fields)
    assert (hidden.status_code, hidden.content) == (404, b"")
    assert "WWW-Authenticate" not in hidden.headers


def test_names_and_passwords_may_be_in_utf_8_or_latin_1(http: httpx.Client) -> None:
    for charset in ("utf-8", "latin-1"):
        answer = http.get("/basic-auth/usér/pä:ss", headers=basic("usér:pä:ss".encode(charset)))
        assert answer.json() == {**RIGHT, "user": "usér"}
    assert http.get("/basic-auth/usér/€", headers=basic("usér:?".encode("latin-1"))).status_code == 401


def test_accounts_of_the_server_count_for_nothing(http: httpx.Client) -> None:
    assert http.get("/basic-auth/user/passwd", auth=("john", "john")).status_code == 401
    assert http.get("/basic-auth/john/other", auth=("john", "other")).json()["user"] == "john"


def test_the_aliases_of_postman_echo(server: Server, http: httpx.Client) -> None:
    assert http.get("/basic-auth", auth=("postman", "password")).json() == {"authenticated": True}
    assert http.get("/basic-auth").headers["WWW-Authenticate"] == CHALLENGE
    digest = httpx.DigestAuth("postman", "password")
    assert http.get("/digest-auth", auth=digest).json() == {"authenticated": True}
    assert http.get("/digest-auth", auth=httpx.DigestAuth("postman", "wrong")).status_code == 401


def test_any_bearer_token_is_right(http: httpx.Client) -> None:
    answer = http.get("/bearer", headers={"Authorization": "Bearer abc123"})
    assert answer.json() == {"authenticated": True, "token": "abc123"}
    for wrong in ("", "Bearer", "bearer abc", "Basic abc", "Bearerabc"):
        refused = http.get("/bearer", headers={"Authorization": wrong} if wrong else {})
        assert (refused.status_code, refused.content) == (401, b"")
        assert refused.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("place", "sent"),
    [
        ("header", {"headers": {"X-My-Key": "k-1"}}),
        ("query", {"params": {"X-My-Key": "k-1"}}),
        ("cookie", {"headers": {"Cookie": "a=b; X-My-Key=k-1"}}),
    ],
)
def test_an_api_key_counts_in_its_place_only(http: httpx.Client, place: str, sent: dict[str, Any]) -> None:
    for asked in ("header", "query", "cookie"):
        params = {"in": asked, "name": "X-My-Key", **sent.get("params", {})}
        answer = http.get("/api-key/k-1", **{**sent, "params": params})
        if asked == place:
            assert answer.json() == {"authenticated": True, "in": place, "name": "X-My-Key"}
            continue
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == f'ApiKey realm="toolbox", in="{asked}", name="X-My-Key"'
        assert answer.json() == {"authenticated": False, "hint": f"The key came in: {place}. Send it in: {asked}."}


def test_a_wrong_api_key_is_refused_without_content(http: httpx.Client) -> None:
    for fields in ({}, {"X-API-Key": "wrong"}):
        answer = http.get("/api-key/k-1", headers=fields)
        assert (answer.status_code, answer.content) == (401, b"")
    assert http.get("/api-key/k-1", headers={"X-API-Key": "k-1"}).json()["name"] == "X-API-Key"
    assert http.get("/api-key/ké", headers={"X-API-Key": "ké".encode()}).status_code == 200


@pytest.mark.parametrize("query", ["in=body", "in=", "name=", "name=a%20b", "name=a%0d%0ab", "name=%C3%A9"])
def test_other_places_and_names_are_400(http: httpx.Client, query: str) -> None:
    answer = http.get(f"/api-key/k-1?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == query.partition("=")[0]
