"""The lost answer: committed, and the connection cut before the first byte. And counts that are exact over workers."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import httpx
import pytest

from tests.resources.spaces.making import spaces
from tests.servers import JOHN, Server
from tests.waiting import PATIENCE

CLIENTS = 20
ROUNDS = 5
LOST = {"Touchstone-Fault": "cut;at=after"}


@pytest.fixture(scope="module")
def four_workers(migrated_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of four workers, on each kind of database."""
    log = tmp_path_factory.mktemp("four") / "log"
    server = Server(log, "--workers", "4", "--database", migrated_database())
    yield server
    assert server.stop() == 0


@pytest.fixture(params=["the main store", "a space"])
def place(request: pytest.FixtureRequest, four_workers: Server) -> Iterator[str]:
    """The URL of a store: that of the server, or that of a space."""
    if request.param == "the main store":
        yield four_workers.url
        return
    with spaces(four_workers, 1) as [space]:
        yield space.url


@contextmanager
def clients(url: str, count: int) -> Iterator[list[httpx.Client]]:
    made = [httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False, auth=JOHN) for _ in range(count)]
    yield made
    for each in made:
        each.close()


def publish(http: httpx.Client, title: str, fields: dict[str, str]) -> httpx.Response | None:
    """Create an article. Returns None if the answer is lost."""
    try:
        return http.post("/articles", json={"title": title, "body": ""}, headers=fields)
    except httpx.RemoteProtocolError:
        return None


def found(http: httpx.Client, title: str) -> int:
    return int(http.get("/articles", params={"title": title, "count": "true"}).json()["total"])


@pytest.mark.parametrize(("keyed", "rows"), [(True, 1), (False, 2)])
def test_after_a_lost_answer_a_retry_makes_one_row_with_a_key_and_two_without(
    place: str, keyed: bool, rows: int
) -> None:
    barrier = threading.Barrier(CLIENTS, timeout=PATIENCE)

    def lose_and_retry(http: httpx.Client) -> list[tuple[bool, int, str | None, int]]:
        told = []
        for _ in range(ROUNDS):
            title = uuid4().hex
            fields = {"Idempotency-Key": title} if keyed else {}
            barrier.wait()
            lost = publish(http, title, fields | LOST) is None
            again = publish(http, title, fields)
            assert again is not None
            told.append((lost, again.status_code, again.headers.get("Idempotent-Replayed"), found(http, title)))
        return told

    with clients(place, CLIENTS) as each, ThreadPoolExecutor(CLIENTS) as pool:
        told = Counter(one for all_ in pool.map(lose_and_retry, each) for one in all_)
    assert told == {(True, 201, "true" if keyed else None, rows): CLIENTS * ROUNDS}


def test_a_count_is_exact_over_workers(four_workers: Server) -> None:
    with spaces(four_workers, 1) as [space], clients(space.url, 64) as each, ThreadPoolExecutor(64) as pool:
        rule = {"do": [{"status": {"code": 503}}], "match": {"path": "/hello"}, "times": {"skip": 7, "count": 100}}
        made = space.control.post(f"{space.place}/faults", json=rule)
        barrier = threading.Barrier(64, timeout=PATIENCE)

        def ask(http: httpx.Client) -> list[int]:
            barrier.wait()
            return [http.get("/hello").status_code for _ in range(5)]

        told = Counter(status for statuses in pool.map(ask, each) for status in statuses)
        assert told == {503: 100, 200: 64 * 5 - 100}
        shown = space.control.get(made.headers["Location"]).json()
        assert (shown["seen"], shown["done"]) == (64 * 5, 100)


def test_a_new_rule_is_met_at_once_on_every_worker(four_workers: Server) -> None:
    with spaces(four_workers, 1) as [space], clients(space.url, 16) as each:
        for http in each:
            assert http.get("/hello").status_code == 200
        for number in range(1, 6):
            made = space.control.post(f"{space.place}/faults", json={"do": [{"status": {"code": 503}}]})
            answers = [http.get("/hello") for http in each]
            assert [answer.headers.get("Touchstone-Fault") for answer in answers] == [str(number)] * 16
            assert space.control.delete(made.headers["Location"]).status_code == 204
            assert {http.get("/hello").status_code for http in each} == {200}
