"""A refusal and a rolled-back effect leave the key free (CONTRACT §6)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from api.store import idempotency
from api.store.accounts import users
from resources.articles.table import articles
from tests.contract.access import basic, new_token, register, store_of
from tests.contract.expect import refused
from tests.contract.keys import REPLAYED, STORING, Asked, effects, kept, new_key, new_request, same_answer
from tests.resources.accounts.accounts import new_client
from tests.servers import Server
from tests.waiting import wait_until

ARTICLE, USER = "/articles/<id:article_id>", "/users/<id:user_id>"
CREATE, CHANGE, REGISTER, SEND = ("/articles", "POST"), (ARTICLE, "PATCH"), ("/users", "POST"), ("/messages", "POST")
JSON_PATCH = "application/json-patch+json"
LARGE = b'{"title": "%b", "body": ""}' % (b"a" * 1024 * 1024)
TAKEN = b'{"username": "John", "name": "A name", "email": "%b@example.org", "password": "long enough"}'
UNSCOPED = "a token without a scope"

# Faults of a request whose key is then used for a valid one.
REFUSED = [
    ("400 malformed JSON", CREATE, {"content": b"{"}, (400, "malformed-json")),
    ("400 malformed patch", CHANGE, {"content": b"[{}]", "content_type": JSON_PATCH}, (400, "malformed-body")),
    ("400 malformed form", SEND, {"content_type": "multipart/form-data; boundary=x"}, (400, "malformed-body")),
    ("400 digest", SEND, {"fields": {"Content-Digest": "sha-256=:" + "A" * 43 + "=:"}}, (400, "digest-mismatch")),
    ("400 parameter", CREATE, {"url": "/articles?x=1"}, (400, "invalid-parameter")),
    ("400 If-Match", CHANGE, {"fields": {"If-Match": "v1"}}, (400, "invalid-header")),
    ("401", CREATE, {"authorization": ""}, (401, "unauthenticated")),
    ("401 wrong", REGISTER, {"authorization": basic("admin", "wrong")}, (401, "unauthenticated")),
    ("403 scope", CREATE, {"authorization": UNSCOPED}, (403, "insufficient-scope")),
    ("403 owner", CHANGE, {"authorization": basic("john", "john")}, (403, "forbidden")),
    ("404", CHANGE, {"url": "/articles/999999999"}, (404, "not-found")),
    ("406", CREATE, {"fields": {"Accept": "image/png"}}, (406, "not-acceptable")),
    ("409 taken", REGISTER, {"content": TAKEN % uuid4().hex.encode()}, (409, "username-taken")),
    (
        "409 patch",
        CHANGE,
        {"content": b'[{"op": "remove", "path": "/x"}]', "content_type": JSON_PATCH},
        (409, "patch-conflict"),
    ),
    ("412", CHANGE, {"fields": {"If-Match": '"v0"'}}, (412, "precondition-failed")),
    ("412 star", CHANGE, {"fields": {"If-None-Match": "*"}}, (412, "precondition-failed")),
    ("413", CREATE, {"content": LARGE}, (413, "content-too-large")),
    ("413 form", SEND, {"content": LARGE, "content_type": "application/json"}, (413, "content-too-large")),
    ("415", CREATE, {"content_type": "text/plain"}, (415, "unsupported-media-type")),
    ("415 coding", CHANGE, {"fields": {"Content-Encoding": "br"}}, (415, "unsupported-encoding")),
    ("422", CREATE, {"content": b"{}"}, (422, "invalid")),
    ("422 registration", REGISTER, {"content": b'{"username": "a"}'}, (422, "invalid")),
    ("422 patch", CHANGE, {"content": b'{"title": ""}'}, (422, "invalid")),
    ("422 read-only", CHANGE, {"content": b'{"id": 0}'}, (422, "invalid")),
]


@pytest.fixture(scope="session")
def unscoped(anonymous) -> str:
    return new_token(anonymous, register(anonymous), [])[1]


@pytest.mark.parametrize(("route", "wrong", "refusal"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_refusal_leaves_the_key_free(server: Server, anonymous, unscoped, route, wrong, refusal):
    asked, key = new_request(anonymous, *route), new_key()
    if wrong.get("authorization") == UNSCOPED:
        wrong = {**wrong, "authorization": unscoped}
    before = effects(server)
    for _ in range(2):
        refused(asked.send(anonymous, key, **wrong), *refusal)
    assert effects(server) == before
    assert kept(server, key) == []
    sound = asked.send(anonymous, key)
    assert (sound.status_code, REPLAYED in sound.headers) == (201 if route[1] == "POST" else 200, False)
    same_answer(sound, asked.send(anonymous, key))


def test_a_repeated_registration_succeeds_once_the_name_is_free(server: Server, anonymous):
    holder, key = register(anonymous), new_key()
    asked = new_request(anonymous, *REGISTER)
    asked = replace(asked, content=json.dumps({**json.loads(asked.content), "username": holder.username}).encode())
    refused(asked.send(anonymous, key), 409, "username-taken")
    assert kept(server, key) == []
    by = {"Authorization": holder.credentials}
    assert anonymous.delete(f"/users/{holder.id}", headers=by).status_code == 204
    answer = asked.send(anonymous, key)
    assert (answer.status_code, REPLAYED in answer.headers) == (201, False)


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a limit of one request a second."""
    running = Server(tmp_path_factory.mktemp("limited") / "log", "--ephemeral", RATE_LIMIT="1/second")
    yield running
    assert running.stop() == 0


def test_a_rate_limited_request_leaves_the_key_free(limited: Server):
    asked = Asked("POST", "/articles", b'{"title": "A title", "body": ""}', "application/json")
    with new_client(limited) as http:
        while (answer := asked.send(http, key := new_key())).status_code == 201:
            pass
        refused(answer, 429, "rate-limited")

        def taken() -> httpx.Response | None:
            answer = asked.send(http, key)
            return answer if answer.status_code != 429 else None

        answer = wait_until(taken, "an answer but 429")
        assert (answer.status_code, REPLAYED in answer.headers) == (201, False)


# Waiting for another request, on a server with a short lock timeout.


@pytest.fixture(scope="module")
def impatient(migrated_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("impatient") / "log"
    running = Server(log, "--database", migrated_database(), LOCK_TIMEOUT="0.3")
    yield running
    assert running.stop() == 0


@pytest.fixture
def client(impatient: Server) -> Iterator[httpx.Client]:
    with new_client(impatient) as found:
        yield found


def claim_for_admin(db: sa.Connection, key: str) -> None:
    """Claim a key like a running request of the administrator."""
    admin_id = db.execute(sa.select(users.c.id).where(users.c.username == "admin")).scalar_one()
    assert idempotency.claim(db, idempotency.owner_of(admin_id, ""), key, b"") is None


def told_to_wait(impatient: Server, answer: httpx.Response) -> None:
    """On SQLite, which has one writer at a time, the server cannot distinguish the key and answers 503."""
    with store_of(impatient) as store:
        refused(answer, *((503, "unavailable") if store.sqlite else (409, "idempotency-in-progress")))
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.every_case
@pytest.mark.parametrize(("route", "method"), [CREATE, SEND, REGISTER])
def test_while_the_first_runs_the_second_gets_retry_after(impatient: Server, client, route, method):
    asked, key = new_request(client, route, method), new_key()
    before = effects(impatient)
    with store_of(impatient) as store, pytest.raises(ZeroDivisionError), store.transaction() as db:
        claim_for_admin(db, key)
        answer = asked.send(client, key)
        raise ZeroDivisionError  # it fails in the end
    told_to_wait(impatient, answer)
    assert effects(impatient) == before
    assert kept(impatient, key) == []
    answer = asked.send(client, key)
    assert (answer.status_code, REPLAYED in answer.headers) == (201, False)


@pytest.mark.every_case
@pytest.mark.parametrize(("route", "table"), [(ARTICLE, articles), (USER, users)])
def test_while_the_first_changes_a_row_the_second_gets_retry_after(impatient: Server, client, route, table):
    """The first request also locks its row; the second must still be recognised as its repetition."""
    asked, key = new_request(client, route, "PATCH"), new_key()
    with store_of(impatient) as store, pytest.raises(ZeroDivisionError), store.transaction() as db:
        row = sa.select(table).where(table.c.id == int(asked.url.rpartition("/")[2]))
        db.execute(row.with_for_update())
        claim_for_admin(db, key)
        answer = asked.send(client, key)
        raise ZeroDivisionError
    told_to_wait(impatient, answer)
    answer = asked.send(client, key)
    assert (answer.status_code, REPLAYED in answer.headers) == (200, False)


def test_on_users_me_the_second_gets_retry_after_too(impatient: Server, client):
    asked, key = Asked("PATCH", "/users/me", b'{"name": "Another name"}', "application/merge-patch+json"), new_key()
    with store_of(impatient) as store, pytest.raises(ZeroDivisionError), store.transaction() as db:
        claim_for_admin(db, key)
        answer = asked.send(client, key)
        raise ZeroDivisionError
    told_to_wait(impatient, answer)


@pytest.mark.parametrize(("route", "method"), STORING)
def test_a_busy_server_leaves_the_key_free(impatient: Server, client, route, method):
    """On PostgreSQL the 503 comes after the claim, at the lock of the audit trail; the claim is rolled back too."""
    asked, key = new_request(client, route, method), new_key()
    before = effects(impatient)
    with store_of(impatient) as store, store.transaction() as db:
        if not store.sqlite:
            db.execute(sa.text("LOCK TABLE audit IN EXCLUSIVE MODE"))
        answer = asked.send(client, key)
    refused(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert effects(impatient) == before
    assert kept(impatient, key) == []
    first = asked.send(client, key)
    assert (first.status_code, REPLAYED in first.headers) == (201 if method == "POST" else 200, False)
    same_answer(first, asked.send(client, key))


def test_an_answer_is_replayed_while_others_write(impatient: Server, client):
    """A stored answer needs no write lock, because the key is looked up before the transaction."""
    asked, key = new_request(client, *CREATE), new_key()
    first = asked.send(client, key)
    with store_of(impatient) as store, pytest.raises(ZeroDivisionError), store.transaction() as db:
        claim_for_admin(db, new_key())
        again = asked.send(client, key)
        raise ZeroDivisionError
    same_answer(first, again)
