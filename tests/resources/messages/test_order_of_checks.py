"""The order of checks on messages: of two failing checks the first decides; and 404 (CONTRACT §2, §5)."""

import httpx
import pytest

from api.store.database import Database
from tests.contract.access import basic, new_token, register
from tests.contract.expect import refused
from tests.contract.raw import ADMIN, HOST, ask, chunked
from tests.resources.messages.messages import ABSENT, MIB, make, place, stored
from tests.servers import Server

pytestmark = pytest.mark.one_database

TEXT = b"Content-Type: text/plain\r\n"
JSON = b"Content-Type: application/json\r\n"
UTF_8 = b"Content-Type: text/plain; charset=utf-8\r\n"
PNG_TYPE = b"Content-Type: image/png\r\n"
PNG = b"Accept: image/png\r\n"
BROTLI = b"Content-Encoding: br\r\n"
BAD_DIGEST = b"Content-Digest: sha-256=x\r\n"
OTHER_DIGEST = b"Content-Digest: sha-256=:" + b"A" * 43 + b"=:\r\n"
HUGE = b"Content-Length: 67108864\r\nExpect: 100-continue\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LARGE = b" " * (MIB + 1)
OTHER_TAG = b'If-Match: "v0"\r\n'
BEYOND = b"Range: bytes=20-30\r\n"
WRONG = HOST + f"Authorization: {basic('john', 'wrong')}\r\n".encode()
STEVE = HOST + f"Authorization: {basic('steve', 'steve')}\r\n".encode()
# A placeholder for a token without scopes.
UNSCOPED = HOST + b"{unscoped}"
ALL, ITEM = "/messages", "{item}"

NO_METHOD = (405, "method-not-allowed")
NOT_ACCEPTABLE = (406, "not-acceptable")
CREDENTIALS = (401, "unauthenticated")
SCOPE = (403, "insufficient-scope")
FORBIDDEN = (403, "forbidden")
NOT_FOUND = (404, "not-found")
TOO_LARGE = (413, "content-too-large")
CODING = (415, "unsupported-encoding")
MEDIA_TYPE = (415, "unsupported-media-type")
PRECONDITION = (412, "precondition-failed")
PARAMETER = (400, "invalid-parameter")
HEADER = (400, "invalid-header")
DIGEST = (400, "digest-mismatch")
RANGE = (416, "range-not-satisfiable")

ROWS = [
    ("405 before 406", "PUT", ALL, ADMIN + PNG, b"", NO_METHOD),
    ("406 before a wrong password", "POST", ALL, WRONG + PNG + TEXT, b"a", NOT_ACCEPTABLE),
    ("406 before 401", "GET", ALL, HOST + PNG, b"", NOT_ACCEPTABLE),
    ("406 before 415", "POST", ALL, HOST + PNG + PNG_TYPE, b"a", NOT_ACCEPTABLE),
    ("a wrong password before 404", "GET", ABSENT, WRONG, b"", CREDENTIALS),
    ("a wrong password before 413", "POST", ALL, WRONG + TEXT + HUGE, b"", CREDENTIALS),
    ("a wrong password before 415", "POST", ALL, WRONG + PNG_TYPE, b"a", CREDENTIALS),
    ("401 before 404", "DELETE", ABSENT, HOST, b"", CREDENTIALS),
    ("401 before a parameter's 400", "GET", ALL + "?x=1", HOST, b"", CREDENTIALS),
    ("the scope before 404", "DELETE", ABSENT, UNSCOPED, b"", SCOPE),
    ("the scope before the owner's 403", "DELETE", ITEM, UNSCOPED, b"", SCOPE),
    ("the scope before 413", "POST", ALL, UNSCOPED + TEXT + HUGE, b"", SCOPE),
    ("the scope before 415", "POST", ALL, UNSCOPED + PNG_TYPE, b"a", SCOPE),
    ("the owner's 403 before 412", "DELETE", ITEM, STEVE + OTHER_TAG, b"", FORBIDDEN),
    ("the owner's 403 before a parameter's 400", "DELETE", ITEM + "?x=1", STEVE, b"", FORBIDDEN),
    ("404 before 412", "GET", ABSENT, HOST + OTHER_TAG, b"", NOT_FOUND),
    ("404 before 412, DELETE", "DELETE", ABSENT, ADMIN + OTHER_TAG, b"", NOT_FOUND),
    ("404 before a parameter's 400", "GET", ABSENT + "?x=1", HOST, b"", NOT_FOUND),
    ("413 before the coding's 415", "POST", ALL, HOST + TEXT + BROTLI + HUGE, b"", TOO_LARGE),
    ("413 before 415", "POST", ALL, HOST + PNG_TYPE + HUGE, b"", TOO_LARGE),
    ("coding before type", "POST", ALL, HOST + BROTLI + PNG_TYPE, b"a", CODING),
    ("coding before 413 of a chunked body", "POST", ALL, HOST + BROTLI + JSON + CHUNKED, LARGE, CODING),
    ("type before 413 of a chunked body", "POST", ALL, HOST + PNG_TYPE + CHUNKED, LARGE, MEDIA_TYPE),
    ("type before a digest", "POST", ALL, HOST + PNG_TYPE + BAD_DIGEST, b"a", MEDIA_TYPE),
    ("413 of a chunked body before a digest", "POST", ALL, HOST + JSON + CHUNKED + BAD_DIGEST, LARGE, TOO_LARGE),
    ("413 of a chunked body before a parameter", "POST", ALL + "?x=1", HOST + JSON + CHUNKED, LARGE, TOO_LARGE),
    ("a malformed digest before malformed JSON", "POST", ALL, HOST + JSON + BAD_DIGEST, b"{", HEADER),
    ("another digest before malformed JSON", "POST", ALL, HOST + JSON + OTHER_DIGEST, b"{", DIGEST),
    ("another digest before a charset", "POST", ALL, HOST + UTF_8 + OTHER_DIGEST, b"\xff", DIGEST),
    ("412 before a parameter's 400, DELETE", "DELETE", ITEM + "?x=1", ADMIN + OTHER_TAG, b"", PRECONDITION),
    ("412 before 416", "GET", ITEM, HOST + OTHER_TAG + BEYOND, b"", PRECONDITION),
    ("a parameter's 400 before 416", "GET", ITEM + "?x=1", HOST + BEYOND, b"", PARAMETER),
    ("416 where nothing comes before", "GET", ITEM, HOST + PNG + BEYOND, b"", RANGE),
]


@pytest.fixture(scope="session")
def unscoped(anonymous: httpx.Client) -> bytes:
    """A field line with a token without scopes."""
    _, said = new_token(anonymous, register(anonymous), [])
    return f"Authorization: {said}\r\n".encode()


@pytest.mark.parametrize(
    ("method", "path", "fields", "body", "first"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_the_check_that_comes_first_answers(
    server: Server,
    api: httpx.Client,
    store: Database,
    unscoped: bytes,
    method: str,
    path: str,
    fields: bytes,
    body: bytes,
    first: tuple[int, str],
) -> None:
    item = place(make(api))
    before = stored(store)
    framing = b"Content-Length: %d\r\n" % len(body) if body and CHUNKED not in fields else b""
    content = chunked(body) if CHUNKED in fields else body
    answer = ask(
        server.port, method, path.format(item=item), fields.replace(b"{unscoped}", unscoped) + framing, content
    )
    refused(answer, *first)
    assert stored(store) == before


def test_absent_and_malformed_ids_answer_with_the_same_bytes(server: Server) -> None:
    def told(item: str) -> tuple[list[tuple[str, str]], str]:
        answer = ask(server.port, "GET", f"/messages/{item}", HOST + b"X-Request-Id: one\r\n")
        fields = [pair for pair in answer.headers.multi_items() if pair[0] not in ("date", "content-length")]
        return fields, answer.text.replace(f"/messages/{item}", "")

    absent = told(ABSENT.rpartition("/")[2])
    assert "not-found" in absent[1]
    for item in ("0", "1", "x", ABSENT.rpartition("/")[2].upper() + "0", "00000000"):
        assert told(item) == absent, item
