"""The environment made from a request's head, and refusals because of the head."""

import json

import pytest

from tests.front.conftest import Below, Server, body_of, field_of, status_of


def refusal(answer: bytes) -> tuple[int, str]:
    """The status and the problem. h11 refuses a head that is not HTTP itself, without content."""
    assert field_of(answer, "date")
    if Below.name == "uvicorn" and field_of(answer, "content-length") == "0":
        assert field_of(answer, "connection") == "close"
        return status_of(answer), ""
    assert field_of(answer, "content-type") == "application/problem+json"
    assert field_of(answer, "connection") == "close"
    assert field_of(answer, "x-request-id")
    document = json.loads(body_of(answer))
    assert document["status"] == status_of(answer)
    return document["status"], document["type"].rpartition("/")[2]


def test_a_target_of_8_kib_is_taken_and_one_byte_more_is_414(server: Server) -> None:
    longest = b"/" + b"a" * 8_186 + b"?b=c"  # 8,191 bytes; one more follows
    taken = server.exchange(b"GET " + longest + b"d HTTP/1.1\r\nHost: a\r\n\r\n")
    refused = server.exchange(b"GET " + longest + b"de HTTP/1.1\r\nHost: a\r\n\r\n")
    assert status_of(taken) == 200
    assert refusal(refused) == (414, "uri-too-long")
    assert json.loads(body_of(refused))["limit"] == 8_192


def test_a_field_of_16_kib_is_taken_and_one_byte_more_is_431(server: Server) -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX-A: "
    assert status_of(server.exchange(head + b"a" * 16_381 + b"\r\n\r\n")) == 200
    refused = server.exchange(head + b"a" * 16_382 + b"\r\n\r\n")
    assert refusal(refused) == (431, "header-fields-too-large")


def test_a_hundred_fields_are_taken_and_one_more_is_431(server: Server) -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\n"
    assert status_of(server.exchange(head + b"X: 1\r\n" * 99 + b"\r\n")) == 200
    refused = server.exchange(head + b"X: 1\r\n" * 100 + b"\r\n")
    assert status_of(refused) == 431
    assert field_of(refused, "connection") == "close"


@pytest.mark.parametrize(
    "host", [b"", b"Host:\r\n", b"Host: a\r\nHost: b\r\n", b"Host: a\r\nHost: a\r\n", b"Host: a b\r\n"]
)
def test_a_host_that_is_missing_doubled_or_malformed_is_400(server: Server, host: bytes) -> None:
    assert refusal(server.exchange(b"GET / HTTP/1.1\r\n" + host + b"\r\n")) in ((400, "invalid-host"), (400, ""))


def test_http_1_0_needs_no_host(server: Server) -> None:
    answer = server.exchange(b"GET / HTTP/1.0\r\n\r\n")
    assert status_of(answer) == 200
    shown = json.loads(body_of(answer))
    assert shown["SERVER_PROTOCOL"] == "HTTP/1.0"
    assert "HTTP_HOST" not in shown
    assert shown["fields"] == []


def test_http_1_0_with_two_hosts_is_400(server: Server) -> None:
    answer = server.exchange(b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n")
    assert refusal(answer) in ((400, "invalid-host"), (400, ""))


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"chunked\r\nTransfer-Encoding: chunked", b"identity, chunked"])
def test_a_transfer_coding_other_than_chunked_is_501(server: Server, coding: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + coding + b"\r\n\r\n"
    answer = server.exchange(head + b"3\r\nabc\r\n0\r\n\r\n")
    assert refusal(answer) in ((501, "not-implemented"), (501, ""))


def test_the_target_is_judged_before_the_host(server: Server) -> None:
    answer = server.exchange(b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: a b\r\n\r\n")
    assert refusal(answer) == (414, "uri-too-long")


def test_a_refusal_keeps_a_good_request_id_and_renders_what_is_accepted(server: Server) -> None:
    fields = b"X-Request-Id: abc-1\r\nAccept: application/problem+xml\r\n"
    answer = server.exchange(b"GET / HTTP/1.1\r\nHost: a b\r\n" + fields + b"\r\n")
    assert field_of(answer, "x-request-id") == "abc-1"
    assert field_of(answer, "content-type") == "application/problem+xml"


def test_the_application_sees_the_target_as_it_was_sent(server: Server) -> None:
    shown = server.shown("/a%2Fb%20%ff?x=%20&y")
    assert shown["REQUEST_URI"] == "/a%2Fb%20%ff?x=%20&y"
    assert shown["PATH_INFO"] == "/a/b \xff"
    assert shown["QUERY_STRING"] == "x=%20&y"
    assert shown["SCRIPT_NAME"] == ""


def test_the_application_sees_the_method_as_it_was_sent(server: Server) -> None:
    for method in ("get", "BREW", "TRACE"):
        answer = server.exchange(method.encode() + b" / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert json.loads(body_of(answer))["REQUEST_METHOD"] == method


def test_the_asterisk_form_reaches_the_application(server: Server) -> None:
    answer = server.exchange(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
    assert json.loads(body_of(answer))["REQUEST_URI"] == "*"


def test_repeated_fields_are_joined_and_still_there_as_lines(server: Server) -> None:
    shown = server.shown("/", b"X-A: 1\r\nCookie: c=1\r\nx-a: 2\r\nCookie: d=2\r\n")
    assert shown["HTTP_X_A"] == "1, 2"
    assert shown["HTTP_COOKIE"] == "c=1; d=2"
    assert [value for name, value in shown["fields"] if name == "x-a"] == ["1", "2"]
    assert [value for name, value in shown["fields"] if name == "cookie"] == ["c=1", "d=2"]


def test_a_name_with_an_underscore_shadows_nothing(server: Server) -> None:
    shown = server.shown("/", b"X_Forwarded_For: evil\r\nX-Forwarded-For: good\r\n")
    assert shown["HTTP_X_FORWARDED_FOR"] == "good"
    assert ["x_forwarded_for", "evil"] in shown["fields"]


def test_nothing_of_the_process_environment_is_there(server: Server) -> None:
    assert "PATH" not in server.shown()


def test_a_second_request_on_the_connection_is_served(server: Server) -> None:
    one = b"POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    two = b"GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(one + two)
        answers = b""
        while piece := connection.recv(65_536):
            answers += piece
    assert answers.count(b"HTTP/1.1 200") == 2


def test_an_upgrade_is_an_ordinary_request(server: Server) -> None:
    fields = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: YQ==\r\n"
    assert server.shown("/", fields)["HTTP_UPGRADE"] == "websocket"


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\nHost: a\nX: 1\n\n", b"GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n"])
def test_a_line_feed_alone_ends_a_line_of_the_head(server: Server, head: bytes) -> None:
    """RFC 9112 §2.2 allows it. docs/deploy.md says what this requires of a proxy."""
    shown = json.loads(body_of(server.exchange(head)))
    assert (shown["HTTP_HOST"], shown["HTTP_X"]) == ("a", "1")


@pytest.mark.parametrize("chunks", [b"3\nabc\r\n0\r\n\r\n", b"3\r\nabc\n0\r\n\r\n"])
def test_a_line_feed_alone_ends_no_line_of_a_chunked_body(server: Server, chunks: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert refusal(server.exchange(head + chunks)) == (400, "malformed-body")
