"""Each effect as its row says, seen on the wire (docs/faults.md)."""

import json
import time
from contextlib import closing

import pytest

from tests.faults.wire import FIN, RST, connect, exchange, request, until_end
from tests.resources.spaces.making import Space
from tests.servers import Server

pytestmark = pytest.mark.one_database

CLOSE = "Connection: close"
JOHN = "Authorization: Basic am9objpqb2hu"
DRAFT = b'{"title": "A title", "body": "A body"}'


def asked(space: Space, fault: str, path: str = "/articles/1", method: str = "GET") -> bytes:
    return request(space.prefix + path, fault, method, b"", CLOSE)


def created(space: Space, fault: str, *fields: str) -> bytes:
    """A request that creates an article."""
    return request(
        f"{space.prefix}/articles", fault, "POST", DRAFT, CLOSE, JOHN, "Content-Type: application/json", *fields
    )


def titles(space: Space) -> int:
    """The number of articles that these tests created in the space."""
    return sum(each["title"] == "A title" for each in space.anonymous.get("/articles").json()["items"])


def test_a_delay(server: Server, space: Space) -> None:
    started = time.monotonic()
    answer = space.anonymous.get("/articles/1", headers={"Touchstone-Fault": "delay;ms=200"})
    assert time.monotonic() - started >= 0.2
    assert (answer.status_code, answer.headers["Touchstone-Fault"]) == (200, "header")
    assert answer.json() == space.anonymous.get("/articles/1").json()


def test_a_delay_after_the_effect(server: Server, space: Space) -> None:
    with closing(connect(server.port)) as slow:
        slow.sendall(created(space, "delay;ms=3000;at=after"))
        slow.settimeout(0.01)
        while not titles(space):  # the effect is there …
            with pytest.raises(TimeoutError):  # … before the answer
                slow.recv(1)


def test_a_status_does_nothing(server: Server, space: Space) -> None:
    wire = exchange(server.port, created(space, "status;code=503;retry-after=2"))
    assert wire.head.startswith(b"HTTP/1.1 503 ")
    assert wire.fields["Retry-After"] == "2"
    assert wire.fields["Touchstone-Fault"] == "header"
    assert wire.fields["Content-Type"] == "application/problem+json"
    assert json.loads(wire.content)["type"] == f"{space.prefix}/problems/unavailable"
    assert titles(space) == 0


def test_a_status_after_the_effect(server: Server, space: Space) -> None:
    wire = exchange(server.port, created(space, "status;code=500;after"))
    assert wire.head.startswith(b"HTTP/1.1 500 ")
    assert titles(space) == 1


@pytest.mark.parametrize("how", [FIN, RST])
def test_a_cut_before_does_nothing(server: Server, space: Space, how: str) -> None:
    wire = exchange(server.port, created(space, f"cut;at=before;how={how}"))
    assert (wire.data, wire.end) == (b"", how)
    assert titles(space) == 0


@pytest.mark.parametrize("how", [FIN, RST])
def test_a_lost_answer(server: Server, space: Space, how: str) -> None:
    wire = exchange(server.port, created(space, f"cut;at=after;how={how}"))
    assert (wire.data, wire.end) == (b"", how)
    assert titles(space) == 1


@pytest.mark.parametrize("how", [FIN, RST])
def test_a_cut_in_the_content(server: Server, space: Space, how: str) -> None:
    whole = space.anonymous.get("/articles/1")
    wire = exchange(server.port, asked(space, f"cut;at=body;bytes=10;how={how}"))
    assert wire.end == how
    # A reset may discard what the client has not read yet (RFC 9293 §3.10.4).
    assert wire.content == whole.content[:10] or (how == RST and whole.content.startswith(wire.content))
    if wire.data:
        assert wire.fields["Content-Length"] == whole.headers["Content-Length"]


def test_a_cut_leaves_out_at_least_the_last_byte(server: Server, space: Space) -> None:
    whole = space.anonymous.get("/articles/1").content
    assert exchange(server.port, asked(space, "cut;at=body;bytes=1000000")).content == whole[:-1]
    assert exchange(server.port, asked(space, "cut;at=body")).content == b""


def test_a_cut_of_streamed_content(server: Server, space: Space) -> None:
    path, accept = f"{space.prefix}/articles?limit=all", "Accept: text/csv"
    whole = exchange(server.port, request(path, "", "GET", b"", accept, CLOSE))
    wire = exchange(server.port, request(path, "cut;at=body;bytes=20", "GET", b"", accept, CLOSE))
    assert whole.fields["Transfer-Encoding"] == wire.fields["Transfer-Encoding"] == "chunked"
    assert whole.content.endswith(b"\r\n0\r\n\r\n")
    assert wire.content == b"14\r\n" + whole.content.partition(b"\r\n")[2][:20] + b"\r\n"
    assert wire.end == FIN


def test_a_hang(server: Server, space: Space) -> None:
    started = time.monotonic()
    wire = exchange(server.port, created(space, "hang;ms=200"))
    assert time.monotonic() - started >= 0.2
    assert (wire.data, wire.end) == (b"", FIN)
    assert titles(space) == 0
    assert exchange(server.port, created(space, "hang;ms=1;at=after")).data == b""
    assert titles(space) == 1


def test_slow_content(server: Server, space: Space) -> None:
    whole = space.anonymous.get("/articles/1")
    rate = 4 * len(whole.content)
    with closing(connect(server.port)) as connection:
        started = time.monotonic()
        connection.sendall(asked(space, f"slow;bytes-per-second={rate};first-byte-ms=100"))
        head = connection.recv(65_536)
        assert head.endswith(b"\r\n\r\n"), "the head comes before the content"
        wire = until_end(connection)
        assert time.monotonic() - started >= 0.1 + 0.24
    assert wire.data == whole.content


def test_slow_content_with_a_cut(server: Server, space: Space) -> None:
    wire = exchange(server.port, asked(space, "slow;bytes-per-second=1000, cut;at=body;bytes=20;how=fin"))
    assert wire.content == space.anonymous.get("/articles/1").content[:20]


@pytest.mark.parametrize("what", ["json", "utf8"])
def test_broken_content_of_the_right_length(server: Server, space: Space, what: str) -> None:
    whole = space.anonymous.get("/articles/1")
    wire = exchange(server.port, asked(space, f"corrupt;what={what}"))
    assert len(wire.content) == len(whole.content) == int(wire.fields["Content-Length"])
    assert wire.fields["Content-Type"] == "application/json"
    assert wire.fields["Cache-Control"] == "no-store"
    with pytest.raises(ValueError, match=r"."):
        json.loads(wire.content)


def test_wrong_fields(server: Server, space: Space) -> None:
    whole = space.anonymous.get("/articles/1").content
    for what, name, value in (
        ("gzip", "Content-Encoding", "gzip"),
        ("type", "Content-Type", "application/octet-stream"),
        ("shorter;bytes=7", "Content-Length", str(len(whole) - 7)),
    ):
        wire = exchange(server.port, asked(space, f"corrupt;what={what}"))
        assert (wire.fields[name], wire.content) == (value, whole), what


def test_a_length_that_is_too_long(server: Server, space: Space) -> None:
    whole = space.anonymous.get("/articles/1").content
    with closing(connect(server.port, 0.5)) as connection:
        connection.sendall(request(f"{space.prefix}/articles/1", "corrupt;what=longer;bytes=7"))
        received = b""
        with pytest.raises(TimeoutError):  # the client waits for the rest
            while piece := connection.recv(65_536):
                received += piece
    head, _, content = received.partition(b"\r\n\r\n")
    assert b"content-length: %d" % (len(whole) + 7) in head
    assert content == whole


def test_a_bad_chunk(server: Server, space: Space) -> None:
    wire = exchange(server.port, asked(space, "corrupt;what=chunk"))
    assert wire.fields["Transfer-Encoding"] == "chunked"
    assert wire.content.endswith(b"not a size\r\n")
    assert wire.end == FIN


def test_no_status_line(server: Server, space: Space) -> None:
    wire = exchange(server.port, asked(space, "corrupt;what=status-line"))
    assert wire.data
    assert not wire.data.startswith(b"HTTP")
    assert wire.end == FIN


def test_an_empty_success(server: Server, space: Space) -> None:
    wire = exchange(server.port, created(space, "corrupt;what=empty"))
    assert wire.head.startswith(b"HTTP/1.1 200 ")
    assert (wire.fields["Content-Length"], wire.content) == ("0", b"")
    assert titles(space) == 1


def test_a_request_delivered_twice(server: Server, space: Space) -> None:
    wire = exchange(server.port, created(space, "twice"))
    assert wire.head.startswith(b"HTTP/1.1 201 ")
    assert titles(space) == 2
    wire = exchange(server.port, created(space, "twice", "Idempotency-Key: once"))
    assert wire.fields["Idempotent-Replayed"] == "true"
    assert titles(space) == 3


def test_several_effects_in_order(server: Server, space: Space) -> None:
    started = time.monotonic()
    wire = exchange(server.port, created(space, "delay;ms=100, twice, delay;ms=100;at=after, status;code=504;after"))
    assert time.monotonic() - started >= 0.2
    assert wire.head.startswith(b"HTTP/1.1 504 ")
    assert titles(space) == 2


@pytest.mark.parametrize(
    ("path", "method", "fault"),
    [
        ("/articles/1", "HEAD", "corrupt;what=json"),
        ("/articles/1", "HEAD", "cut;at=body"),
        ("/articles", "GET", "corrupt;what=shorter;bytes=1000000"),
    ],
)
def test_an_answer_that_cannot_have_the_fault(server: Server, space: Space, path: str, method: str, fault: str) -> None:
    wire = exchange(server.port, asked(space, fault, path, method))
    assert wire.head.startswith(b"HTTP/1.1 501 ")
    assert wire.fields["Touchstone-Fault"] == "header"


def test_refusals_have_faults_too(server: Server, space: Space) -> None:
    wire = exchange(server.port, asked(space, "corrupt;what=json", "/nowhere"))
    assert wire.head.startswith(b"HTTP/1.1 404 ")
    with pytest.raises(ValueError, match=r"."):
        json.loads(wire.content)


def test_a_fault_in_the_store_of_the_server(server: Server) -> None:
    assert exchange(server.port, request("/hello", "cut;at=before;how=rst")).end == RST
    wire = exchange(server.port, request("/hello", "status;code=418", "GET", b"", CLOSE))
    assert wire.head.startswith(b"HTTP/1.1 418 ")
    assert json.loads(wire.content)["type"] == "about:blank"
