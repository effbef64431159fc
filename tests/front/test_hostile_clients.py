"""Hundreds of clients that hold connections do not affect other clients, and are disconnected in the end."""

import contextlib
import os
import resource
import select
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.front.conftest import Server, read_answer, running, status_of
from tests.streams import Session

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
MANY = 500
SLOW = {
    "silent": b"",
    "heads": b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
    "bodies": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n",
    "chunks": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n",
}
BOUNDS = {"head_timeout": 0.8, "body_idle": 0.8, "body_grace": 0.8, "body_rate": 1_000_000}

# A connection that is quiet for twice the longest of all timeouts is closed: here soon.
QUICK = {"send_timeout": 0.8, "discard_seconds": 0.8, "linger_idle": 0.8}


@pytest.fixture(autouse=True, scope="module")
def open_files() -> Iterator[None]:
    """Raise the limit of open files of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8 * MANY)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def held(server: Server, sent: bytes, count: int) -> Iterator[list[socket.socket]]:
    """Open `count` connections, and send this on each."""
    with contextlib.ExitStack() as opened:
        connections = [opened.enter_context(server.connect(20)) for _ in range(count)]
        for connection in connections:
            connection.sendall(sent)
        yield connections


@pytest.mark.parametrize("kind", SLOW)
def test_hundreds_of_slow_clients_take_nothing_from_the_others(server: Server, kind: str) -> None:
    with held(server, SLOW[kind], MANY) as slow, server.connect() as kept:
        for number in range(100):
            slow[number].sendall(b"x" if kind != "silent" else b"")
            assert status_of(server.exchange(GET)) == 200
            kept.sendall(GET)
            assert status_of(read_answer(kept)) == 200
        assert select.select(slow, [], [], 0)[0] == []  # within their limits they stay connected


@pytest.mark.slow
@pytest.mark.parametrize("kind", SLOW)
def test_slow_clients_that_take_every_connection_are_disconnected(kind: str) -> None:
    bounds = {**BOUNDS, **QUICK} if kind == "silent" else BOUNDS
    with running(connections=20, **bounds) as server, held(server, SLOW[kind], 20) as slow:
        with server.connect(20) as waiting:
            waiting.sendall(GET)  # no connection is left, so it waits for one
            assert status_of(read_answer(waiting)) == 200
        statuses = {status_of(answer) if answer else None for answer in map(read_answer, slow)}
        assert statuses == ({408} if kind in ("bodies", "chunks") else {None})


def test_kept_connections_that_idle_make_room_for_new_ones() -> None:
    with running(connections=20, **BOUNDS) as server, held(server, GET, 20) as kept:
        assert {status_of(read_answer(each)) for each in kept} == {200}
        with server.connect(20) as waiting:
            waiting.sendall(GET)
            assert status_of(read_answer(waiting)) == 200
        assert {each.recv(1) for each in kept} == {b""}


def test_too_many_requests_at_once_are_503_except_livez(tmp_path: Path, http_2: None) -> None:
    with running(connections=2) as server, Session(server.address[1]) as one, Session(server.address[1]) as other:
        assert one.most_streams == 2
        with contextlib.ExitStack() as gates:
            waiting = []
            for gate in (tmp_path / "first", tmp_path / "second"):
                os.mkfifo(gate)
                waiting.append(one.open("GET", f"/wait?{gate}"))
                gates.enter_context(gate.open("wb"))  # opens when the application reads, so the request is running
            refused = other.ask("GET", "/")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert other.ask("GET", "/livez").status_code == 200
        assert {one.answer(number).status_code for number in waiting} == {200}
