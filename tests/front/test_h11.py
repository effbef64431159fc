"""The server below of `run.py httpbin`: what clients that read the wire see, slow heads, trailers, 103, TLS."""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from tests.front.conftest import Server, body_of, field_of, read_answer, running, status_of
from tests.waiting import PATIENCE

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module")
def h11() -> Iterator[Server]:
    """A server with h11."""
    with running(below="uvicorn", head_timeout=0.5) as server:
        yield server


def test_names_are_in_title_case_and_phrases_in_capitals(h11: Server) -> None:
    lines = h11.exchange(b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n").split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 204 NO CONTENT"
    assert lines[1].startswith(b"Date: ")
    head = h11.exchange(b"GET /tagged HTTP/1.1\r\nHost: a\r\n\r\n").partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n")[1:]]
    assert names == [b"Date", b"Content-Length", b"ETag", b"WWW-Authenticate", b"X-Request-Id"]


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nX-Slow: ", GET[:-2]])
def test_a_head_that_does_not_come_ends_the_connection(h11: Server, sent: bytes) -> None:
    with h11.connect() as connection:
        connection.sendall(sent)
        assert connection.recv(1) == b""
    with h11.connect() as kept:
        kept.sendall(GET)
        assert status_of(read_answer(kept)) == 200
        kept.sendall(sent)
        assert kept.recv(1) == b""


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET / HTTP/2.0", 505),
        (b"GET / HTTP/1.2", 505),
        (b"GET /\xff HTTP/1.1", 400),
        (b"GET  / HTTP/1.1", 400),
        (b"GE(T / HTTP/1.1", 400),
        (b"\x16\x03\x01", 400),
    ],
)
def test_what_is_not_http_is_refused_without_content(h11: Server, request_line: bytes, status: int) -> None:
    answer = h11.exchange(request_line + b"\r\nHost: a\r\n\r\n")
    assert (status_of(answer), body_of(answer)) == (status, b"")
    assert field_of(answer, "connection") == "close"
    assert field_of(answer, "date")


def test_a_head_beyond_all_bounds_is_431(h11: Server) -> None:
    answer = h11.exchange(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 200_000 + b"\r\n\r\n")
    assert status_of(answer) == 431


def test_an_absolute_target_gives_the_path_and_the_host(h11: Server) -> None:
    answer = h11.exchange(b"GET http://b.example:1/x?y=1 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b'"PATH_INFO": "/x"' in answer
    assert b'"HTTP_HOST": "b.example:1"' in answer
    assert b'"SERVER_PORT": "' in answer


def test_trailers_follow_a_chunked_body(h11: Server) -> None:
    with h11.connect() as connection:
        connection.sendall(b"GET /trailers HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.endswith(b"\r\n0\r\nX-Sum: 3\r\n\r\n")


def test_hints_come_before_the_answer(h11: Server) -> None:
    with h11.connect() as connection:
        connection.sendall(b"GET /hints HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    hints, _, rest = answer.partition(b"\r\n\r\n")
    assert hints == b"HTTP/1.1 103 EARLY HINTS\r\nLink: </a.css>; rel=preload"
    assert status_of(rest) == 200


@pytest.mark.parametrize("path", [b"/trailers", b"/hints"])
def test_http_1_0_gets_neither_trailers_nor_hints(h11: Server, path: bytes) -> None:
    answer = h11.exchange(b"GET " + path + b" HTTP/1.0\r\n\r\n")
    assert status_of(answer) == 501


def test_granian_has_no_trailers_and_no_hints(server: Server) -> None:
    for path in ("/trailers", "/hints"):
        answer = server.exchange(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        assert status_of(answer) == 501


def test_more_connections_than_allowed_wait_until_one_closes() -> None:
    with running(below="uvicorn", connections=1) as server, contextlib.ExitStack() as opened:
        first = opened.enter_context(server.connect())
        first.sendall(GET)
        assert status_of(read_answer(first)) == 200
        second: socket.socket = opened.enter_context(server.connect(PATIENCE))
        second.sendall(GET)
        first.close()
        assert status_of(read_answer(second)) == 200
