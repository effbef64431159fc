"""The order of checks (CONTRACT §2): each request breaks two of them, and the one that comes first answers."""

import pytest

from tests.contract.expect import refused
from tests.contract.raw import HOST, ask, chunked

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
    ("414 before 501", "BREW", "/" + "a" * 9_000, HOST, b"", TARGET),
    ("414 before the Host's 400", "GET", "/" + "a" * 9_000, b"", b"", TARGET),
    ("the Host's 400 before 501", "BREW", "/", b"", b"", BAD_HOST),
    ("the Host's 400 before 404", "GET", "/nothing", b"Host: a b\r\n", b"", BAD_HOST),
    ("431 before 501", "BREW", "/", HOST + b"X: " + b"a" * 17_000 + b"\r\n", b"", FIELDS),
    ("501 before 404", "BREW", "/nothing", HOST, b"", UNKNOWN_METHOD),
    ("501 before an id's 404", "get", "/articles/0", HOST, b"", UNKNOWN_METHOD),
    ("501 before 406", "BREW", "/hello", HOST + PNG, b"", UNKNOWN_METHOD),
    ("404 before 405", "TRACE", "/nothing", HOST, b"", NOT_FOUND),
    ("an id's 404 before 405", "POST", "/articles/0", HOST, b"", NOT_FOUND),
    ("404 before OPTIONS", "OPTIONS", "/nothing", HOST, b"", NOT_FOUND),
    ("404 before 406", "GET", "/nothing", HOST + PNG, b"", NOT_FOUND),
    ("405 before 406", "DELETE", "/articles", HOST + PNG, b"", NO_METHOD),
    ("405 before 406, item", "POST", ITEM, HOST + PNG, b"", NO_METHOD),
    ("405 before 400", "DELETE", "/hello?x=1", HOST, b"", NO_METHOD),
    ("405 before 415", "PUT", "/articles", HOST + BROTLI + TEXT, b"", NO_METHOD),
    ("406 before the object's 404", "GET", ABSENT, HOST + PNG, b"", NOT_ACCEPTABLE),
    ("406 before 404, PUT", "PUT", ABSENT, HOST + PNG + JSON, b"{", NOT_ACCEPTABLE),
    ("406 before 415", "POST", "/articles", HOST + PNG + TEXT, b"{", NOT_ACCEPTABLE),
    ("406 before 400", "GET", "/hello?x=1", HOST + PNG, b"", NOT_ACCEPTABLE),
    ("404 before 413", "PUT", ABSENT, HOST + JSON, LARGE, NOT_FOUND),
    ("404 before 413, PATCH", "PATCH", ABSENT, HOST + MERGE, LARGE, NOT_FOUND),
    ("404 before 415", "PUT", ABSENT, HOST + TEXT, b"{", NOT_FOUND),
    ("404 before 412", "PUT", ABSENT, HOST + JSON + OTHER_VERSION, b"{}", NOT_FOUND),
    ("404 before 412, DELETE", "DELETE", ABSENT, HOST + OTHER_VERSION, b"", NOT_FOUND),
    ("404 before 400", "GET", ABSENT + "?x=1", HOST, b"", NOT_FOUND),
    ("404 before malformed JSON", "PATCH", ABSENT, HOST + MERGE, b"{", NOT_FOUND),
    ("404 before 400, DELETE", "DELETE", ABSENT + "?x=1", HOST, b"", NOT_FOUND),
    ("413 before the coding's 415", "PUT", ITEM, HOST + BROTLI, LARGE, TOO_LARGE),
    ("413 before 415", "POST", "/articles", HOST + TEXT, LARGE, TOO_LARGE),
    ("declared 413 before Content-Range", "PUT", ITEM, HOST + JSON + RANGE, LARGE, TOO_LARGE),
    ("coding before type", "POST", "/articles", HOST + BROTLI + TEXT, b"{", CODING),
    ("coding before type, PATCH", "PATCH", ITEM, HOST + BROTLI + JSON, b"{", CODING),
    ("coding before Content-Range", "PUT", ITEM, HOST + BROTLI + JSON + RANGE, b"{", CODING),
    ("type before Content-Range", "PUT", ITEM, HOST + TEXT + RANGE, b"{", MEDIA_TYPE),
    ("type before 413 of a chunked body", "POST", "/articles", HOST + TEXT + CHUNKED, LARGE, MEDIA_TYPE),
    ("Content-Range before 413 of a chunked body", "PUT", ITEM, HOST + JSON + RANGE + CHUNKED, LARGE, BAD_FIELD),
    ("Content-Range before 412", "PUT", ITEM, HOST + JSON + RANGE + OTHER_VERSION, b"{}", BAD_FIELD),
    ("413 before 412", "PUT", ITEM, HOST + JSON + OTHER_VERSION + CHUNKED, LARGE, TOO_LARGE),
    ("415 before 412", "PATCH", ITEM, HOST + JSON + OTHER_VERSION, b"{", MEDIA_TYPE),
    ("412 before malformed JSON", "PATCH", ITEM, HOST + MERGE + OTHER_VERSION, b"{", PRECONDITION),
    ("412 before malformed JSON, PUT", "PUT", ITEM, HOST + JSON + OTHER_VERSION, b"{", PRECONDITION),
    ("412 before 422", "PUT", ITEM, HOST + JSON + OTHER_VERSION, b"[]", PRECONDITION),
    ("412 before a parameter's 400", "PUT", ITEM + "?x=1", HOST + JSON + OTHER_VERSION, b"{}", PRECONDITION),
    ("412 before a parameter's 400, DELETE", "DELETE", ITEM + "?x=1", HOST + OTHER_VERSION, b"", PRECONDITION),
    ("a malformed If-Match before malformed JSON", "PUT", ITEM, HOST + JSON + b"If-Match: v1\r\n", b"{", BAD_FIELD),
    ("If-None-Match before malformed JSON", "PUT", ITEM, HOST + JSON + b"If-None-Match: *\r\n", b"{", PRECONDITION),
    ("a parameter's 400 before 422", "POST", "/articles?x=1", HOST + JSON, b"[]", PARAMETER),
    ("a parameter's 400 before 422, PUT", "PUT", ITEM + "?x=1", HOST + JSON, b"[]", PARAMETER),
    ("a parameter's 400 before 422, PATCH", "PATCH", ITEM + "?x=1", HOST + MERGE, b'{"id": 0}', PARAMETER),
    ("a parameter's 400 before 422, status", "GET", "/status/99?x=1", HOST, b"", PARAMETER),
    (
        "a parameter's 400 before 409",
        "PATCH",
        ITEM + "?x=1",
        HOST + JSON_PATCH,
        b'[{"op":"remove","path":"/x"}]',
        PARAMETER,
    ),
]


@pytest.mark.parametrize(
    ("method", "path", "fields", "body", "first"), [row[1:] for row in BOTH], ids=[row[0] for row in BOTH]
)
def test_the_check_that_comes_first_answers(server, article, stored, method, path, fields, body, first):
    before = stored()
    framing = b"Content-Length: %d\r\n" % len(body) if body and CHUNKED not in fields else b""
    content = chunked(body) if CHUNKED in fields else body
    answer = ask(server.port, method, path.format(id=article["id"]), fields + framing, content)
    refused(answer, *first)
    if first == CODING:
        assert answer.headers["Accept-Encoding"] == "gzip"
        assert not {"accept-post", "accept-patch", "accept"} & set(answer.headers)
    if first == MEDIA_TYPE:
        field = {"POST": "Accept-Post", "PATCH": "Accept-Patch"}.get(method, "Accept")
        assert answer.headers[field].split(", ") == answer.json()["supported"]
        assert "Accept-Encoding" not in answer.headers
    assert stored() == before
