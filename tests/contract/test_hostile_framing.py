"""Requests with broken framing, fields, Host or request line (CONTRACT §2, §11)."""

import pytest

from tests.contract.expect import PROBLEM, refused
from tests.contract.raw import ADMIN, CREDENTIALS, HOST, Connection, ask, chunked, exchange
from tests.contract.routes import KNOWN

pytestmark = pytest.mark.one_database

MIB = 1024 * 1024
GOOD = b'{"title": "Framed", "body": "b"}'
JSON = ADMIN + b"Content-Type: application/json\r\n"
POST = b"POST /articles HTTP/1.1\r\n" + JSON
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


def turned_away(answer) -> None:
    """Assert a 400 by the server itself, or as a problem; the connection ends either way (CONTRACT §3)."""
    assert answer is not None
    assert answer.status_code == 400
    assert answer.headers["Connection"] == "close"
    if answer.content:
        assert answer.headers["Content-Type"] == PROBLEM


# Broken bodies

CUT = {
    "nothing of a declared body": (b"Content-Length: 32\r\n\r\n", True),
    "a declared body": (b"Content-Length: 33\r\n\r\n" + GOOD, True),
    "a chunk": (CHUNKED + b"21\r\n" + GOOD, True),
    "before the last chunk": (CHUNKED + chunked(GOOD)[:-5], True),
    "in the last chunk": (CHUNKED + chunked(GOOD)[:-4], True),
    "before the end of the trailers": (CHUNKED + chunked(GOOD)[:-2], True),
    "in a chunk size": (CHUNKED + b"2", True),
    "size in no digits": (CHUNKED + b"zz\r\n" + GOOD + b"\r\n0\r\n\r\n", False),
    "size below zero": (CHUNKED + b"-1\r\n" + GOOD + b"\r\n0\r\n\r\n", False),
    "size with a sign": (CHUNKED + b"+20\r\n" + GOOD + b"\r\n0\r\n\r\n", False),
    "size with 0x": (CHUNKED + b"0x20\r\n" + GOOD + b"\r\n0\r\n\r\n", False),
    "size of 2^72": (CHUNKED + b"1000000000000000000\r\n" + GOOD + b"\r\n0\r\n\r\n", False),
    "no size": (CHUNKED + b"\r\n" + GOOD + b"\r\n0\r\n\r\n", False),
    "size too small": (CHUNKED + b"1f\r\n" + GOOD + b"\r\n0\r\n\r\n", False),
    "no end of line after a chunk": (CHUNKED + b"20\r\n" + GOOD + b"XX0\r\n\r\n", False),
    "no chunks at all": (CHUNKED + GOOD + b"\r\n\r\n", False),
}


@pytest.mark.parametrize("name", CUT)
@pytest.mark.parametrize("target", [b"POST /articles", b"PUT /articles/{id}", b"POST /echo"], ids=bytes.decode)
def test_a_body_that_is_broken_off_or_badly_framed_is_400_and_not_stored(server, article, stored, target, name):
    before = stored()
    rest, end = CUT[name]
    line = target.replace(b"{id}", str(article["id"]).encode()) + b" HTTP/1.1\r\n"
    answer = exchange(server.port, line + JSON + rest, end=end)
    refused(answer, 400, "malformed-body")
    assert answer.headers["Connection"] == "close"
    assert stored() == before


def test_transfer_encoding_counts_over_content_length_and_the_connection_closes(server, stored):
    total, _ = stored()
    second = b"POST /articles HTTP/1.1\r\n" + JSON + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD
    with Connection(server.port) as connection:
        connection.send(POST + b"Content-Length: 3\r\n" + CHUNKED + chunked(GOOD) + second)
        answer = connection.answer()
        assert answer is not None
        assert answer.status_code == 201
        assert answer.headers["Connection"] == "close"
        assert connection.closed()
    assert stored()[0] == total + 1


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"chunked, chunked", b"identity, chunked"])
def test_an_unknown_transfer_coding_is_501_and_not_stored(server, stored, coding):
    before = stored()
    answer = exchange(server.port, POST + b"Transfer-Encoding: " + coding + b"\r\n\r\n" + chunked(GOOD))
    refused(answer, 501, "not-implemented")
    assert stored() == before


@pytest.mark.parametrize("coding", [b"gzip", b"identity", b"xchunked", b"chunked, gzip", b"", b"chunked;q=1"])
def test_a_body_without_a_clear_end_is_refused_and_not_stored(server, stored, coding):
    before = stored()
    answer = exchange(server.port, POST + b"Transfer-Encoding: " + coding + b"\r\n\r\n" + chunked(GOOD))
    assert answer is not None
    assert answer.status_code in (400, 501)
    assert answer.headers["Connection"] == "close"
    assert stored() == before


@pytest.mark.parametrize(
    "length", [b"32, 33", b"32\r\nContent-Length: 33", b"-1", b"+32", b"32x", b"", b"0x20", b"9" * 40]
)
def test_an_invalid_length_is_400_and_not_stored(server, stored, length):
    before = stored()
    turned_away(exchange(server.port, POST + b"Content-Length: " + length + b"\r\n\r\n" + GOOD))
    assert stored() == before


def test_chunk_extensions_and_trailers_are_ignored(server, stored):
    body = b"10;a=b\r\n" + GOOD[:16] + b"\r\n10\r\n" + GOOD[16:] + b"\r\n0\r\nX-HTTP-Method-Override: DELETE\r\n\r\n"
    answer = exchange(server.port, POST + CHUNKED + body)
    assert answer is not None
    assert answer.status_code == 201


@pytest.mark.parametrize("target", [b"POST /articles", b"PUT /articles/{id}", b"POST /echo"], ids=bytes.decode)
@pytest.mark.parametrize("how", ["declared", "chunked"])
def test_a_body_over_the_largest_cap_is_413_before_it_is_all_sent(server, article, stored, target, how):
    before = stored()
    line = target.replace(b"{id}", str(article["id"]).encode()) + b" HTTP/1.1\r\n"
    with Connection(server.port) as connection:
        if how == "declared":
            connection.send(line + JSON + b"Content-Length: %d\r\n\r\n" % (64 * MIB) + b" " * MIB)
        else:
            chunk = b"100000\r\n" + b" " * MIB + b"\r\n"
            connection.send(line + JSON + CHUNKED + chunk * 18)
        answer = connection.answer()
    refused(answer, 413, "content-too-large")
    assert answer.headers["Connection"] == "close"
    assert stored() == before


@pytest.mark.parametrize("path", ["/nothing", "/hello", "/users/1"])
def test_a_body_over_the_largest_cap_is_refused_after_404_and_405(server, path):
    fields = ADMIN + b"Expect: 100-continue\r\nContent-Length: %d\r\n" % (64 * MIB)
    answer = ask(server.port, "POST", path, fields)
    refused(answer, *((404, "not-found") if path == "/nothing" else (405, "method-not-allowed")))


def test_expect_100_continue_is_answered(server):
    with Connection(server.port) as connection:
        connection.send(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(GOOD))
        connection.send(GOOD)
        answer = connection.answer()
    assert answer is not None
    assert answer.status_code == 201


# Host


@pytest.mark.parametrize("route", KNOWN)
def test_a_host_that_is_missing_doubled_or_malformed_is_400(server, place, route):
    for lines in (
        "",
        "Host: a\r\nHost: b\r\n",
        "Host: a\r\nHost: a\r\n",
        "Host: a b\r\n",
        "Host:\r\n",
        "Host: a/b\r\n",
    ):
        answer = ask(server.port, "GET", place(route), lines.encode())
        refused(answer, 400, "invalid-host", lines)
        assert answer.headers["Connection"] == "close"


@pytest.mark.parametrize(
    "host", ["a@b", "a:b", "a:99999", "[::1", "::1", "a,b", "a?b", "a#b", "<b>", "a\\b", "%zz", "é", "a" * 300]
)
def test_an_invalid_host_is_400(server, host):
    refused(ask(server.port, "GET", "/hello", b"Host: " + host.encode("latin-1") + b"\r\n"), 400, "invalid-host")


@pytest.mark.xfail(
    reason="the server below makes up a Host from the target, and nothing above can tell (decision 0001)"
)
def test_an_absolute_target_does_not_replace_host(server):
    refused(ask(server.port, "GET", "http://touchstone.test/hello", b""), 400, "invalid-host")


def test_an_absolute_target_is_served(server):
    assert ask(server.port, "GET", "http://elsewhere.test/hello").json() == {"hello": "John Doe"}


@pytest.mark.parametrize("route", KNOWN)
def test_http_1_0_without_host_is_served(server, place, route):
    answer = exchange(server.port, f"GET {place(route)} HTTP/1.0\r\n".encode() + CREDENTIALS + b"\r\n")
    assert answer is not None
    assert answer.status_code == 200
    assert "Transfer-Encoding" not in answer.headers


# Size of the head


@pytest.mark.parametrize("route", KNOWN)
def test_a_target_over_8_kib_is_414(server, place, route):
    for path in (place(route) + "?a=" + "a" * 8_192, place(route) + "/" + "a" * 8_192):
        answer = ask(server.port, "GET", path)
        assert refused(answer, 414, "uri-too-long")["limit"] == 8_192
        assert answer.headers["Connection"] == "close"


def test_a_target_of_8_kib_is_read(server):
    refused(ask(server.port, "GET", "/" + "a" * 8_191), 404, "not-found")


@pytest.mark.parametrize("route", KNOWN)
def test_a_field_over_16_kib_is_431(server, place, route):
    for name in (b"X-Any", b"Accept", b"Cookie", b"If-None-Match"):
        answer = ask(server.port, "GET", place(route), ADMIN + name + b": " + b"a" * 16_384 + b"\r\n")
        assert refused(answer, 431, "header-fields-too-large")["limit"] == 16_384
        assert answer.headers["Connection"] == "close"


def test_over_100_fields_are_431_and_100_are_read(server):
    many = ask(server.port, "GET", "/hello", HOST + b"X: 1\r\n" * 100)
    assert many.status_code == 431
    assert many.headers["Connection"] == "close"
    assert ask(server.port, "GET", "/hello", HOST + b"X: 1\r\n" * 99).status_code == 200


def test_a_head_of_a_megabyte_is_431(server):
    answer = ask(server.port, "GET", "/hello", ADMIN + (b"X: " + b"a" * 10_000 + b"\r\n") * 99)
    assert answer.status_code == 431


# Request line and field syntax


@pytest.mark.parametrize(
    "request_line",
    [
        b"garbage",
        b"GET /hello",
        b"GET  /hello HTTP/1.1",
        b"GET /hello HTTP/9.9",
        b"GET /hello HTTP/1.1 x",
        b"GET /hello http/1.1",
        b"GET /hel lo HTTP/1.1",
        b"GET /\x00 HTTP/1.1",
        b"GET /\xff HTTP/1.1",
        b"G@T /hello HTTP/1.1",
        b"G\xc3\x89T /hello HTTP/1.1",
        b"/hello GET HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01",
    ],
)
def test_an_invalid_request_line_is_400(server, request_line):
    turned_away(exchange(server.port, request_line + b"\r\n" + ADMIN + b"\r\n", end=True))


@pytest.mark.parametrize(
    "line",
    [
        b"X : 1",
        b": 1",
        b"X",
        b"X\t: 1",
        b"X: a\r\n folded",
        b"X: \x00",
        b"X: \x07",
        b"X\xff: 1",
        b"X: a\rb",
        b"X(1): a",
    ],
)
def test_an_invalid_field_is_400(server, line):
    turned_away(exchange(server.port, b"GET /hello HTTP/1.1\r\n" + ADMIN + line + b"\r\n\r\n", end=True))


@pytest.mark.parametrize("target", ["articles", "hello", "evil.test", "a:b@c", "evil.test:80"])
def test_a_target_that_is_not_a_path_is_refused_and_never_redirected(server, target):
    answer = ask(server.port, "GET", target, b"Host: evil.test\r\n")
    assert answer.status_code in (400, 404)
    assert "Location" not in answer.headers
    assert "html" not in answer.headers.get("Content-Type", "")
