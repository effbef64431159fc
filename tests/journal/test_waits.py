"""Waits for entries: they end with the entry, the time, the client, or the server, and hold no thread."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import httpx
import pytest

from tests.faults.test_waiting import Worker
from tests.faults.wire import connect, request
from tests.journal.conftest import Start
from tests.resources.spaces.making import Space, spaces
from tests.servers import Server
from tests.waiting import wait_until

pytestmark = pytest.mark.one_database

Ask = Callable[[str], "Future[httpx.Response]"]


@pytest.fixture
def ask(space: Space, server: Server) -> Iterator[Ask]:
    """Asks for entries in a thread."""
    with ThreadPoolExecutor(8) as pool, httpx.Client(base_url=server.url, timeout=25, trust_env=False) as http:
        yield lambda query: pool.submit(http.get, f"{space.place}/journal?{query}")


def numbers(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [each["n"] for each in answer.json()["items"]]


def test_what_matched_before_counts(space: Space, ask: Ask) -> None:
    space.anonymous.get("/hello")
    answer = ask("wait=30&path=/hello").result()
    assert (numbers(answer), answer.json()["complete"]) == ([1], True)


def test_a_wait_ends_when_enough_match(space: Space, ask: Ask) -> None:
    waiting = ask("wait=30&count=2&path=/hello")
    for _ in range(2):
        space.anonymous.get("/articles")
        assert not waiting.done()
        space.anonymous.get("/hello")
    answer = waiting.result()
    assert (numbers(answer), answer.json()["complete"]) == ([2, 4], True)


def test_a_wait_that_is_over_gives_what_there_is(space: Space, ask: Ask) -> None:
    space.anonymous.get("/hello")
    for query in ("wait=0&count=2", "wait=1&count=2"):
        answer = ask(query).result()
        assert (numbers(answer), answer.json()["complete"]) == ([1], False)


def test_a_wait_for_one_can_also_count_all(space: Space, ask: Ask) -> None:
    waiting = ask("wait=30&count=true")
    space.anonymous.get("/hello")
    shown = waiting.result().json()
    assert (shown["total"], shown["complete"]) == (1, True)


def test_only_entries_that_match_end_a_wait(space: Space, ask: Ask) -> None:
    waiting = ask("wait=30&method=POST&path=/articles/<id>&status=405&header:X-Run=7")
    space.anonymous.post("/articles/1")
    space.anonymous.get("/articles/1", headers={"X-Run": "7"})
    space.anonymous.post("/articles/1", headers={"X-Run": "7"})
    assert numbers(waiting.result()) == [3]


def test_an_answer_that_a_fault_replaces_ends_a_wait(space: Space, ask: Ask) -> None:
    waiting = ask("wait=30&status=503")
    # The delay lets the server look at the entry while it has the answer of the application.
    space.anonymous.get("/hello", headers={"Touchstone-Fault": "delay;ms=300;at=after, status;code=503;after"})
    assert numbers(waiting.result()) == [1]


def test_head_does_not_wait(space: Space) -> None:
    assert space.control.head(f"{space.place}/journal?wait=30", timeout=20).status_code == 200


def test_a_wait_is_one_line_of_the_log(start: Start) -> None:
    server = start()
    with spaces(server, 1) as [space]:
        space.control.get(f"{space.place}/journal?wait=1")
    routes = [line.get("route", "") for line in server.lines() if line["message"] == "answered"]
    assert sum(route.endswith("/journal") for route in routes) == 1


def test_waits_and_listeners_hold_no_thread(start: Start) -> None:
    server = start("--workers", "1", THREADS="2")
    worker = Worker(server)
    with spaces(server, 1) as [space]:
        space.anonymous.get("/hello")
        threads = worker.threads
        sockets = [connect(server.port) for _ in range(100)]
        for number, each in enumerate(sockets):
            if number % 4:
                each.sendall(request(f"{space.place}/journal?wait=30&count=50"))
            else:
                each.sendall(request(f"{space.place}/journal", "", "GET", b"", "Accept: text/event-stream"))
        wait_until(lambda: worker.sockets > 100, "all are connected")
        assert space.anonymous.get("/hello").status_code == 200
        assert worker.threads <= threads + 1
        for each in sockets:
            each.close()


def test_a_client_that_goes_away_ends_its_wait(start: Start) -> None:
    server = start()
    worker = Worker(server)
    with spaces(server, 1) as [space]:
        before = worker.sockets
        with closing(connect(server.port)) as connection:
            connection.sendall(request(f"{space.place}/journal?wait=30&path=/nothing"))
            wait_until(lambda: worker.sockets > before, "the wait")
            # Read after the wait began, because one worker answers in order.
            space.control.get(f"{space.place}/journal")
        wait_until(lambda: "client_gone" in server.log.read_text(), "the end of the wait")


def test_a_server_that_stops_answers_waits(stopping: tuple[Server, Space]) -> None:
    server, space = stopping
    worker = Worker(server)
    with ThreadPoolExecutor(1) as pool:
        before = worker.sockets
        target = f"{server.url}{space.place}/journal?wait=30"
        waiting = pool.submit(httpx.get, target, timeout=60, trust_env=False)
        wait_until(lambda: worker.sockets > before, "the wait")
        space.control.get(f"{space.place}/journal")
        assert server.stop() == 0
        answer = waiting.result()
    assert (answer.status_code, answer.json()["complete"]) == (200, False)
