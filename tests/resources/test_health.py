"""`/livez` and `/readyz`: probes for load balancers and supervisors."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api.app import create_app
from api.store import migrating
from api.store.database import Database
from config import Config
from tests.contract.expect import refused
from tests.postgres import Postgres
from tests.reliability.operators import Operator
from tests.servers import JOHN, Server
from tests.waiting import PATIENCE, wait_until
from tests.watch.credentials import connection, locked

NAME = "health"


def until(client: httpx.Client, status: int) -> httpx.Response:
    """Read /readyz until it has this answer, because a result is cached for a second."""

    def answer() -> httpx.Response | None:
        given = client.get("/readyz")
        return given if given.status_code == status else None

    return wait_until(answer, f"{status} of /readyz", pause=0.05)


def not_ready(answer: httpx.Response, failing: str) -> None:
    document = refused(answer, 503, "unavailable")
    assert (document["failing"], answer.headers["Retry-After"]) == (failing, "1")


@pytest.fixture
def url(migrated_database: Callable[[], str]) -> str:
    return migrated_database()


@pytest.fixture
def running(url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a server of two workers with a rate limit that any request except probes exceeds."""
    server = Server(tmp_path / "log", "--workers", "2", "--database", url, RATE_LIMIT="1/hour")
    try:
        with httpx.Client(base_url=server.url, trust_env=False, timeout=PATIENCE) as client:
            yield client
    finally:
        assert server.stop() == 0


def test_a_server_that_has_started_is_alive_and_ready(anonymous: httpx.Client) -> None:
    assert anonymous.get("/livez").json() == {"status": "alive"}
    assert anonymous.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_no_cache_stores_the_answer_to_a_probe(anonymous: httpx.Client, path: str) -> None:
    assert anonymous.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_no_limit_counts_probes(running: httpx.Client, path: str) -> None:
    for sent in (JOHN, None):
        for _ in range(3):
            assert running.get(path, auth=sent).status_code == 200
    assert [running.get("/hello").status_code for _ in range(2)] == [200, 429]


def test_a_server_with_an_old_database_is_alive_and_not_ready(running: httpx.Client, url: str) -> None:
    until(running, 200)
    set_revision(url, "0001")
    answer = until(running, 503)
    not_ready(answer, "migrations")
    assert "0001" not in answer.text
    assert running.get("/livez").status_code == 200
    # Migrated by a newer version during a rollout.
    set_revision(url, "9999")
    until(running, 200)


def set_revision(url: str, revision: str) -> None:
    """Set the revision that is stored in the database."""
    with connection(url) as db:
        db.execute(f"UPDATE alembic_version SET version_num = '{revision}'")


def test_a_server_without_its_database_is_alive_not_ready_and_recovers(postgres: Postgres, tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--workers", "2", "--database", postgres.create(NAME))
    operator = Operator(postgres.url, NAME)

    def allow(connections: str) -> None:
        with operator.beside.connect() as db:
            db.execute(sa.text(f"ALTER DATABASE {NAME} ALLOW_CONNECTIONS {connections}"))
        operator.end_sessions()

    with httpx.Client(base_url=server.url, trust_env=False, timeout=PATIENCE) as client:
        until(client, 200)
        allow("false")
        answer = until(client, 503)
        not_ready(answer, "database")
        assert NAME not in answer.json()["detail"]
        assert client.get("/livez").status_code == 200
        assert client.get("/articles").status_code == 503
        allow("true")
        until(client, 200)
    assert server.stop() == 0
    told = [(line["message"], line["failing"]) for line in server.lines() if "failing" in line]
    assert ("not ready", "database") in told
    assert ("ready again", None) in told


def test_lost_connections_alone_do_not_make_a_server_unready(postgres: Postgres, tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--database", postgres.create("health_lost"), THREADS="1")
    operator = Operator(postgres.url, "health_lost")
    for _ in range(3):
        assert httpx.get(f"{server.url}/readyz").status_code == 200
        operator.end_sessions()
        sleep(1.1)  # a result is cached for a second
    assert server.stop() == 0


def test_many_probes_check_the_database_once(url: str) -> None:
    app = create_app(Config(database_url=url))
    database: Database = app.services.database
    migrating.upgrade(database)
    statements: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *event: statements.append(event[2]))
    client = app.test_client()
    assert client.get("/readyz").status_code == 200
    looked = len(statements)
    assert looked > 0
    started = monotonic()
    for _ in range(50):
        assert client.get("/readyz").status_code == 200
        assert client.get("/livez").status_code == 200
    assert len(statements) == looked or monotonic() - started > 1
    database.close()


def test_a_stopping_worker_is_alive_and_not_ready(url: str) -> None:
    app = create_app(Config(database_url=url))
    migrating.upgrade(app.services.database)
    # The front sets this; seen from outside it lasts only as long as the stop.
    draining = {"touchstone.draining": True}
    answer = app.test_client().get("/readyz", environ_overrides=draining)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert json.loads(answer.data)["failing"] == "shutdown"
    for path in ("/livez", "/hello", "/articles"):
        assert app.test_client().get(path, environ_overrides=draining).status_code == 200
    app.services.database.close()


def test_an_overloaded_server_is_alive(url: str, tmp_path: Path) -> None:
    settings = {"THREADS": "1", "MAX_QUEUED": "1", "LOCK_TIMEOUT": "5"}
    server = Server(tmp_path / "log", "--database", url, **settings)

    def post(number: int) -> Any:
        sent = {"value": f"{number}"}
        return httpx.put(f"{server.url}/secrets/a", json=sent, auth=JOHN, timeout=2 * PATIENCE, trust_env=False)

    assert post(0).status_code == 201
    with ThreadPoolExecutor(3) as pool, httpx.Client(base_url=server.url, timeout=4, trust_env=False) as client:
        with locked(url):
            waiting = []
            # One request uses the thread, one waits for it, and the third is refused.
            for number in range(3):
                waiting.append(pool.submit(post, number))
                sleep(0.3)  # if all came at once, two would be refused before the thread starts the first
            done, others = wait(waiting, timeout=PATIENCE, return_when=FIRST_COMPLETED)
            assert [each.result().status_code for each in done] == [503]
            assert client.get("/livez").status_code == 200
            assert not any(each.done() for each in others)
        assert all(each.result().status_code in (200, 204) for each in others)
    assert server.stop() == 0
