"""The rules for every route, on the routes for forms: methods, refusals, limits, media types (CONTRACT §2, §8)."""

import gzip
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.rules.media import HTML
from api.rules.targets import IANA_METHODS
from resources.sign_in import SignIn
from tests.contract.expect import refused, standing
from tests.contract.raw import ADMIN, CREDENTIALS, HOST, ask
from tests.contract.routes import EXAMPLES, FORMS, ROUTES, methods, sound
from tests.pages.html import Form
from tests.pages.session_state import is_signed_in
from tests.pages.visitors import BROWSER, Visitor
from tests.servers import Server

pytestmark = pytest.mark.one_database

PATHS = [EXAMPLES[route] for route in FORMS]
OPERATIONS = [(EXAMPLES[route], method) for route in FORMS for method in methods(route)]
URLENCODED = b"Content-Type: application/x-www-form-urlencoded\r\n"
MIB = 1024 * 1024


def check(answer: httpx.Response, method: str, status: int, slug: str) -> None:
    """Assert that this is that refusal; for HEAD only its fields."""
    if method == "HEAD":
        assert (answer.status_code, answer.content) == (status, b"")
    else:
        refused(answer, status, slug)


def test_the_form_routes_are_those_of_the_contract() -> None:
    assert set(FORMS) == {"/sign-in", "/sign-out", "/pages/<path:place>"}


@pytest.mark.parametrize("path", PATHS)
def test_options_is_204_and_lists_the_accepted_types(anonymous: httpx.Client, path: str) -> None:
    for fields in ({}, {"Accept": "image/png"}, BROWSER):
        answer = anonymous.options(path, headers=fields)
        assert (answer.status_code, answer.content) == (204, b"")
        standing(answer)
    assert answer.headers["Accept-Post"].split(", ") == ["application/x-www-form-urlencoded", "multipart/form-data"]
    assert "POST" in answer.headers["Allow"].split(", ")


@pytest.mark.parametrize("path", PATHS)
def test_other_methods_are_405_and_unknown_ones_501(server: Server, anonymous: httpx.Client, path: str) -> None:
    allow = anonymous.options(path).headers["Allow"]
    for method in sorted(IANA_METHODS - set(allow.split(", "))):
        answer = ask(server.port, method, path)
        check(answer, method, 405, "method-not-allowed")
        assert answer.headers["Allow"] == allow
    refused(ask(server.port, "BREW", path), 501, "not-implemented")


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_wrong_credentials_are_401_and_two_lines_of_them_400(server: Server, path: str, method: str) -> None:
    check(ask(server.port, method, path, HOST + b"Authorization: Bearer x\r\n"), method, 401, "invalid-token")
    check(ask(server.port, method, path, HOST + b"Authorization: Digest x\r\n"), method, 401, "unauthenticated")
    check(ask(server.port, method, path, ADMIN + CREDENTIALS), method, 400, "invalid-header")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", ["?nothing=1", "?_token=x", "?a=%ff", "?_method=DELETE"])
def test_parameters_are_400(anonymous: httpx.Client, path: str, query: str) -> None:
    sent = sound(next(route for route in FORMS if EXAMPLES[route] == path), "POST")
    refused(anonymous.post(path + query, **sent), 400, "invalid-parameter")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_sign_in_accepts_next_and_no_other_parameter(anonymous: httpx.Client, method: str) -> None:
    check(anonymous.request(method, "/sign-in?nothing=1"), method, 400, "invalid-parameter")
    assert anonymous.request(method, "/sign-in?next=/articles&_=1").status_code == 200
    assert anonymous.request(method, f"/sign-in?next=/{'a' * 3_000}").status_code == 400


@pytest.mark.parametrize("path", PATHS)
def test_a_bad_body_is_refused_with_its_specific_problem(server: Server, path: str) -> None:
    form = b"a=b"
    for fields, body, status, slug in (
        (b"Content-Type: application/json\r\n", b"{}", 415, "unsupported-media-type"),
        (b"Content-Type: text/plain\r\n", form, 415, "unsupported-media-type"),
        (b"", form, 415, "unsupported-media-type"),
        (URLENCODED + b"Content-Encoding: br\r\n", form, 415, "unsupported-encoding"),
        (URLENCODED, b"a=" + b"a" * MIB, 413, "content-too-large"),
        (URLENCODED, b"a=%ff", 400, "malformed-body"),
        (URLENCODED, b"a=\xff", 400, "malformed-body"),
        (b"Content-Type: multipart/form-data\r\n", b"--x--\r\n", 400, "malformed-body"),
        (b"Content-Type: multipart/form-data; boundary=x\r\n", b"--x\r\n", 400, "malformed-body"),
        (b"Content-Type: multipart/form-data; boundary=x\r\n", b"--x\r\n\r\na\r\n--x--\r\n", 400, "malformed-body"),
        (URLENCODED, b"a=b&" * 1_001, 413, "content-too-large"),
    ):
        length = b"Content-Length: %d\r\n" % len(body)
        refused(ask(server.port, "POST", path, HOST + fields + length, body), status, slug, (fields, body[:20]))


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_unknown_or_repeated_fields_are_422(anonymous: httpx.Client, path: str) -> None:
    for form in ("nothing=1", "_token=a&_token=b", "_token=" + "a" * 101):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        refused(anonymous.post(path, content=form, headers=headers), 422, "invalid")


def test_a_missing_password_is_reported_at_its_field(stranger: Visitor) -> None:
    form = stranger.page("/sign-in").forms[-1]
    answer = stranger.send(form, password=None, username=None, headers={"Accept": "application/json"})
    assert [each["pointer"] for each in refused(answer, 422, "invalid")["errors"]] == ["#/username", "#/password"]


def test_a_form_that_is_not_stored_can_be_compressed(anonymous: httpx.Client) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip"}
    refused(anonymous.post("/sign-out", content=gzip.compress(b"_token=x"), headers=headers), 403, "forbidden")
    broken = anonymous.post("/sign-out", content=b"_token=x", headers=headers)
    refused(broken, 400, "malformed-body")


@pytest.mark.parametrize("accept", ROUTES["/sign-in"].reads)
def test_the_signed_in_account_is_shown_in_every_representation(anonymous: httpx.Client, accept: str) -> None:
    get, head = (anonymous.request(method, "/sign-in", headers={"Accept": accept}) for method in ("GET", "HEAD"))
    assert get.status_code == head.status_code == 200
    assert get.headers["Content-Type"].partition(";")[0] == accept
    for name in ("Content-Type", "Content-Length", "Cache-Control", "Vary", "Content-Security-Policy"):
        assert head.headers[name] == get.headers[name]
    assert head.content == b""


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_sign_in_in_another_type_is_406(anonymous: httpx.Client, method: str) -> None:
    check(anonymous.request(method, "/sign-in", headers={"Accept": "image/png"}), method, 406, "not-acceptable")


@pytest.mark.parametrize("accept", SignIn.writes)
def test_signing_in_and_out_redirects_a_browser_and_answers_a_program(
    stranger: Visitor, account: dict[str, Any], accept: str
) -> None:
    login = {"username": account["username"], "password": account["password"]}
    led_on_or_told(stranger.send(stranger.page("/sign-in").forms[-1], **login, headers={"Accept": accept}), accept)
    led_on_or_told(stranger.send(stranger.page("/").forms[0], headers={"Accept": accept}), accept)
    assert not is_signed_in(stranger)


def led_on_or_told(answer: httpx.Response, accept: str) -> None:
    """Assert that a browser is redirected, and that a program gets the requested type."""
    if accept == HTML:
        assert (answer.status_code, answer.headers["Location"], answer.content) == (303, "/", b"")
        assert "Content-Type" not in answer.headers
    else:
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, accept)
        assert b"username" in answer.content


def test_signing_in_or_out_with_an_unavailable_type_does_nothing(stranger: Visitor, account: dict[str, Any]) -> None:
    login = {"username": account["username"], "password": account["password"]}
    form, other = stranger.page("/sign-in").forms[-1], {"Accept": "image/png"}
    refused(stranger.send(form, **login, headers=other), 406, "not-acceptable")
    assert not is_signed_in(stranger)
    stranger.send(form, **login)
    refused(stranger.send(stranger.page("/").forms[0], headers=other), 406, "not-acceptable")
    assert is_signed_in(stranger)


@pytest.fixture
def limited(migrated_database: Callable[[], str], tmp_path: Path):
    """Starts a server with these limits."""
    started: list[Server] = []

    def start(**limits: str) -> Server:
        started.append(Server(tmp_path / "log", "--database", migrated_database(), **limits))
        return started[-1]

    yield start
    for each in started:
        assert each.stop() == 0


def test_over_the_limit_every_one_of_them_is_429(limited: Callable[..., Server]) -> None:
    server = limited(RATE_LIMIT="1/hour")
    assert ask(server.port, "GET", "/hello", HOST).status_code == 200
    for path, method in OPERATIONS:
        check(ask(server.port, method, path, HOST), method, 429, "rate-limited")


def test_a_form_counts_once(limited: Callable[..., Server]) -> None:
    server = limited(RATE_LIMIT="100/hour")
    visitor = Visitor(server)
    visitor.sign_in("john", "john")
    form = visitor.page("/articles").form("POST")
    left = [
        int(answer.headers["RateLimit"].partition("r=")[2].partition(";")[0])
        for answer in (visitor.get("/hello"), visitor.send(form, title="a", body=""), visitor.get("/hello"))
    ]
    assert [one - other for one, other in pairwise(left)] == [1, 1]
    visitor.http.close()


def test_failed_logins_count_together_with_those_of_basic(limited: Callable[..., Server]) -> None:
    server = limited(LOGIN_LIMIT="4/hour")
    visitor = Visitor(server)
    form = visitor.page("/sign-in").forms[-1]
    assert [visitor.send(form, username="john", password="wrong").status_code for _ in range(2)] == [401, 401]
    for _ in range(2):
        assert httpx.get(f"{server.url}/hello", auth=("john", "wrong"), trust_env=False).status_code == 401
    answer = visitor.send(form, username="john", password="john")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many logins failed" in answer.text
    assert visitor.send(form, username="bill", password="bill").status_code == 303
    visitor.http.close()


def test_the_cookie_is_secure_and_has_the_path_of_the_public_url(limited: Callable[..., Server]) -> None:
    server = limited(PUBLIC_URL="https://api.example.org/v")
    visitor = Visitor(server)
    page = visitor.page("/sign-in?next=/articles")
    answer = visitor.get("/sign-in")
    attributes = answer.headers["Set-Cookie"].split("; ")
    assert set(attributes[1:]) == {"HttpOnly", "Path=/v", "SameSite=Strict", "Secure"}
    form = page.forms[-1]
    assert form.action == "https://api.example.org/v/sign-in"
    own = Form("/sign-in", "post", "", {**form.fields, "_token": read_token(answer.text)})
    headers = {"Cookie": attributes[0], "Origin": "https://api.example.org"}
    done = visitor.send(own, username="john", password="john", headers=headers)
    assert (done.status_code, done.headers["Location"]) == (303, "https://api.example.org/v/articles")
    visitor.http.close()


def read_token(source: str) -> str:
    """The token of the first form of a page."""
    return source.partition('name="_token" value="')[2].partition('"')[0]
