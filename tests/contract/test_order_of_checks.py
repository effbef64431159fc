"""The order of checks (CONTRACT §2): each request fails two checks, and the first one decides the answer."""

from collections.abc import Iterator

import pytest

from tests.contract.access import basic, new_token, register
from tests.contract.expect import refused
from tests.contract.raw import ADMIN, CREDENTIALS, HOST, ask, chunked
from tests.servers import Server

pytestmark = pytest.mark.one_database

MIB = 1024 * 1024
JSON = b"Content-Type: application/json\r\n"
MERGE = b"Content-Type: application/merge-patch+json\r\n"
JSON_PATCH = b"Content-Type: application/json-patch+json\r\n"
PNG = b"Accept: image/png\r\n"
BROTLI = b"Content-Encoding: br\r\n"
TEXT = b"Content-Type: text/plain\r\n"
RANGE = b"Content-Range: bytes 0-1/2\r\n"
OTHER_VERSION = b'If-Match: "v0"\r\n'
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LARGE = b" " * (MIB + 1)
ABSENT = "/articles/999999999"
ITEM = "/articles/{id}"


TARGET = (414, "uri-too-long")
BAD_HOST = (400, "invalid-host")
FIELDS = (431, "header-fields-too-large")
UNKNOWN_METHOD = (501, "not-implemented")
NOT_FOUND = (404, "not-found")
NO_METHOD = (405, "method-not-allowed")
NOT_ACCEPTABLE = (406, "not-acceptable")
TOO_LARGE = (413, "content-too-large")
CODING = (415, "unsupported-encoding")
MEDIA_TYPE = (415, "unsupported-media-type")
BAD_FIELD = (400, "invalid-header")
PRECONDITION = (412, "precondition-failed")
PARAMETER = (400, "invalid-parameter")

BOTH = [
    ("414 before 501", "BREW", "/" + "a" * 9_000, ADMIN, b"", TARGET),
    ("414 before the Host's 400", "GET", "/" + "a" * 9_000, b"", b"", TARGET),
    ("the Host's 400 before 501", "BREW", "/", b"", b"", BAD_HOST),
    ("the Host's 400 before 404", "GET", "/nothing", b"Host: a b\r\n", b"", BAD_HOST),
    ("431 before 501", "BREW", "/", ADMIN + b"X: " + b"a" * 17_000 + b"\r\n", b"", FIELDS),
    ("501 before 404", "BREW", "/nothing", ADMIN, b"", UNKNOWN_METHOD),
    ("501 before an id's 404", "get", "/articles/0", ADMIN, b"", UNKNOWN_METHOD),
    ("501 before 406", "BREW", "/hello", ADMIN + PNG, b"", UNKNOWN_METHOD),
    ("404 before 405", "TRACE", "/nothing", ADMIN, b"", NOT_FOUND),
    ("an id's 404 before 405", "POST", "/articles/0", ADMIN, b"", NOT_FOUND),
    ("404 before OPTIONS", "OPTIONS", "/nothing", ADMIN, b"", NOT_FOUND),
    ("404 before 406", "GET", "/nothing", ADMIN + PNG, b"", NOT_FOUND),
    ("405 before 406", "DELETE", "/articles", ADMIN + PNG, b"", NO_METHOD),
    ("405 before 406, item", "POST", ITEM, ADMIN + PNG, b"", NO_METHOD),
    ("405 before 400", "DELETE", "/hello?x=1", ADMIN, b"", NO_METHOD),
    ("405 before 415", "PUT", "/articles", ADMIN + BROTLI + TEXT, b"", NO_METHOD),
    ("406 before the object's 404", "GET", ABSENT, ADMIN + PNG, b"", NOT_ACCEPTABLE),
    ("406 before 404, PUT", "PUT", ABSENT, ADMIN + PNG + JSON, b"{", NOT_ACCEPTABLE),
    ("406 before 415", "POST", "/articles", ADMIN + PNG + TEXT, b"{", NOT_ACCEPTABLE),
    ("406 before 400", "GET", "/hello?x=1", ADMIN + PNG, b"", NOT_ACCEPTABLE),
    ("404 before 413", "PUT", ABSENT, ADMIN + JSON, LARGE, NOT_FOUND),
    ("404 before 413, PATCH", "PATCH", ABSENT, ADMIN + MERGE, LARGE, NOT_FOUND),
    ("404 before 415", "PUT", ABSENT, ADMIN + TEXT, b"{", NOT_FOUND),
    ("404 before 412", "PUT", ABSENT, ADMIN + JSON + OTHER_VERSION, b"{}", NOT_FOUND),
    ("404 before 412, DELETE", "DELETE", ABSENT, ADMIN + OTHER_VERSION, b"", NOT_FOUND),
    ("404 before 400", "GET", ABSENT + "?x=1", ADMIN, b"", NOT_FOUND),
    ("404 before malformed JSON", "PATCH", ABSENT, ADMIN + MERGE, b"{", NOT_FOUND),
    ("404 before 400, DELETE", "DELETE", ABSENT + "?x=1", ADMIN, b"", NOT_FOUND),
    ("413 before the coding's 415", "PUT", ITEM, ADMIN + BROTLI, LARGE, TOO_LARGE),
    ("413 before 415", "POST", "/articles", ADMIN + TEXT, LARGE, TOO_LARGE),
    ("declared 413 before Content-Range", "PUT", ITEM, ADMIN + JSON + RANGE, LARGE, TOO_LARGE),
    ("coding before type", "POST", "/articles", ADMIN + BROTLI + TEXT, b"{", CODING),
    ("coding before type, PATCH", "PATCH", ITEM, ADMIN + BROTLI + TEXT, b"{", CODING),
    ("coding before Content-Range", "PUT", ITEM, ADMIN + BROTLI + JSON + RANGE, b"{", CODING),
    ("type before Content-Range", "PUT", ITEM, ADMIN + TEXT + RANGE, b"{", MEDIA_TYPE),
    ("type before 413 of a chunked body", "POST", "/articles", ADMIN + TEXT + CHUNKED, LARGE, MEDIA_TYPE),
    ("Content-Range before 413 of a chunked body", "PUT", ITEM, ADMIN + JSON + RANGE + CHUNKED, LARGE, BAD_FIELD),
    ("Content-Range before 412", "PUT", ITEM, ADMIN + JSON + RANGE + OTHER_VERSION, b"{}", BAD_FIELD),
    ("413 before 412", "PUT", ITEM, ADMIN + JSON + OTHER_VERSION + CHUNKED, LARGE, TOO_LARGE),
    ("415 before 412", "PATCH", ITEM, ADMIN + TEXT + OTHER_VERSION, b"{", MEDIA_TYPE),
    ("412 before malformed JSON", "PATCH", ITEM, ADMIN + MERGE + OTHER_VERSION, b"{", PRECONDITION),
    ("412 before malformed JSON, PUT", "PUT", ITEM, ADMIN + JSON + OTHER_VERSION, b"{", PRECONDITION),
    ("412 before 422", "PUT", ITEM, ADMIN + JSON + OTHER_VERSION, b"[]", PRECONDITION),
    ("412 before a parameter's 400", "PUT", ITEM + "?x=1", ADMIN + JSON + OTHER_VERSION, b"{}", PRECONDITION),
    ("412 before a parameter's 400, DELETE", "DELETE", ITEM + "?x=1", ADMIN + OTHER_VERSION, b"", PRECONDITION),
    (
        "a malformed If-Match before malformed JSON",
        "PUT",
        ITEM,
        ADMIN + JSON + b"If-Match: v1\r\n",
        b"{",
        BAD_FIELD,
    ),
    (
        "If-None-Match before malformed JSON",
        "PUT",
        ITEM,
        ADMIN + JSON + b"If-None-Match: *\r\n",
        b"{",
        PRECONDITION,
    ),
    ("a parameter's 400 before 422", "POST", "/articles?x=1", ADMIN + JSON, b"[]", PARAMETER),
    ("a parameter's 400 before 422, PUT", "PUT", ITEM + "?x=1", ADMIN + JSON, b"[]", PARAMETER),
    ("a parameter's 400 before 422, PATCH", "PATCH", ITEM + "?x=1", ADMIN + MERGE, b'{"id": 0}', PARAMETER),
    ("a parameter's 400 before 422, status", "GET", "/status/99?x=1", ADMIN, b"", PARAMETER),
    (
        "a parameter's 400 before 409",
        "PATCH",
        ITEM + "?x=1",
        ADMIN + JSON_PATCH,
        b'[{"op":"remove","path":"/x"}]',
        PARAMETER,
    ),
]

# Credentials and limits

WRONG = HOST + f"Authorization: {basic('john', 'wrong')}\r\n".encode()
OTHER = HOST + f"Authorization: {basic('john', 'john')}\r\n".encode()
NO_TOKEN = HOST + b"Authorization: Bearer x\r\n"
TWICE = HOST + CREDENTIALS * 2
# A placeholder for a token without scopes.
UNSCOPED = HOST + b"{unscoped}"
PREFLIGHT = b"Origin: https://app.example.org\r\nAccess-Control-Request-Method: PUT\r\n"
# Over the largest cap: refused unread, after all earlier checks.
HUGE = b"Content-Length: 67108864\r\nExpect: 100-continue\r\n"
ANY_COPY = b"If-None-Match: *\r\n"

CREDENTIALS_NEEDED = (401, "unauthenticated")
INVALID_TOKEN = (401, "invalid-token")
SCOPE = (403, "insufficient-scope")
FORBIDDEN = (403, "forbidden")
RATE = (429, "rate-limited")

WHO = [
    ("414 before 401", "GET", "/" + "a" * 9_000, WRONG, b"", TARGET),
    ("501 before 401", "BREW", "/users/me", WRONG, b"", UNKNOWN_METHOD),
    ("404 before 401", "GET", "/nothing", WRONG, b"", NOT_FOUND),
    ("404 before 401 of a token", "GET", "/nothing", NO_TOKEN, b"", NOT_FOUND),
    ("404 before the 400 of two Authorization lines", "GET", "/nothing", TWICE, b"", NOT_FOUND),
    ("an id's 404 before 401", "PUT", "/articles/0", HOST + JSON, b"{}", NOT_FOUND),
    ("405 before 401", "DELETE", "/users", HOST, b"", NO_METHOD),
    ("405 before a wrong password", "POST", "/hello", WRONG, b"", NO_METHOD),
    ("405 before the 400 of two Authorization lines", "POST", "/hello", TWICE, b"", NO_METHOD),
    ("406 before 401", "GET", "/users/me", HOST + PNG, b"", NOT_ACCEPTABLE),
    ("406 before a wrong password", "GET", "/hello", WRONG + PNG, b"", NOT_ACCEPTABLE),
    ("406 before 403", "GET", "/admin/audit", OTHER + PNG, b"", NOT_ACCEPTABLE),
    ("406 before the 400 of two Authorization lines", "GET", "/hello", TWICE + PNG, b"", NOT_ACCEPTABLE),
    ("two Authorization lines before 403", "GET", "/admin/audit", TWICE, b"", BAD_FIELD),
    ("two Authorization lines before 415", "POST", "/articles", TWICE + TEXT, b"{", BAD_FIELD),
    ("401 before 403", "GET", "/admin/audit", HOST, b"", CREDENTIALS_NEEDED),
    ("a wrong password before 403", "GET", "/admin/audit", WRONG, b"", CREDENTIALS_NEEDED),
    ("401 before the object's 404", "PUT", ABSENT, HOST + JSON, b"{}", CREDENTIALS_NEEDED),
    ("401 before the object's 404, DELETE", "DELETE", ABSENT, HOST, b"", CREDENTIALS_NEEDED),
    ("a wrong password before the object's 404", "GET", ABSENT, WRONG, b"", CREDENTIALS_NEEDED),
    ("a wrong token before the object's 404", "GET", ABSENT, NO_TOKEN, b"", INVALID_TOKEN),
    ("401 before 413", "POST", "/articles", HOST + JSON, LARGE, CREDENTIALS_NEEDED),
    ("401 before 413 of a body that nobody reads", "POST", "/articles", HOST + JSON + HUGE, b"", CREDENTIALS_NEEDED),
    ("401 before 413 of a chunked body", "POST", "/articles", HOST + JSON + CHUNKED, LARGE, CREDENTIALS_NEEDED),
    ("a wrong password before 413", "POST", "/echo", WRONG + JSON, LARGE, CREDENTIALS_NEEDED),
    ("401 before the coding's 415", "POST", "/articles", HOST + BROTLI, b"{", CREDENTIALS_NEEDED),
    ("401 before 415", "PATCH", ITEM, HOST + TEXT, b"{", CREDENTIALS_NEEDED),
    ("401 before Content-Range", "PUT", ITEM, HOST + JSON + RANGE, b"{}", CREDENTIALS_NEEDED),
    ("401 before 412", "PATCH", ITEM, HOST + MERGE + OTHER_VERSION, b"{}", CREDENTIALS_NEEDED),
    ("a wrong password before 412, GET", "GET", ITEM, WRONG + OTHER_VERSION, b"", CREDENTIALS_NEEDED),
    ("a wrong password before 304", "GET", ITEM, WRONG + ANY_COPY, b"", CREDENTIALS_NEEDED),
    ("401 before malformed JSON", "POST", "/articles", HOST + JSON, b"{", CREDENTIALS_NEEDED),
    ("401 before a parameter's 400", "GET", "/users/me?x=1", HOST, b"", CREDENTIALS_NEEDED),
    ("a wrong password before a parameter's 400", "GET", "/hello?x=1", WRONG, b"", CREDENTIALS_NEEDED),
    ("401 before 422", "POST", "/articles", HOST + JSON, b"[]", CREDENTIALS_NEEDED),
    ("a wrong password before 409", "POST", "/users", WRONG + JSON, b'{"username": "john"}', CREDENTIALS_NEEDED),
    ("the scope before the object's 404", "PUT", ABSENT, UNSCOPED + JSON, b"{}", SCOPE),
    ("the scope before the object's 404, DELETE", "DELETE", ABSENT, UNSCOPED, b"", SCOPE),
    ("the scope before the owner's 403", "DELETE", ITEM, UNSCOPED, b"", SCOPE),
    ("the scope before 413", "POST", "/articles", UNSCOPED + JSON, LARGE, SCOPE),
    ("the scope before 413 of a body that nobody reads", "POST", "/articles", UNSCOPED + JSON + HUGE, b"", SCOPE),
    ("the scope before 415", "POST", "/articles", UNSCOPED + TEXT, b"{", SCOPE),
    ("the scope before malformed JSON", "PUT", "/secrets/door", UNSCOPED + JSON, b"{", SCOPE),
    ("the scope before a parameter's 400", "GET", "/secrets?x=1", UNSCOPED, b"", SCOPE),
    ("the role before a parameter's 400", "GET", "/admin/audit?x=1", OTHER, b"", FORBIDDEN),
    ("that a token makes no token before 415", "POST", "/tokens", UNSCOPED + TEXT, b"{", FORBIDDEN),
    ("that a token makes no token before 422", "POST", "/tokens", UNSCOPED + JSON, b"[]", FORBIDDEN),
    ("the owner's 403 before 413", "PUT", ITEM, OTHER + JSON, LARGE, FORBIDDEN),
    ("the owner's 403 before the coding's 415", "PUT", ITEM, OTHER + BROTLI, b"{", FORBIDDEN),
    ("the owner's 403 before 415", "PATCH", ITEM, OTHER + TEXT, b"{", FORBIDDEN),
    ("the owner's 403 before Content-Range", "PUT", ITEM, OTHER + JSON + RANGE, b"{}", FORBIDDEN),
    ("the owner's 403 before 412", "PUT", ITEM, OTHER + JSON + OTHER_VERSION, b"{}", FORBIDDEN),
    ("the owner's 403 before 412, DELETE", "DELETE", ITEM, OTHER + OTHER_VERSION, b"", FORBIDDEN),
    ("the owner's 403 before malformed JSON", "PATCH", ITEM, OTHER + MERGE, b"{", FORBIDDEN),
    ("the owner's 403 before a parameter's 400", "DELETE", ITEM + "?x=1", OTHER, b"", FORBIDDEN),
    ("the owner's 403 before 422", "PUT", ITEM, OTHER + JSON, b"[]", FORBIDDEN),
]

ROWS = [*BOTH, *WHO]


@pytest.fixture(scope="session")
def unscoped(anonymous) -> bytes:
    """A field line with a token without scopes."""
    _, said = new_token(anonymous, register(anonymous), [])
    return f"Authorization: {said}\r\n".encode()


@pytest.mark.parametrize(
    ("method", "path", "fields", "body", "first"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_the_check_that_comes_first_answers(server, article, stored, unscoped, method, path, fields, body, first):
    before = stored()
    framing = b"Content-Length: %d\r\n" % len(body) if body and CHUNKED not in fields else b""
    content = chunked(body) if CHUNKED in fields else body
    fields = fields.replace(b"{unscoped}", unscoped) + framing
    answer = ask(server.port, method, path.format(id=article["id"]), fields, content)
    refused(answer, *first)
    if first == CODING:
        assert answer.headers["Accept-Encoding"] == "gzip"
        assert not {"accept-post", "accept-patch", "accept"} & set(answer.headers)
    if first == MEDIA_TYPE:
        field = {"POST": "Accept-Post", "PATCH": "Accept-Patch"}.get(method, "Accept")
        assert answer.headers[field].split(", ") == answer.json()["supported"]
        assert "Accept-Encoding" not in answer.headers
    assert stored() == before


@pytest.mark.parametrize("path", ["/hello", "/nothing", "/users/me", "//", "/articles/0", "/" + "a" * 7_000])
@pytest.mark.parametrize("fields", [HOST, WRONG, NO_TOKEN, TWICE, HOST + PNG, HOST + OTHER_VERSION, ADMIN + TEXT])
def test_a_preflight_comes_before_all_other_checks(server, path, fields):
    assert ask(server.port, "OPTIONS", path, fields + PREFLIGHT).status_code == 204


@pytest.fixture(scope="module")
def exhausted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose rate limit this client has reached."""
    running = Server(tmp_path_factory.mktemp("exhausted") / "log", "--ephemeral", RATE_LIMIT="1/hour")
    assert ask(running.port, "GET", "/hello").status_code == 200
    yield running
    assert running.stop() == 0


@pytest.mark.parametrize(
    ("method", "path", "fields", "body", "first"),
    [
        ("GET", "/nothing", ADMIN, b"", NOT_FOUND),
        ("DELETE", "/hello", ADMIN, b"", NO_METHOD),
        ("GET", "/hello", ADMIN + PNG, b"", NOT_ACCEPTABLE),
        ("BREW", "/hello", ADMIN, b"", UNKNOWN_METHOD),
        ("GET", "/hello", TWICE, b"", RATE),
        ("GET", "/hello", WRONG, b"", RATE),
        ("GET", "/hello", NO_TOKEN, b"", RATE),
        ("GET", "/users/me", HOST, b"", RATE),
        ("GET", "/admin/audit", OTHER, b"", RATE),
        ("GET", ABSENT, ADMIN, b"", RATE),
        ("POST", "/articles", ADMIN + JSON, LARGE, RATE),
        ("POST", "/articles", ADMIN + JSON + HUGE, b"", RATE),
        ("POST", "/articles", ADMIN + BROTLI, b"{", RATE),
        ("POST", "/articles", ADMIN + TEXT, b"{", RATE),
        ("PUT", "/articles/1", ADMIN + JSON + OTHER_VERSION, b"{}", RATE),
        ("GET", "/articles/1", ADMIN + ANY_COPY, b"", RATE),
        ("POST", "/articles", ADMIN + JSON, b"{", RATE),
        ("GET", "/hello?x=1", ADMIN, b"", RATE),
        ("GET", "/status/99", ADMIN, b"", RATE),
    ],
)
def test_the_limit_comes_after_406_and_before_credentials(exhausted, method, path, fields, body, first):
    framing = b"Content-Length: %d\r\n" % len(body) if body else b""
    answer = ask(exhausted.port, method, path, fields + framing, body)
    refused(answer, *first)
    assert ("Retry-After" in answer.headers) == (first == RATE)


def test_options_and_preflights_are_not_limited(exhausted):
    assert ask(exhausted.port, "OPTIONS", "/hello").status_code == 204
    assert ask(exhausted.port, "OPTIONS", "/hello", HOST + PREFLIGHT).status_code == 204
