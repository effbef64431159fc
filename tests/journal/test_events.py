"""The journal as Server-Sent Events (HTML §9.2)."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import httpx
import pytest

from tests.journal.conftest import Start
from tests.resources.making import refused
from tests.resources.spaces.making import Space, spaces
from tests.servers import Server
from tests.waiting import wait_until

pytestmark = pytest.mark.one_database

EVENTS = {"Accept": "text/event-stream"}


class Events:
    """The events of an answer, one after the other."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()

    def next(self) -> tuple[int | None, dict[str, Any]] | None:
        """The id and the entry of the next event; None after the last."""
        number, data = None, None
        for line in self._lines:
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("data: "):
                data = json.loads(line[6:])
            elif not line and data is not None:
                return number, data
        return None

    def numbers(self, count: int) -> list[int | None]:
        """The ids of so many events."""
        return [found[0] for _ in range(count) if (found := self.next())]


@contextmanager
def listening(space: Space, query: str = "", **fields: str) -> Iterator[Events]:
    with (
        httpx.Client(base_url=space.control.base_url, timeout=30, trust_env=False) as http,
        http.stream("GET", f"{space.place}/journal{query}", headers={**EVENTS, **fields}) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-store"
        yield Events(answer)


def test_kept_entries_come_first_and_new_ones_after_them(space: Space) -> None:
    for number in range(3):
        space.anonymous.get(f"/hello?name={number}")
    with listening(space) as events:
        assert events.numbers(3) == [1, 2, 3]
        for number in (4, 5):
            space.anonymous.get("/hello")
            found = events.next()
            assert found
            assert found == (number, space.control.get(f"{space.place}/journal/{number}").json())


def test_a_client_resumes_after_its_last_event(space: Space) -> None:
    for _ in range(4):
        space.anonymous.get("/hello")
    with listening(space, **{"Last-Event-ID": "2"}) as events:
        assert events.numbers(2) == [3, 4]
        space.anonymous.get("/hello")
        assert events.numbers(1) == [5]


def test_no_entry_is_missed_or_repeated_by_a_client_that_resumes(space: Space) -> None:
    seen: list[int | None] = []
    last: dict[str, str] = {}
    for number in range(20):
        space.anonymous.get(f"/hello?name={number}")
        if number % 3 == 0:
            with listening(space, **last) as events:
                seen += events.numbers(number + 1 - len(seen))
            last = {"Last-Event-ID": str(seen[-1])}
    assert seen == list(range(1, 20))


def test_events_take_filters(space: Space) -> None:
    space.anonymous.get("/articles")
    with listening(space, "?path=/hello&since=0") as events:
        space.anonymous.get("/articles")
        space.anonymous.get("/hello")
        assert events.numbers(1) == [3]


def test_an_answer_in_pieces_comes_again_when_it_is_whole(space: Space) -> None:
    with listening(space) as events:
        space.anonymous.get("/hello", headers={"Touchstone-Fault": "slow;bytes-per-second=3"})
        first = events.next()
        assert first
        assert (first[0], first[1]["answer"]["sent"]) == (1, None)
        again = events.next()
        assert again
        assert (again[0], again[1]["n"], again[1]["answer"]["sent"]) == (None, 1, "whole")


def test_events_come_from_all_workers(start: Start) -> None:
    server = start("--workers", "4")
    with spaces(server, 1) as [space], listening(space) as events:
        for _ in range(20):
            with httpx.Client(base_url=server.url, trust_env=False) as http:
                http.get(f"{space.prefix}/hello")
        assert events.numbers(20) == list(range(1, 21))


def test_a_space_has_at_most_32_listeners(server: Server) -> None:
    with spaces(server, 1) as [space], ExitStack() as stack:
        for _ in range(32):
            stack.enter_context(listening(space))
        answer = refused(space.control.get(f"{space.place}/journal", headers=EVENTS), 503, "unavailable")
        assert "listeners" in answer["detail"]
        stack.close()

        def again() -> bool:
            with suppress(AssertionError), listening(space):
                return True
            return False

        assert wait_until(again, "room for another listener")


def test_a_server_that_stops_ends_its_events(stopping: tuple[Server, Space]) -> None:
    server, space = stopping
    space.anonymous.get("/hello")
    with listening(space) as events:
        assert events.numbers(1) == [1]
        assert server.stop() == 0
        assert events.next() is None


def test_head_ends_at_once(space: Space) -> None:
    answer = space.control.head(f"{space.place}/journal", headers=EVENTS, timeout=20)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/event-stream")


@pytest.mark.parametrize("value", ["a", "-1", "1.5", "9" * 30])
def test_a_bad_last_event_id_is_400(space: Space, value: str) -> None:
    answer = space.control.get(f"{space.place}/journal", headers={**EVENTS, "Last-Event-ID": value})
    refused(answer, 400, "invalid-header")


@pytest.mark.parametrize("query", ["wait=1", "count=true", "limit=2", "fields=n"])
def test_events_take_no_other_parameters(space: Space, query: str) -> None:
    refused(space.control.get(f"{space.place}/journal?{query}", headers=EVENTS), 400, "invalid-parameter")
