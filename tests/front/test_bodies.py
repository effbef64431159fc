"""Bodies arrive completely, or the request is refused."""

import http.client
import json
from collections.abc import Iterator

import pytest

from tests.front.conftest import Server, body_of, field_of, read_answer, status_of
from tests.waiting import PATIENCE

CHUNKED = b"Host: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def problem(answer: bytes) -> str:
    return str(json.loads(body_of(answer))["type"]).rpartition("/")[2]


def test_a_body_arrives_whole(server: Server) -> None:
    answer = server.exchange(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe", b"llo")
    shown = json.loads(body_of(answer))
    assert (shown["body_length"], shown["CONTENT_LENGTH"], shown["touchstone.has_body"]) == (5, "5", True)


def test_a_chunked_body_has_the_length_that_was_read(server: Server) -> None:
    answer = server.exchange(b"POST / HTTP/1.1\r\n" + CHUNKED + b"3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n")
    shown = json.loads(body_of(answer))
    assert (shown["body_length"], shown["CONTENT_LENGTH"], shown["touchstone.has_body"]) == (5, "5", True)
    assert "HTTP_TRANSFER_ENCODING" not in shown
    assert "HTTP_X_TRAILER" not in shown


def test_an_empty_body_differs_from_none(server: Server) -> None:
    empty = json.loads(body_of(server.exchange(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")))
    none = json.loads(body_of(server.exchange(b"POST / HTTP/1.1\r\nHost: a\r\n\r\n")))
    assert (empty["CONTENT_LENGTH"], empty["touchstone.has_body"]) == ("0", False)
    assert ("CONTENT_LENGTH" in none, none["touchstone.has_body"]) == (False, False)


def test_transfer_encoding_counts_where_content_length_stands_beside_it(server: Server) -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n" + CHUNKED
    answer = server.exchange(head + b"5\r\nhello\r\n0\r\n\r\n")
    assert json.loads(body_of(answer))["CONTENT_LENGTH"] == "5"
    assert field_of(answer, "connection") == "close"


def test_a_body_larger_than_memory_is_the_same_from_disk(impatient: Server) -> None:
    answer = impatient.exchange(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n", b"x" * 90_000)
    assert json.loads(body_of(answer))["body_length"] == 90_000


@pytest.mark.parametrize(
    "broken",
    [
        b"/broken-chunk-size\r\n" + CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n",
        b"/broken-chunk-end\r\n" + CHUNKED + b"3\r\nabcde\r\n0\r\n\r\n",
        b"/broken-second\r\n" + CHUNKED + b"3\r\nabc\r\n-1\r\n",
    ],
)
def test_broken_chunks_are_400_and_never_served(server: Server, broken: bytes) -> None:
    path, _, rest = broken.partition(b"\r\n")
    answer = server.exchange(b"POST " + path + b" HTTP/1.1\r\n" + rest)
    assert (status_of(answer), problem(answer)) == (400, "malformed-body")
    assert field_of(answer, "connection") == "close"
    assert path.decode() not in server.calls()


@pytest.mark.parametrize(
    "framing", [b"Host: a\r\nContent-Length: 9\r\n\r\nabc", CHUNKED + b"9\r\nabc", CHUNKED + b"3\r\nabc\r\n"]
)
def test_a_body_that_breaks_off_is_never_served(server: Server, framing: bytes) -> None:
    answer = server.exchange(b"POST /cut HTTP/1.1\r\n" + framing, end=True)
    assert (status_of(answer), problem(answer)) == (400, "malformed-body")
    assert "/cut" not in server.calls()


@pytest.mark.parametrize("framing", [b"Host: a\r\nContent-Length: 9\r\n\r\nabc", CHUNKED + b"9\r\nabc"])
def test_a_body_that_stalls_is_408_and_never_served(impatient: Server, framing: bytes) -> None:
    answer = impatient.exchange(b"POST /stalled HTTP/1.1\r\n" + framing)
    assert (status_of(answer), problem(answer)) == (408, "request-timeout")
    assert field_of(answer, "connection") == "close"
    assert "/stalled" not in impatient.calls()


def test_a_body_that_drips_is_408(impatient: Server) -> None:
    with impatient.connect(timeout=0.1) as connection:
        connection.sendall(b"POST /dripped HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        answer = b""
        while not answer:
            try:
                connection.sendall(b"x")
                answer = connection.recv(65_536)  # its timeout sets the pace of the sent bytes
            except TimeoutError:
                continue
    assert status_of(answer) == 408
    assert "/dripped" not in impatient.calls()


def test_a_head_that_stalls_is_closed(impatient: Server) -> None:
    assert impatient.exchange(b"GET / HTTP/1.1\r\nHost: a\r\n") == b""


def post(server: Server, body: bytes | Iterator[bytes]) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(*server.address, timeout=PATIENCE)
    connection.request("POST", "/large", body=body, encode_chunked=not isinstance(body, bytes))
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer, text


@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_that_writes_20_mib_before_it_reads_gets_its_answer(server: Server, chunked: bool) -> None:
    body = iter([b"x" * 65_536] * 320) if chunked else b"x" * (20 << 20)
    answer, text = post(server, body)
    assert answer.status == 413
    assert text == b"refused 16777216"  # the application decided; it could also have returned 404
    assert answer.getheader("Connection") == "close"


def test_a_body_above_the_cap_is_an_empty_input_and_a_refusal(impatient: Server) -> None:
    answer = impatient.exchange(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n")
    assert body_of(answer) == b"refused 100000"
    assert field_of(answer, "connection") == "close"


def test_a_client_that_waits_for_100_continue_is_answered_without_it(server: Server) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n"
    assert status_of(server.exchange(head)) == 413


def test_a_client_that_waits_for_100_continue_gets_it(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert json.loads(body_of(read_answer(connection)))["body_length"] == 3


def test_three_hundred_half_sent_bodies_hold_nobody_up(server: Server) -> None:
    half = [server.connect() for _ in range(300)]
    for connection in half:
        connection.sendall(b"POST /half HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
    assert "/half" not in server.calls()
    for connection in half:
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):  # they have not timed out yet
            connection.recv(1)
        connection.close()
