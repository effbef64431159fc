"""Requests that wait on purpose: they hold no thread, end with their client, and end when the server stops."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import psutil
import pytest

from api.front.quiet import QuietConnections
from tests.faults.wire import FIN, connect, exchange, request, until_end
from tests.resources.making import refused
from tests.servers import Server, workers
from tests.streams import Session
from tests.waiting import wait_until

pytestmark = pytest.mark.one_database

# No test waits so long.
KINDS = ["delay;ms=60000", "delay;ms=60000;at=after", "hang", "hang;at=after", "slow;bytes-per-second=1"]


@pytest.fixture
def alone(tmp_path: Path, migrated_database: Callable[[], str]) -> Iterator[Server]:
    """A server of one worker."""
    server = Server(tmp_path / "log", "--database", migrated_database())
    yield server
    assert server.stop() == 0


class Worker:
    """The process of a server's only worker."""

    def __init__(self, server: Server) -> None:
        [self.pid] = workers(server.process)
        self.port = server.port

    @property
    def threads(self) -> int:
        return len([*Path(f"/proc/{self.pid}/task").iterdir()])

    @property
    def sockets(self) -> int:
        """The connections of clients. A thread that works for the first time may open one to PostgreSQL."""
        found = psutil.Process(self.pid).net_connections("tcp")
        return len([each for each in found if each.laddr.port == self.port and each.status != psutil.CONN_LISTEN])


def endings(server: Server, reason: str) -> int:
    """The requests that ended without an answer, for this reason."""
    return sum(line.get("reason") == reason for line in server.lines() if line["message"] == "not answered")


def test_500_waiting_requests_hold_no_thread(alone: Server) -> None:
    worker = Worker(alone)
    with ExitStack() as opened, httpx.Client(base_url=alone.url) as http:
        exchange(alone.port, request("/hello", "cut;at=before"))  # starts the thread that searches for sockets
        for _ in range(50):
            assert http.get("/articles/1").status_code == 200
        threads, sockets = worker.threads, worker.sockets
        for number in range(500):
            connection = opened.enter_context(closing(connect(alone.port)))
            connection.sendall(request("/articles/1", KINDS[number % len(KINDS)]))
        wait_until(lambda: worker.sockets >= sockets + 500, "500 connections")
        for _ in range(50):
            assert http.get("/articles/1").status_code == 200
        assert worker.threads == threads
    wait_until(lambda: endings(alone, "client_gone") == 500, "the end of every wait with its client")
    wait_until(lambda: worker.sockets <= sockets, "no connection that is left")


def test_more_waiting_requests_than_jobs_may_queue_are_all_answered(alone: Server) -> None:
    with ExitStack() as opened:
        connections = [opened.enter_context(closing(connect(alone.port))) for _ in range(400)]
        for connection in connections:
            connection.sendall(request("/hello", "delay;ms=1500", "GET", b"", "Connection: close"))
        heads = {until_end(connection).head.partition(b"\r\n")[0] for connection in connections}
    assert heads == {b"HTTP/1.1 200 OK"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_that_goes_ends_its_wait(alone: Server, kind: str) -> None:
    with closing(connect(alone.port)) as connection:
        connection.sendall(request("/articles/1", kind))
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            while connection.recv(65_536):
                pass
    wait_until(lambda: endings(alone, "client_gone") == 1, "the end of the wait")


def test_a_stop_skips_delays_sends_slow_content_whole_and_cuts_hangs(
    tmp_path: Path, migrated_database: Callable[[], str]
) -> None:
    alone = Server(tmp_path / "log", "--database", migrated_database())
    whole = httpx.get(f"{alone.url}/articles/1").content
    with ExitStack() as opened:
        connections = [opened.enter_context(closing(connect(alone.port))) for _ in KINDS]
        for connection, kind in zip(connections, KINDS, strict=True):
            connection.sendall(request("/articles/1", kind))
        assert connections[-1].recv(65_536, socket.MSG_PEEK)  # the head of the slow answer: all were accepted before
        assert alone.stop() == 0
        delayed, after, hanging, hanging_after, slow = map(until_end, connections)
    for answer in (delayed, after):
        assert (answer.content, answer.fields["Connection"]) == (whole, "close")
    assert slow.content == whole
    for answer in (hanging, hanging_after):
        assert (answer.data, answer.end) == (b"", FIN)


def test_a_wait_is_no_reason_to_close_a_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            waiting = {client.getsockname()}
            quiet = QuietConnections(port, seconds=0.01, spared=waiting)
            accepted, _ = listener.accept()
            with accepted:
                quiet.close()
                time.sleep(0.05)
                assert quiet.close() == 0
                waiting.clear()
                assert quiet.close() == 1


def test_over_http_2_a_cut_ends_the_connection_with_all_its_streams(server: Server) -> None:
    with Session(server.port) as session:
        waiting = session.open("GET", "/articles/1", ("touchstone-fault", "delay;ms=60000"))
        cut = session.open("GET", "/articles/1", ("touchstone-fault", "cut;at=after"))
        for stream in (cut, waiting):
            with pytest.raises(ConnectionError):
                session.answer(stream)


@pytest.mark.parametrize("what", ["chunk", "status-line"])
def test_over_http_2_what_it_has_no_form_for_is_501_and_does_nothing(server: Server, what: str) -> None:
    with Session(server.port) as session:
        answer = session.ask("GET", "/articles/1", ("touchstone-fault", f"corrupt;what={what}"))
        assert "HTTP/1.1" in refused(answer, 501, "not-implemented")["detail"]


def test_over_http_2_the_other_effects_are_the_same(server: Server) -> None:
    with Session(server.port) as session:
        whole = session.ask("GET", "/articles/1").content
        for fault, status, content in (
            ("delay;ms=10", 200, whole),
            ("slow;bytes-per-second=100000", 200, whole),
            ("corrupt;what=empty", 200, b""),
            ("corrupt;what=type", 200, whole),
        ):
            answer = session.ask("GET", "/articles/1", ("touchstone-fault", fault))
            assert (answer.status_code, answer.content) == (status, content), fault
        assert session.ask("GET", "/hello", ("touchstone-fault", "status;code=503")).status_code == 503


def test_answers_that_wait_take_a_bounded_part_of_memory(alone: Server) -> None:
    with httpx.Client(base_url=alone.url, auth=("john", "john")) as http:
        for number in range(10):
            assert http.post("/articles", json={"title": f"{number}", "body": "x" * 100_000}).status_code == 201
        with ExitStack() as opened:
            for _ in range(80):  # of a megabyte each, which is more than 64 MiB together
                connection = opened.enter_context(closing(connect(alone.port)))
                connection.sendall(request("/articles", "delay;ms=60000;at=after"))
            late = {"Touchstone-Fault": "delay;ms=1"}
            wait_until(lambda: http.get("/hello", headers=late).status_code == 503, "a refusal")
            answer = http.get("/hello", headers=late)
            assert answer.headers["Retry-After"] == "1"
            assert http.get("/hello").status_code == 200
        wait_until(lambda: http.get("/hello", headers=late).status_code == 200, "free memory")
