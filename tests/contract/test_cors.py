"""Access of pages of other origins, by CORS_ORIGINS: preflights, answers and refusals (CONTRACT §2, §3, §9)."""

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.expect import refused, standing
from tests.contract.raw import ADMIN, CREDENTIALS, HOST, ask
from tests.contract.routes import EXAMPLES, KNOWN, ROUTES
from tests.servers import Server

pytestmark = pytest.mark.one_database

APP, LOCAL = "https://app.example.org", "http://localhost:3000"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SENT = {
    *("authorization", "accept", "content-type", "content-encoding", "idempotency-key", "if-match", "if-none-match"),
    *("range", "prefer", "content-digest", "repr-digest", "x-request-id", "touchstone-fault", "last-event-id"),
}
EXPOSED = (
    "ETag, Location, X-Total-Count, Content-Location, Link, Allow, Accept-Post, Accept-Patch, Retry-After, RateLimit, "
    "RateLimit-Policy, WWW-Authenticate, X-Request-Id, Idempotent-Replayed, Preference-Applied, Content-Range, "
    "Accept-Ranges, Content-Disposition, Content-Digest, Repr-Digest, Idempotency-Key, Touchstone-Fault, Accept, "
    "Accept-Encoding"
)
# Values of Origin, including some that browsers do not send.
ORIGINS = [APP, LOCAL, "null", "https://evil.test", "file://", "chrome-extension://abc", "a b", "*", ""]
# A server below lists the first two; these look similar but are not listed.
STRANGERS = [
    "null",
    "",
    "*",
    "https://evil.test",
    "http://app.example.org",
    "https://app.example.org:8443",
    "https://app.example.org/",
    "https://app.example.org.evil.test",
    "https://evil.test/app.example.org",
    "https://sub.app.example.org",
    "https://appXexample.org",
    "HTTPS://APP.EXAMPLE.ORG",
    "http://localhost",
    "http://localhost:3000, https://app.example.org",
    "https://app.example.org http://localhost:3000",
]
PNG, HTML, JSON = b"Accept: image/png\r\n", b"Content-Type: text/html\r\n", b"Content-Type: application/json\r\n"
LONG = b"Content-Length: 67108864\r\nExpect: 100-continue\r\n"
# Refusals of the application and of the front.
REFUSALS = [
    ("GET", "/articles?x=1", HOST, b"", 400),
    ("GET", "/users/me", HOST, b"", 401),
    ("GET", "/hello", HOST + b"Authorization: Bearer x\r\n", b"", 401),
    ("GET", "/hello", ADMIN + CREDENTIALS, b"", 400),
    ("GET", "/admin/audit", HOST + b"Authorization: Basic am9objpqb2hu\r\n", b"", 403),
    ("GET", "/nothing", HOST, b"", 404),
    ("GET", "//hello", HOST, b"", 404),
    ("GET", "/articles/999999999", HOST, b"", 404),
    ("PUT", "/articles", HOST, b"", 405),
    ("GET", "/hello", HOST + PNG, b"", 406),
    ("GET", "/articles/1", HOST + b'If-Match: "v0"\r\n', b"", 412),
    ("POST", "/articles", ADMIN + JSON + LONG, b"", 413),
    ("POST", "/articles", ADMIN + HTML + b"Content-Length: 1\r\n", b"x", 415),
    ("POST", "/articles", ADMIN + JSON + b"Content-Length: 1\r\n", b"{", 400),
    ("POST", "/articles", ADMIN + JSON + b"Content-Length: 2\r\n", b"{}", 422),
    ("GET", "/status/503", HOST, b"", 503),
    ("BREW", "/hello", HOST, b"", 501),
    ("GET", "/" + "a" * 9_000, HOST, b"", 414),
    ("GET", "/", HOST + b"X: " + b"a" * 17_000 + b"\r\n", b"", 431),
    ("GET", "/", b"", b"", 400),
    ("GET", "/", b"Host: a b\r\n", b"", 400),
    ("GET", "/", HOST + b"Transfer-Encoding: gzip, chunked\r\n", b"", 501),
]
NAMES = [f"{number} {method} {path[:20]} {status}" for number, (method, path, *_, status) in enumerate(REFUSALS)]


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a list of allowed origins."""
    log = tmp_path_factory.mktemp("listed") / "log"
    running = Server(log, "--ephemeral", CORS_ORIGINS=f"{APP},{LOCAL}")
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that allows no origin."""
    running = Server(tmp_path_factory.mktemp("closed") / "log", "--ephemeral", CORS_ORIGINS="none")
    yield running
    assert running.stop() == 0


def asked_from(origin: str, fields: bytes = HOST, preflight: str = "") -> bytes:
    """The field lines for a page of this origin; `preflight` is the method that it asks for."""
    wanted = f"Access-Control-Request-Method: {preflight}\r\n" if preflight else ""
    return fields + f"Origin: {origin}\r\n{wanted}".encode()


def cors(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


def varies_by_origin(answer: httpx.Response) -> bool:
    return "Origin" in answer.headers["Vary"].split(", ")


def readable_by(origin: str) -> dict[str, str]:
    return {"access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED}


def test_refusals_match_the_table(server):
    for method, path, fields, body, status in REFUSALS:
        assert ask(server.port, method, path, fields, body).status_code == status, (method, path[:30])


# Any origin: the default in development and testing


@pytest.mark.parametrize("path", [*(path for path in EXAMPLES.values() if "{" not in path), "/nothing", "//", "/a%00"])
def test_a_preflight_is_answered_before_route_method_and_credentials(server, path):
    for method in ("GET", "DELETE", "BREW"):
        fields = asked_from(APP, HOST, method)
        for more in (b"", PNG, b"Authorization: Basic !!!\r\n", CREDENTIALS * 2, b'If-Match: "v0"\r\n'):
            answer = ask(server.port, "OPTIONS", path, fields + more)
            assert (answer.status_code, answer.content) == (204, b""), more
            standing(answer)
            assert not {"content-type", "content-length", "www-authenticate"} & set(answer.headers)
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert set(answer.headers["Access-Control-Allow-Methods"].split(", ")) == METHODS
            allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
            assert set(allowed) >= SENT  # Authorization by name: `*` does not stand for it
            assert int(answer.headers["Access-Control-Max-Age"]) > 0
            assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("route", KNOWN)
def test_options_without_a_preflight_lists_the_methods(server, place, route):
    url = place(route)
    for fields in (asked_from(APP), HOST + b"Access-Control-Request-Method: PUT\r\n"):
        answer = ask(server.port, "OPTIONS", url, fields)
        assert answer.status_code == 204
        assert "OPTIONS" in answer.headers["Allow"]
        assert "Access-Control-Allow-Methods" not in answer.headers
    refused(ask(server.port, "OPTIONS", "/nothing", asked_from(APP)), 404, "not-found")


# The routes that control spaces refuse other origins (tests/resources/spaces).
@pytest.mark.parametrize("route", [route for route in KNOWN if not ROUTES[route].in_registry])
def test_any_origin_may_read_any_answer_without_browser_credentials(server, place, route):
    for origin in ORIGINS:
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = ask(server.port, method, place(route), asked_from(origin, ADMIN + b"Cookie: a=b\r\n"))
            assert answer.is_success
            assert cors(answer) == readable_by("*"), (origin, method)


@pytest.mark.parametrize(("method", "path", "fields", "body", "status"), REFUSALS, ids=NAMES)
def test_any_origin_may_read_any_refusal(server, method, path, fields, body, status):
    answer = ask(server.port, method, path, asked_from("https://evil.test", fields), body)
    assert answer.status_code == status
    assert cors(answer) == readable_by("*")


def test_a_304_and_a_stream_and_a_create_may_be_read_too(server, api):
    origin = {"Origin": APP}
    tag = api.get("/hello").headers["ETag"]
    current = api.get("/hello", headers={**origin, "If-None-Match": tag})
    assert (current.status_code, cors(current)) == (304, readable_by("*"))
    stream = api.get("/articles?limit=all", headers={**origin, "Accept": "text/csv"})
    assert (stream.status_code, cors(stream)) == (200, readable_by("*"))
    made = api.post("/articles", json={"title": "Made", "body": ""}, headers=origin)
    assert (made.status_code, cors(made)) == (201, readable_by("*"))


@pytest.mark.parametrize("path", ["/hello", "/nothing", "/status/204", "/" + "a" * 9_000])
def test_vary_has_origin_even_if_any_origin_may_read(server, path):
    """Otherwise a cache would give a page the answer stored for a client without Origin, which the page cannot read."""
    without, within = ask(server.port, "GET", path, HOST), ask(server.port, "GET", path, asked_from(APP))
    assert cors(without) == cors(within) or (varies_by_origin(without) and varies_by_origin(within))


# Some origins


@pytest.mark.parametrize("origin", [APP, LOCAL])
def test_a_listed_origin_may_read(listed, origin):
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = ask(listed.port, method, "/articles", asked_from(origin))
        assert answer.is_success
        assert cors(answer) == readable_by(origin)
        assert varies_by_origin(answer)
    preflight = ask(listed.port, "OPTIONS", "/nothing", asked_from(origin, HOST, "PUT"))
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == origin
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"].split(", ")
    assert set(preflight.headers["Access-Control-Allow-Methods"].split(", ")) == METHODS
    assert "Access-Control-Allow-Credentials" not in preflight.headers
    assert varies_by_origin(preflight)


@pytest.mark.parametrize("origin", STRANGERS)
def test_another_origin_cannot_read_its_answer(listed, origin):
    for method, path, fields, status in (
        ("GET", "/articles", HOST, 200),
        ("OPTIONS", "/articles", HOST, 204),
        ("GET", "/users/me", ADMIN, 200),
        ("GET", "/nothing", HOST, 404),
    ):
        answer = ask(listed.port, method, path, asked_from(origin, fields))
        assert (answer.status_code, cors(answer)) == (status, {})
        assert varies_by_origin(answer)
    preflight = ask(listed.port, "OPTIONS", "/articles", asked_from(origin, HOST, "PUT"))
    assert (preflight.status_code, cors(preflight)) == (204, {})


def test_two_origins_in_one_field_are_not_allowed(listed):
    answer = ask(listed.port, "GET", "/hello", asked_from(APP) + f"Origin: {LOCAL}\r\n".encode())
    assert (answer.status_code, cors(answer)) == (200, {})


@pytest.mark.parametrize(("method", "path", "fields", "body", "status"), REFUSALS, ids=NAMES)
def test_only_a_listed_origin_may_read_a_refusal(listed, method, path, fields, body, status):
    by = {origin: ask(listed.port, method, path, asked_from(origin, fields), body) for origin in (APP, "null")}
    without = ask(listed.port, method, path, fields, body)
    assert {answer.status_code for answer in (*by.values(), without)} == {status}
    assert (cors(by[APP]), cors(by["null"]), cors(without)) == (readable_by(APP), {}, {})
    assert [varies_by_origin(answer) for answer in (*by.values(), without)] == [True, True, True]


# None


@pytest.mark.parametrize("origin", [APP, "null"])
def test_if_no_origin_is_allowed_answers_have_no_cors_fields(closed, origin):
    for method, path, fields, body, status in [*REFUSALS, ("GET", "/articles", HOST, b"", 200)]:
        answer = ask(closed.port, method, path, asked_from(origin, fields), body)
        assert (answer.status_code, cors(answer)) == (status, {})
        assert not varies_by_origin(answer)
    preflight = ask(closed.port, "OPTIONS", "/articles", asked_from(origin, HOST, "PUT"))
    assert (preflight.status_code, cors(preflight)) == (204, {})
