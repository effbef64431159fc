"""A resource executes a request once: it claims the key and stores the response, or nothing is done (CONTRACT §6)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Response
from werkzeug.test import Client, TestResponse

from api.app import find_loaders
from api.rules.problems import Conflict
from api.store import migrating
from api.store.audit import audit
from api.store.database import Database
from api.store.idempotency import keys
from api.web.idempotency import claim, keep, recall
from api.web.resource import LostRace, Resource, answers
from api.web.storage import audited, transaction
from tests.web.conftest import Serve

PRODUCTION = {"TOUCHSTONE_ENV": "production", "SECRET_KEY": "a secret for tests, and none to keep"}
DEVELOPMENT = {"TOUCHSTONE_ENV": "development"}
KEYED = {"Idempotency-Key": '"a-key"'}
REPLAYED = "Idempotent-Replayed"
MADE = ({"a": 1}, 201, {"Location": "/thing/1", "ETag": '"v1"'})


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """The database that `serve` uses."""
    found = Database(f"sqlite:///{tmp_path}/tiny.db")
    find_loaders()
    migrating.upgrade(found)
    yield found
    found.close()


def rows(database: Database) -> tuple[int, int]:
    """The number of effects, and the number of keys."""
    with database.reading() as db:
        counts = [db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in (audit, keys)]
    return counts[0], counts[1]


def resource_that(answer: Any = MADE, *, claims: bool = True, keeps: bool = True, losses: int = 0) -> type[Resource]:
    """A resource at `/thing` that writes an audit entry. Options make it omit its steps for keys."""
    runs: list[int] = []

    class Thing(Resource):
        paths = ("/thing",)

        @answers(201, keyed=True, refuses=[Conflict])
        def post(self) -> Any:
            recall()
            with transaction() as db:
                if claims:
                    claim(db)
                audited(db, "create", "/thing/1")
                runs.append(1)
                if len(runs) <= losses:
                    raise LostRace
                if isinstance(answer, Exception):
                    raise answer
                return keep(db, answer) if keeps else answer

        put = post

    return Thing


def post(client: Client, **fields: str) -> TestResponse:
    return client.post("/thing", data=b"{}", headers=fields)


def test_a_claimed_request_is_executed_once(serve: Serve, database: Database) -> None:
    client = serve(resource_that())
    first, again = post(client, **KEYED), post(client, **KEYED)
    assert (first.status_code, first.json, REPLAYED in first.headers) == (201, {"a": 1}, False)
    assert (again.status_code, again.data, again.headers[REPLAYED]) == (201, first.data, "true")
    for name in ("Content-Type", "Location", "Content-Location", "ETag"):
        assert again.headers[name] == first.headers[name]
    assert rows(database) == (1, 1)


def test_without_a_key_nothing_is_kept(serve: Serve, database: Database) -> None:
    client = serve(resource_that())
    assert [post(client).status_code for _ in range(2)] == [201, 201]
    assert rows(database) == (2, 0)


def test_a_response_that_a_method_made_itself_is_kept_too(serve: Serve, database: Database) -> None:
    client = serve(resource_that(Response(b"\x00\xff", 201, {"Content-Type": "image/png", "ETag": '"v1"'})))
    first, again = post(client, **KEYED), post(client, **KEYED)
    assert (first.status_code, first.data, first.headers["Content-Type"]) == (201, b"\x00\xff", "image/png")
    assert (again.status_code, again.data, again.headers["Content-Type"]) == (201, b"\x00\xff", "image/png")
    assert (again.headers["ETag"], again.headers[REPLAYED]) == ('"v1"', "true")
    assert rows(database) == (1, 1)


@pytest.mark.parametrize("changed", [{}, DEVELOPMENT, PRODUCTION], ids=["testing", "development", "production"])
def test_a_key_that_is_claimed_and_not_kept_is_a_fault_and_no_effect(
    serve: Serve, database: Database, log: pytest.LogCaptureFixture, changed: dict[str, str]
) -> None:
    client = serve(resource_that(keeps=False), **changed)
    answer = post(client, **KEYED)
    assert (answer.status_code, answer.json["type"]) == (500, "/problems/internal-error")
    assert "AnswerNotKept" in log.text
    assert rows(database) == (0, 0)
    # Without a key, nothing has to be stored.
    assert post(client).status_code == 201
    assert rows(database) == (1, 0)


@pytest.mark.parametrize("changed", [{}, DEVELOPMENT, PRODUCTION], ids=["testing", "development", "production"])
def test_a_method_that_declares_keys_and_claims_none_is_a_fault_and_no_effect(
    serve: Serve, database: Database, log: pytest.LogCaptureFixture, changed: dict[str, str]
) -> None:
    client = serve(resource_that(claims=False), **changed)
    answer = post(client, **KEYED)
    assert (answer.status_code, answer.json["type"]) == (500, "/problems/internal-error")
    assert "POST /thing accepts keys, but stored no response for this one" in log.text
    assert rows(database) == (0, 0)
    assert post(client).status_code == 201
    assert rows(database) == (1, 0)


def test_other_methods_claim_nothing(serve: Serve, database: Database) -> None:
    client = serve(resource_that())
    for _ in range(2):
        answer = client.put("/thing", data=b"{}", headers=KEYED)
        assert (answer.status_code, REPLAYED in answer.headers) == (201, False)
    assert rows(database) == (2, 0)


def test_a_refusal_after_the_claim_leaves_the_key_free(serve: Serve, database: Database) -> None:
    assert post(serve(resource_that(Conflict("No."))), **KEYED).status_code == 409
    assert rows(database) == (0, 0)
    answer = post(serve(resource_that()), **KEYED)
    assert (answer.status_code, REPLAYED in answer.headers) == (201, False)


@pytest.mark.parametrize("fault", [ValueError(), KeyError("x"), RecursionError()], ids=repr)
def test_a_fault_after_the_claim_leaves_the_key_free(
    serve: Serve, database: Database, log: pytest.LogCaptureFixture, fault: Exception
) -> None:
    assert post(serve(resource_that(fault)), **KEYED).status_code == 500
    assert log.records
    assert rows(database) == (0, 0)


@pytest.mark.parametrize("losses", [1, 4])
def test_a_method_that_lost_a_race_claims_anew_and_is_done_once(serve: Serve, database: Database, losses: int) -> None:
    client = serve(resource_that(losses=losses))
    first, again = post(client, **KEYED), post(client, **KEYED)
    assert (first.status_code, REPLAYED in first.headers) == (201, False)
    assert (again.status_code, again.headers[REPLAYED]) == (201, "true")
    assert rows(database) == (1, 1)


def test_a_method_that_loses_every_race_leaves_the_key_free(serve: Serve, database: Database) -> None:
    client = serve(resource_that(losses=5))
    assert post(client, **KEYED).status_code == 503
    assert rows(database) == (0, 0)
    answer = post(client, **KEYED)
    assert (answer.status_code, REPLAYED in answer.headers) == (201, False)


def test_to_write_anything_before_the_claim_is_a_fault(serve: Serve, database: Database) -> None:
    """A repetition would do it again."""

    class Hasty(Resource):
        paths = ("/thing",)

        @answers(201, keyed=True)
        def post(self) -> Any:
            with transaction() as db:
                audited(db, "look", "/thing/1")
            with transaction() as db:
                claim(db)
                return keep(db, MADE)

    client = serve(Hasty)
    assert post(client, **KEYED).status_code == 500
    assert rows(database) == (0, 0)
    assert post(client).status_code == 201
