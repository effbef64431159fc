"""Locks that others hold: the write is retried or gets 503, and is done once (CONTRACT §6, §10)."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from tests.postgres import Postgres
from tests.reliability.answers import client, post_large, publish, stranger, unavailable
from tests.reliability.operators import HOLD_ARTICLE, WAITS_FOR_A_LOCK, Operator
from tests.reliability.racing import count_up
from tests.servers import Server

NAME = "held_locks"
PATCH = {"Content-Type": "application/merge-patch+json"}
# Claims a key as a request of this account would. It is never committed, so no other session sees it.
HOLD_KEY = """
    INSERT INTO idempotency_keys (owner, key, fingerprint, expires_at)
    SELECT 'user ' || id, :key, 'x', '9999-01-01T00:00:00.000Z' FROM users WHERE username = 'john'
"""
INCREMENTS = 60


@pytest.fixture(scope="module")
def running(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on a PostgreSQL database whose rows others lock."""
    log = tmp_path_factory.mktemp("held") / "log"
    server = Server(log, "--workers", "2", "--database", postgres.create(NAME), LOCK_TIMEOUT="3")
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


def tried_again(server: Server, since: int) -> list[str]:
    """The reasons for retries in the log."""
    return [line["message"] for line in server.lines()[since:] if "failed in passing" in line["message"]]


def test_the_victim_of_a_deadlock_is_retried_and_done_once(
    running: Server, operator: Operator, http: httpx.Client
) -> None:
    place = publish(http, "contested").headers["Location"]
    article_id, key = int(place.rpartition("/")[2]), uuid4().hex
    before = len(running.lines())
    with ThreadPoolExecutor(1) as pool:
        with operator.holding(HOLD_ARTICLE, id=article_id) as theirs:
            # The request holds the key and waits for the article; the others hold the article and wait for the key.
            fields = {**PATCH, "Idempotency-Key": key, "If-Match": '"v1"'}
            change = pool.submit(http.patch, place, json={"title": "changed"}, headers=fields)
            operator.wait_for(WAITS_FOR_A_LOCK)
            theirs.execute(sa.text(HOLD_KEY), {"key": key})
        answer = change.result()
    assert (answer.status_code, answer.headers.get("Idempotent-Replayed")) == (200, None)
    assert any("deadlock detected" in line for line in tried_again(running, before))
    assert http.get(place).json() == answer.json()
    assert answer.json()["version"] == 2
    again = http.patch(place, json={"title": "changed"}, headers=fields)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (answer.content, "true")
    with client(running.url, "admin", "secret") as admin:
        trail = admin.get("/admin/audit", params={"target": place, "action": "change"}).json()["items"]
    assert len(trail) == 1


def test_a_row_locked_too_long_is_503_and_the_retry_is_executed_once(operator: Operator, http: httpx.Client) -> None:
    place = publish(http, "held").headers["Location"]
    fields = {**PATCH, "Idempotency-Key": uuid4().hex}
    with operator.holding(HOLD_ARTICLE, id=int(place.rpartition("/")[2])):
        unavailable(http.patch(place, json={"title": "changed"}, headers=fields))
        assert http.get(place).json()["title"] == "held"
    done = http.patch(place, json={"title": "changed"}, headers=fields)
    assert (done.json()["version"], "Idempotent-Replayed" in done.headers) == (2, False)
    assert http.patch(place, json={"title": "changed"}, headers=fields).headers["Idempotent-Replayed"] == "true"
    assert http.get(place).json() == done.json()


def test_a_key_that_is_held_for_too_long_is_409_with_retry_after(operator: Operator, http: httpx.Client) -> None:
    key = uuid4().hex
    with operator.holding(HOLD_KEY, key=key):
        answer = publish(http, key, Idempotency_Key=key)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/idempotency-in-progress")
    assert int(answer.headers["Retry-After"]) >= 1
    assert publish(http, key, Idempotency_Key=key).status_code == 201
    assert len(http.get("/articles", params={"title": key}).json()["items"]) == 1


@contextmanager
def serializable(operator: Operator) -> Iterator[None]:
    operator.set_default("default_transaction_isolation", "serializable")
    try:
        yield
    finally:
        operator.set_default("default_transaction_isolation", "read committed")


def test_with_serializable_transactions_no_increment_is_lost(running: Server, operator: Operator) -> None:
    with serializable(operator):
        before = len(running.lines())
        counted = count_up([running.url], INCREMENTS, writers=6)
    assert (counted.number, counted.version) == (INCREMENTS, 1 + INCREMENTS)
    # Otherwise no conflict was tested.
    assert any("could not serialize access" in line for line in tried_again(running, before))


def test_with_serializable_transactions_each_write_is_done_or_503(
    running: Server, operator: Operator, http: httpx.Client
) -> None:
    place = publish(http, "serializable").headers["Location"]

    def change(number: int) -> list[httpx.Response]:
        with client(running.url) as writer:
            return [writer.patch(place, json={"body": f"{number}.{n}"}, headers=PATCH) for n in range(10)]

    with serializable(operator), ThreadPoolExecutor(4) as pool:
        answers = [answer for answers in pool.map(change, range(4)) for answer in answers]
        for answer in answers:
            if answer.status_code != 200:
                unavailable(answer)
        done = [answer.json()["version"] for answer in answers if answer.status_code == 200]
        assert sorted(done) == list(range(2, len(done) + 2))
        assert http.get(place).json()["version"] == 1 + len(done)


def test_a_sqlite_file_locked_too_long_is_503_and_the_retry_is_executed_once(
    tmp_path: Path,
) -> None:
    file = tmp_path / "held.db"
    server = Server(
        tmp_path / "log", "--workers", "2", "--database", f"sqlite:///{file}", LOCK_TIMEOUT="0.2", THREADS="2"
    )
    try:
        with client(server.url) as http, stranger(server.url) as anonymous:
            place = publish(http, "early").headers["Location"]
            token = http.post("/tokens", json={}).json()["token"]
            with closing(sqlite3.connect(file, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                unavailable(publish(http, "late", Idempotency_Key="late"))
                unavailable(post_large(http, "late", Idempotency_Key="large"))
                unavailable(http.patch(place, json={"title": "changed"}, headers=PATCH))
                unavailable(http.delete(place))
                assert anonymous.get(place).json()["title"] == "early"
                assert anonymous.get("/users/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
                other.execute("ROLLBACK")
            done = publish(http, "late", Idempotency_Key="late")
            assert (done.status_code, done.headers.get("Idempotent-Replayed")) == (201, None)
            assert publish(http, "late", Idempotency_Key="late").headers["Idempotent-Replayed"] == "true"
            assert len(http.get("/articles", params={"title": "late"}).json()["items"]) == 1
            assert post_large(http, "late", Idempotency_Key="large").status_code == 201
            assert len(http.get("/messages").json()["items"]) == 1
            assert http.get(place).json()["version"] == 1
    finally:
        server.stop()
    assert [line for line in server.lines() if line["level"] in ("error", "critical")] == []
