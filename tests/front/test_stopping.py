"""Stopping: accepted requests are answered, new ones are refused, and none is cut off."""

import contextlib
import os
import select
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.front.conftest import Server, body_of, field_of, read_answer, running, status_of
from tests.waiting import PATIENCE, wait_until

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LONG = 30.0  # seconds; no test waits this long


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A named pipe: a reader waits until the test has written and closed it."""
    os.mkfifo(tmp_path / "gate")
    return tmp_path / "gate"


@contextlib.contextmanager
def held(connection: socket.socket, gate: Path, path: bytes = b"/wait") -> Iterator[None]:
    """Keep the application busy with a request of this connection until the block ends."""
    connection.sendall(b"GET " + path + b"?" + bytes(gate) + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    with gate.open("wb"):  # opens when the application reads
        yield


def ask_until_draining(server: Server) -> None:
    wait_until(lambda: "touchstone.draining" in server.shown(), "a request that is told of the end")


def connect_until_refused(server: Server) -> None:
    """Wait until the server no longer listens. Connections accepted before are closed without a request."""

    def refused() -> bool:
        try:
            server.connect().close()
        except ConnectionRefusedError:
            return True
        return False

    wait_until(refused, "a refused connection", pause=0)


def test_requests_are_not_marked_as_draining_before_the_order_to_stop(server: Server) -> None:
    assert "touchstone.draining" not in server.shown()
    assert field_of(server.exchange(GET), "connection") is None


def test_while_draining_requests_are_served_and_connections_closed() -> None:
    with running(workers=2, drain_seconds=LONG, signals_together=0) as server, server.connect() as kept:
        kept.sendall(GET)
        assert field_of(read_answer(kept), "connection") is None
        server.process.terminate()
        ask_until_draining(server)
        for request in (GET, GET.replace(b"/ ", b"/stream "), GET.replace(b"Host: a\r\n", b"")):
            answer = server.exchange(request)
            assert field_of(answer, "connection") == "close"
        kept.sendall(GET)
        answer = read_answer(kept)
        assert status_of(answer) == 200
        assert field_of(answer, "connection") == "close"
        assert kept.recv(1) == b""
        server.process.terminate()  # a second signal stops at once
        assert server.process.wait(PATIENCE) == 0


def test_a_connection_that_idles_does_not_hold_up_the_end() -> None:
    with running(stop_seconds=LONG) as server, server.connect() as silent, server.connect() as kept:
        kept.sendall(GET)
        assert status_of(read_answer(kept)) == 200
        server.process.terminate()
        assert server.process.wait(PATIENCE) == 0
        assert (kept.recv(1), silent.recv(1)) == (b"", b"")


def test_a_body_that_still_arrives_is_waited_for() -> None:
    with running(stop_seconds=LONG) as server, server.connect(20) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
        assert not select.select([connection], [], [], 0)[0]
        server.process.terminate()
        connect_until_refused(server)
        connection.sendall(b"def")
        answer = read_answer(connection)
        assert status_of(answer) == 200
        assert b'"body_length": 6' in answer
        assert field_of(answer, "connection") == "close"
        assert server.process.wait(PATIENCE) == 0


@pytest.mark.parametrize(("path", "body"), [(b"/wait", b"waited"), (b"/gated", b"last")])
def test_running_responses_finish_while_new_connections_are_refused(gate: Path, path: bytes, body: bytes) -> None:
    with running(workers=2, stop_seconds=LONG) as server, server.connect(20) as connection:
        with held(connection, gate, path):
            server.process.terminate()
            connect_until_refused(server)
        data = b""
        while piece := connection.recv(65_536):
            data += piece
        assert body in data
        assert server.process.wait(PATIENCE) == 0


def test_requests_beyond_the_grace_period_are_cut_off(gate: Path) -> None:
    with running(stop_seconds=0.2) as server, server.connect() as connection, held(connection, gate):
        server.process.terminate()
        assert server.process.wait(PATIENCE) == 0
        assert read_answer(connection) == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(gate: Path, number: signal.Signals) -> None:
    with (
        running(drain_seconds=LONG, stop_seconds=LONG, signals_together=0) as server,
        server.connect() as connection,
        held(connection, gate),
    ):
        server.process.send_signal(number)
        ask_until_draining(server)
        server.process.send_signal(number)
        assert server.process.wait(PATIENCE) == 0
        assert read_answer(connection) == b""


def test_the_same_signal_twice_at_once_counts_as_one(gate: Path) -> None:
    bounds = {"drain_seconds": 0.5, "stop_seconds": LONG, "signals_together": LONG}
    with running(**bounds) as server, server.connect(20) as connection:
        with held(connection, gate):
            server.process.terminate()
            ask_until_draining(server)
            server.process.send_signal(signal.SIGINT)  # as a wrapper does that repeats the signal
            connect_until_refused(server)
        assert body_of(read_answer(connection)) == b"waited"
        assert server.process.wait(PATIENCE) == 0


def test_a_signal_to_a_worker_alone_is_ignored() -> None:
    with running() as server:
        worker = server.shown()["pid"]
        os.kill(worker, signal.SIGTERM)
        os.kill(worker, signal.SIGINT)
        assert server.shown()["pid"] == worker
        assert "touchstone.draining" not in server.shown()
