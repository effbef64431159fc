"""The OAuth lab refuses as RFC 6749, 6750 and 7636 say, and never with a 5xx."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.servers import Server
from tests.toolbox.lab import ASKED, CALLBACK, SECRET, basic, exchange, lab, led_to, new_code, new_tokens

pytestmark = pytest.mark.one_database

CLIENT = {"grant_type": "client_credentials"}
LOOPBACKS = ("http://127.0.0.1/", "http://localhost:65535/a?b=c", "http://[::1]:8080/x", "http://127.0.0.1:1")
FOREIGN = (
    "",
    "https://evil.test/",
    "http://127.0.0.1.evil.test/",
    "http://user@127.0.0.1/",
    "http://127.0.0.1@evil.test/",
    "https://127.0.0.1/",
    "http://127.0.0.1:99999/",
    "http://[::1]*/",
    "http://[::1]x:80/",
    "http://127.0.0.1/#fragment",
    "http://127.0.0.1\\@evil.test/",
    "http://127.0.0.1/\r\nX: y",
    'http://127.0.0.1/"><script>',
    "http://evil.test/é",
    "javascript:alert(1)",
    "//127.0.0.1/",
    "https://oauth.pstmn.io/v1/callback/../x",
    "https://oauth.pstmn.io.evil.test/v1/callback",
)


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with lab(server) as client:
        yield client


@pytest.mark.parametrize(
    ("form", "auth", "status", "error"),
    [
        ({}, SECRET, 400, "invalid_request"),
        ({"grant_type": ""}, SECRET, 400, "invalid_request"),
        ({"grant_type": "password", "username": "john", "password": "x"}, SECRET, 400, "unsupported_grant_type"),
        ({"grant_type": 'é"'}, SECRET, 400, "unsupported_grant_type"),
        (CLIENT, None, 401, "invalid_client"),
        (CLIENT, ("toolbox", "wrong"), 401, "invalid_client"),
        (CLIENT, ("toolbox", ""), 401, "invalid_client"),
        (CLIENT, ("é", "é"), 401, "invalid_client"),
        (CLIENT, ("john", "john"), 401, "invalid_client"),
        ({**CLIENT, "client_id": "toolbox-public"}, None, 401, "invalid_client"),
        ({**CLIENT, "client_id": "toolbox", "client_secret": "x"}, None, 401, "invalid_client"),
        ({**CLIENT, "client_id": "toolbox", "client_secret": "secret"}, SECRET, 400, "invalid_request"),
        ({**CLIENT, "scope": ["read", "write"]}, SECRET, 400, "invalid_request"),
        ({**CLIENT, "scope": "admin"}, SECRET, 400, "invalid_scope"),
        ({"grant_type": "authorization_code", "client_id": "nobody", "code": "x"}, None, 401, "invalid_client"),
        ({"grant_type": "authorization_code", "client_id": "toolbox"}, None, 401, "invalid_client"),
        ({"grant_type": "authorization_code"}, SECRET, 400, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "é.x"}, SECRET, 400, "invalid_grant"),
        ({"grant_type": "refresh_token"}, SECRET, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, SECRET, 400, "invalid_grant"),
    ],
)
def test_the_token_endpoint_refuses(
    http: httpx.Client, form: dict[str, Any], auth: Any, status: int, error: str
) -> None:
    fields = basic(":".join(auth).encode()) if auth else {}
    answer = http.post("/oauth/token", data=form, headers=fields)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["error_description"].isascii()
    if status == 401:
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="toolbox", charset="UTF-8"'


def test_other_bodies_are_refused_as_the_rfc_says(http: httpx.Client) -> None:
    for content, kind in ((b"{}", "application/json"), (b"a=%ff", "application/x-www-form-urlencoded"), (b"", "")):
        answer = http.post("/oauth/token", content=content, headers={"Content-Type": kind} if kind else {})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert http.get("/oauth/token").status_code == 405


def test_a_code_is_bound_to_its_client_uri_and_challenge(http: httpx.Client) -> None:
    for changes in (
        {"redirect_uri": CALLBACK + "/x"},
        {"redirect_uri": ""},
        {"code_verifier": "x" * 43},
        {"code_verifier": "short"},
        {"code_verifier": ""},
    ):
        answer = http.post("/oauth/token", data={**exchange(new_code(http)), **changes})
        assert answer.status_code == 400, changes
    form = {name: value for name, value in exchange(new_code(http)).items() if name != "client_id"}
    assert http.post("/oauth/token", data=form, auth=SECRET).json()["error"] == "invalid_grant"


def test_a_verifier_without_a_challenge_is_refused(http: httpx.Client) -> None:
    asked = {"response_type": "code", "client_id": "toolbox", "redirect_uri": CALLBACK, "auto": "approve"}
    form = {**exchange(led_to(http.get("/oauth/authorize", params=asked))["code"]), "client_id": "toolbox"}
    assert http.post("/oauth/token", data=form, auth=SECRET).json()["error"] == "invalid_request"


def test_kinds_of_tokens_cannot_stand_for_each_other(http: httpx.Client) -> None:
    token = new_tokens(http)
    for kind in ("access_token", "refresh_token"):
        assert http.post("/oauth/token", data=exchange(token[kind])).json()["error"] == "invalid_grant"
    bearer = {"Authorization": f"Bearer {token['refresh_token']}"}
    assert http.get("/oauth/userinfo", headers=bearer).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": token["access_token"], "client_id": "toolbox-public"}
    assert http.post("/oauth/token", data=form).json()["error"] == "invalid_grant"
    other = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    assert http.post("/oauth/token", data=other, auth=SECRET).json()["error"] == "invalid_grant"
    assert http.post("/oauth/revoke", data={"token": token["access_token"]}, auth=SECRET).status_code == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": 'é"'}, "unsupported_response_type"),
        ({"response_type": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "é"}, "invalid_request"),
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
        ({"scope": "é"}, "invalid_scope"),
        ({"auto": "deny"}, "access_denied"),
    ],
)
def test_mistakes_of_a_known_client_go_to_its_redirect_uri(
    http: httpx.Client, changes: dict[str, str], error: str
) -> None:
    told = led_to(http.get("/oauth/authorize", params={**ASKED, "auto": "approve", "state": 'é"', **changes}))
    assert (told["error"], told["state"]) == (error, 'é"')
    assert told["iss"] == str(http.base_url).rstrip("/")
    assert "code" not in told


@pytest.mark.parametrize(
    "changes", [{"client_id": "nobody"}, {"client_id": ""}, *({"redirect_uri": uri} for uri in FOREIGN)]
)
def test_nobody_unknown_is_led_on(http: httpx.Client, changes: dict[str, str]) -> None:
    for more in ({"auto": "approve"}, {}, {"response_type": "x"}):
        answer = http.get("/oauth/authorize", params={**ASKED, **changes, **more})
        assert answer.status_code == 400
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "Location" not in answer.headers
        assert "evil" not in answer.text
        assert "script" not in answer.headers["Content-Security-Policy"].replace("script-src 'none'", "")


@pytest.mark.parametrize(
    "uri", [*LOOPBACKS, "https://oauth.pstmn.io/v1/callback", "https://oauth.pstmn.io/v1/browser-callback"]
)
def test_redirect_uris_of_apps_and_of_postman_are_known(http: httpx.Client, uri: str) -> None:
    answer = http.get("/oauth/authorize", params={**ASKED, "redirect_uri": uri, "auto": "approve"})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(uri)


def test_the_other_endpoints_ask_for_a_client_and_a_token(http: httpx.Client) -> None:
    for path in ("/oauth/introspect", "/oauth/revoke"):
        assert http.post(path, data={"token": "x"}).status_code == 401
        assert http.post(path, auth=SECRET).json()["error"] == "invalid_request"
        assert http.post(path, data={"token": ["x", "y"]}, auth=SECRET).json()["error"] == "invalid_request"
        assert http.post(path, data={"token": "é", "token_type_hint": "x"}, auth=SECRET).status_code == 200
    assert http.post("/oauth/introspect", data={"token": "x", "client_id": "toolbox-public"}).status_code == 401


@pytest.mark.parametrize("field", ["", "Basic dG9vbGJveDpzZWNyZXQ=", "Bearer"])
def test_userinfo_without_a_token_asks_for_one(http: httpx.Client, field: str) -> None:
    answer = http.get("/oauth/userinfo", headers={"Authorization": field} if field else {})
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="toolbox"'


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAMES = st.sampled_from([*ASKED, "auto", "scope", "code", "code_verifier", "refresh_token", "token", "request", "ttl"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES, TEXTS), st.binary(min_size=1, max_size=30))
def test_nothing_that_is_sent_breaks_the_lab(http: httpx.Client, given: dict[str, str], secret: bytes) -> None:
    for path in ("/oauth/token", "/oauth/introspect", "/oauth/revoke", "/oauth/authorize"):
        for form in (given, {**ASKED, **given}, {**exchange("x"), **given}):
            assert http.post(path, data=form, headers=basic(secret)).status_code < 500
    assert http.get("/oauth/authorize", params={**ASKED, **given}).status_code < 500
    wrong = {"Authorization": b"Bearer " + secret.hex().encode() + b".e30.x"}
    assert http.get("/oauth/userinfo", headers=wrong).status_code == 401
