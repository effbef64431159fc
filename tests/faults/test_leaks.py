"""A thousand faults of each kind leave nothing behind: no connection, no open file, no thread, no memory, no wait."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import psutil
import pytest

from tests.faults.test_waiting import Worker, endings
from tests.faults.wire import connect, request, until_end
from tests.servers import Server
from tests.waiting import wait_until

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

MANY = 1000
CLIENTS = 32
EACH = [
    "delay;ms=1",
    "delay;ms=1;at=after",
    "status;code=503",
    "status;code=503;after",
    *(f"cut;at={at};how={how}" for at in ("before", "after", "body") for how in ("fin", "rst")),
    "hang;ms=1",
    "hang;ms=1;at=after",
    "slow;bytes-per-second=1000000",
    *(f"corrupt;what={what}" for what in ("json", "utf8", "gzip", "type", "shorter", "chunk", "status-line", "empty")),
    "twice",
]
MIB = 1024 * 1024


@pytest.fixture
def alone(tmp_path: Path, migrated_database: Callable[[], str]) -> Iterator[Server]:
    """A server of one worker."""
    server = Server(tmp_path / "log", "--database", migrated_database())
    yield server
    assert server.stop() == 0


def resident(worker: Worker) -> int:
    """Bytes of memory of a process."""
    pages = int(Path(f"/proc/{worker.pid}/statm").read_text().split()[1])
    return pages * 4096


def open_files(worker: Worker) -> int:
    """The open files, and the connections of clients."""
    process = psutil.Process(worker.pid)
    return process.num_fds() - len(process.net_connections("all")) + worker.sockets


def send(server: Server, fault: str, times: int) -> None:
    """Send so many requests with a body and this fault, and read what comes."""

    def one(_: int) -> None:
        with closing(connect(server.port)) as connection:
            connection.sendall(request("/echo", fault, "POST", b'{"a": 1}', "Connection: close"))
            until_end(connection)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(one, range(times)))


def test_a_thousand_of_each_kind_leave_nothing_behind(alone: Server) -> None:
    worker = Worker(alone)
    for fault in EACH:
        send(alone, fault, 100)
    wait_until(lambda: worker.sockets <= 20, "no connection that is left")
    # The server below has threads of its own, and a thread that works for the first time opens the journal.
    before = worker.threads + 2, open_files(worker) + 20
    memory = resident(worker)
    for fault in EACH:
        send(alone, fault, MANY)
    wait_until(
        lambda: worker.threads <= before[0] and open_files(worker) <= before[1],
        "no thread and no open file that is left",
    )
    assert resident(worker) - memory < 10 * MIB
    assert httpx.get(f"{alone.url}/hello").status_code == 200


def test_a_thousand_delays_of_ten_seconds_at_once(alone: Server) -> None:
    """TOOLBOX §7 row 6, without its figures: benchmarks/waiting.py has them."""
    worker = Worker(alone)
    with ExitStack() as opened, httpx.Client(base_url=alone.url) as http:
        assert http.get("/hello", headers={"Touchstone-Fault": "delay;ms=1"}).status_code == 200
        threads = worker.threads
        connections = [opened.enter_context(closing(connect(alone.port))) for _ in range(MANY)]
        started = time.monotonic()
        for connection in connections:
            connection.sendall(request("/hello", "delay;ms=10000", "GET", b"", "Connection: close"))
        while time.monotonic() - started < 9:
            assert http.get("/hello").status_code == 200
            assert worker.threads == threads
        answers = [until_end(connection) for connection in connections]
    assert Counter(answer.head.split()[1] for answer in answers) == {b"200": MANY}
    assert time.monotonic() - started >= 10


def test_the_places_of_a_thousand_clients_that_vanish_are_free(alone: Server) -> None:
    worker = Worker(alone)
    httpx.get(f"{alone.url}/hello", headers={"Connection": "close"})
    sockets = worker.sockets
    with ExitStack() as opened:
        for _ in range(MANY):
            opened.enter_context(closing(connect(alone.port))).sendall(request("/hello", "hang"))
        wait_until(lambda: worker.sockets > sockets + MANY - 10, "a thousand connections")
    wait_until(lambda: endings(alone, "client_gone") == MANY, "the end of each wait")
    wait_until(lambda: worker.sockets <= sockets, "no connection that is left")

    def late() -> int:
        return httpx.get(f"{alone.url}/hello", headers={"Touchstone-Fault": "delay;ms=1"}).status_code

    with ExitStack() as opened:  # at most 2,000 may wait
        for _ in range(2 * MANY - 1):
            opened.enter_context(closing(connect(alone.port))).sendall(request("/hello", "hang"))
        wait_until(lambda: worker.sockets > sockets + 2 * MANY - 10, "all connections")
        assert late() == 200
        with closing(connect(alone.port)) as one:
            one.sendall(request("/hello", "hang"))
            wait_until(lambda: late() == 503, "a refusal of more waits")
            assert httpx.get(f"{alone.url}/hello").status_code == 200
