"""Ended PostgreSQL connections, and a stopped PostgreSQL: retried or 503, and done once (CONTRACT §6, §10)."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import httpx
import pytest
import sqlalchemy as sa

from tests.postgres import Postgres
from tests.reliability.answers import MANY, client, publish, stranger, unavailable
from tests.reliability.operators import HOLD_ARTICLE, WAITS_FOR_A_LOCK, Operator
from tests.servers import Server

NAME = "lost_connections"
# More than the buffers of two sockets between the server and a client that reads slowly.
LARGEST = 16 * 1024 * 1024
LONGEST, COPIES = 30_000, 1000
# Seconds after which a client with a usual default would give up.
USUAL = 5.0
JSON = {"Content-Type": "application/json"}
PATCH = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture(scope="module")
def running(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on a database whose connections the tests end."""
    log = tmp_path_factory.mktemp("lost") / "log"
    server = Server(log, "--workers", "2", "--database", postgres.create(NAME))
    yield server
    assert server.stop() == 0
    assert [line for line in server.lines() if line["level"] in ("error", "critical")] == []


@pytest.fixture(scope="module")
def operator(running: Server, postgres: Postgres) -> Operator:
    return Operator(postgres.url, NAME)


@pytest.fixture
def http(running: Server) -> Iterator[httpx.Client]:
    with client(running.url) as found:
        yield found


def busy(running: Server) -> None:
    """Send so many concurrent requests that many threads of both workers have connections."""

    def ask(number: int) -> None:
        with client(running.url) as http:
            assert publish(http, f"busy {number}").status_code == 201
            assert http.get("/articles").status_code == 200

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(MANY)))


def warnings(running: Server, since: int) -> list[str]:
    """The warnings in its log, except those of 503 answers."""
    found = [line["message"] for line in running.lines()[since:] if line["level"] == "warning"]
    return [message for message in found if message != "answered"]


# Their first statements differ: a read, the read of a login, and a write.
ACTS: dict[str, Callable[[httpx.Client, httpx.Client], httpx.Response]] = {
    "read": lambda _http, nobody: nobody.get("/articles/1"),
    "write": lambda http, _nobody: publish(http, "after the end"),
    "anonymous write": lambda _http, nobody: nobody.post("/messages", content=b"{}", headers=JSON),
}


@pytest.mark.parametrize("act", ACTS)
def test_requests_succeed_after_idle_connections_were_ended(running: Server, operator: Operator, act: str) -> None:
    busy(running)
    before = len(running.lines())
    assert operator.end_sessions() >= 2
    for _ in range(MANY):
        # Each on a new connection, which can reach either worker.
        with client(running.url) as http, stranger(running.url) as nobody:
            assert ACTS[act](http, nobody).is_success
    told = warnings(running, before)
    assert told
    assert all("terminating connection due to administrator command" in line for line in told), told


def test_logins_succeed_after_idle_connections_were_ended(running: Server, operator: Operator) -> None:
    busy(running)
    operator.end_sessions()
    for _ in range(4):
        with client(running.url, "steve", "steve") as steve:
            assert steve.get("/users/me").json()["username"] == "steve"


def test_reading_a_message_survives_ended_connections(running: Server, operator: Operator, http: httpx.Client) -> None:
    content = Random(1).randbytes(LARGEST)
    made = http.post("/messages", content=content, headers={"Content-Type": "application/octet-stream"})
    with http.stream("GET", made.headers["Location"]) as answer:
        received = answer.iter_raw(65_536)
        got = next(received)
        operator.end_sessions()
        got += b"".join(received)
    assert got == content


def test_reading_a_list_survives_ended_connections(running: Server, operator: Operator, http: httpx.Client) -> None:
    made = publish(http, "long-list")
    with operator.inside.begin() as db:
        # Many and long, so that the server has not read all of them when the first arrive.
        copy = f"""
            INSERT INTO articles (title, body, tags, status, author_id, version, created_at, updated_at)
            SELECT title, repeat('x', {LONGEST}), tags, status, author_id, version, created_at, updated_at
            FROM articles, generate_series(1, {COPIES}) WHERE id = :id
        """
        db.execute(sa.text(copy), {"id": made.json()["id"]})
    query = {"limit": "all", "title": "long-list"}
    with http.stream("GET", "/articles", params=query, headers={"Accept": "application/x-ndjson"}) as answer:
        received = answer.iter_raw(65_536)
        got = next(received)
        operator.end_sessions()
        got += b"".join(received)
    rows = [json.loads(line) for line in got.splitlines()]
    assert len({row["id"] for row in rows}) == COPIES + 1


def test_a_connection_ended_during_a_lock_wait_is_retried_and_writes_once(
    http: httpx.Client, running: Server, operator: Operator
) -> None:
    for number in range(3):
        place = publish(http, "waits").headers["Location"]
        article_id = int(place.rpartition("/")[2])
        before = len(running.lines())
        with ThreadPoolExecutor(1) as pool:
            with operator.holding(HOLD_ARTICLE, id=article_id):
                fields = {**PATCH, "If-Match": '"v1"'}
                change = pool.submit(http.patch, place, json={"title": f"changed {number}"}, headers=fields)
                operator.wait_for(WAITS_FOR_A_LOCK)
                assert operator.end_sessions(WAITS_FOR_A_LOCK) == 1
            answer = change.result()
        assert answer.status_code == 200, answer.text
        assert (answer.json()["version"], http.get(place).json()) == (2, answer.json())
        with client(running.url, "admin", "secret") as admin:
            trail = admin.get("/admin/audit", params={"target": place, "action": "change"}).json()["items"]
        assert len(trail) == 1
        assert any("failed in passing" in line for line in warnings(running, before))


def test_a_repeatedly_ended_connection_is_503_and_nothing_is_done(http: httpx.Client, operator: Operator) -> None:
    place = publish(http, "waits").headers["Location"]
    article_id = int(place.rpartition("/")[2])
    with ThreadPoolExecutor(1) as pool, operator.holding(HOLD_ARTICLE, id=article_id):
        change = pool.submit(
            http.patch, place, json={"title": "changed"}, headers={**PATCH, "Idempotency-Key": "ended-again"}
        )
        while not change.done():
            operator.end_sessions(WAITS_FOR_A_LOCK)
        unavailable(change.result())
        assert http.get(place).json()["version"] == 1
    again = http.patch(place, json={"title": "changed"}, headers={**PATCH, "Idempotency-Key": "ended-again"})
    assert (again.status_code, again.json()["version"]) == (200, 2)
    assert "Idempotent-Replayed" not in again.headers


def test_a_connection_lost_during_the_commit_is_503_and_the_key_executes_once(
    http: httpx.Client, operator: Operator
) -> None:
    place = publish(http, "commits").headers["Location"]
    article_id = int(place.rpartition("/")[2])
    fields = {**PATCH, "Idempotency-Key": "lost-at-commit"}
    with operator.ending_at_commit("articles", article_id):
        unavailable(http.patch(place, json={"title": "changed"}, headers=fields))
        # Tried once only, because it may have been committed.
        assert operator.commits() == 1
    done = http.patch(place, json={"title": "changed"}, headers=fields)
    assert (done.status_code, done.json()["version"]) == (200, 2)
    again = http.patch(place, json={"title": "changed"}, headers=fields)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (done.content, "true")


def test_requests_are_503_while_postgresql_is_stopped_and_served_afterwards(tmp_path: Path) -> None:
    postgres = Postgres()
    try:
        server = Server(tmp_path / "log", "--workers", "2", "--database", postgres.create("stopped"))
        try:
            with client(server.url) as http:
                place = publish(http, "early").headers["Location"]
                busy(server)
                postgres.halt()
                http.timeout = USUAL
                for number in range(6):
                    unavailable(http.get(place))
                    unavailable(publish(http, f"refused {number}", Idempotency_Key=f"stopped-{number}"))
                # Resources that need no database are served.
                assert httpx.get(f"{server.url}/hello", trust_env=False).status_code == 200
                postgres.start()
                for number in range(MANY):
                    assert http.get(place).status_code == 200
                    answer = publish(http, f"refused {number}", Idempotency_Key=f"stopped-{number}")
                    assert (answer.status_code, answer.headers.get("Idempotent-Replayed")) == (201, None)
        finally:
            server.stop()
        assert [line for line in server.lines() if line["level"] in ("error", "critical")] == []
    finally:
        postgres.stop()
