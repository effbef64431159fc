"""Permissions: every row of the matrix on the real server. Refusals change nothing (CONTRACT §1, §2, §9)."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api.rules.accounts import SCOPES
from api.store.audit import audit
from api.store.database import Database
from tests.contract.access import ADMIN, PRINCIPALS, ROWS, Cast, Row, new_cast, new_token, register, stage, store_of
from tests.contract.expect import refused, standing
from tests.contract.routes import KNOWN, ROUTES, VERBATIM, sound
from tests.servers import Server

pytestmark = pytest.mark.one_database

BEARER = 'Bearer realm="touchstone"'
BASIC = 'Basic realm="touchstone", charset="UTF-8"'
INVALID_TOKEN = (401, "invalid-token", [f'{BEARER}, error="invalid_token"'])
FORBIDDEN = (403, "forbidden", [])
SAFE = ("GET", "HEAD", "OPTIONS")
SCOPED = [row for row in ROWS if row.scope != "-"]


@pytest.fixture(scope="session")
def store(server: Server) -> Iterator[Database]:
    with store_of(server) as found:
        yield found


@pytest.fixture(scope="session")
def cast(store: Database, anonymous: httpx.Client) -> Cast:
    return new_cast(anonymous, store)


def keeps(row: Row) -> bool:
    """Whether a success of this row changes stored rows."""
    return not row.route.startswith(("/echo", "/status"))


def act(http: httpx.Client, row: Row, url: str, credentials: str | None) -> httpx.Response:
    """Send a request that is valid except for its sender."""
    needed = sound(row.route, row.method)
    headers = needed.pop("headers", {}) | ({"Authorization": credentials} if credentials else {})
    return http.request(row.method, url, headers=headers, **needed)


def last_change(store: Database) -> int:
    """The newest entry of the audit trail: every successful write has one, in the same transaction."""
    with store.reading() as db:
        return db.execute(sa.select(sa.func.max(audit.c.id))).scalar_one()


def named(http: httpx.Client, cast: Cast, row: Row, url: str) -> Any:
    """The current resource of the row, read by an account that sees all of it; None if it is absent."""
    if row.thing in ("-", "absent"):
        return None
    looker = cast.owner if row.thing in ("token", "secret", "me") else cast.admin
    answer = http.get(url, headers={"Authorization": looker.credentials})
    assert answer.status_code == 200
    return answer.content if row.route in VERBATIM else answer.json()


def check_refusal(row: Row, who: str, answer: httpx.Response) -> None:
    """Assert that this is the problem for this principal, with the right challenge (CONTRACT §9)."""
    expected = {
        ("anonymous", 401): (401, "unauthenticated", [BEARER, BASIC]),
        ("wrong", 401): (401, "unauthenticated", [BASIC]),
        ("expired", 401): INVALID_TOKEN,
        ("revoked", 401): INVALID_TOKEN,
    }.get((who, answer.status_code), (404, "not-found", []) if answer.status_code == 404 else FORBIDDEN)
    if who == "unscoped" and answer.status_code == 403 and row.scope != "-":
        challenge = f'{BEARER}, error="insufficient_scope", scope="{row.scope}"'
        expected = (403, "insufficient-scope", [challenge])
    status, slug, challenges = expected
    assert answer.headers.get_list("WWW-Authenticate") == challenges
    if row.method == "HEAD":
        assert (answer.status_code, answer.content) == (status, b"")
        standing(answer)
        return
    document = refused(answer, status, slug)
    assert document.get("required_scopes") == ([row.scope] if slug == "insufficient-scope" else None)


def test_every_method_of_every_route_has_a_row():
    guarded = {route: resource for route, resource in ROUTES.items() if not resource.in_registry}
    there = {(route, method) for route, resource in guarded.items() for method in resource.allowed}
    rows = [(row.route, row.method, row.thing) for row in ROWS]
    assert {row[:2] for row in rows} == there, "add its rows to MATRIX in tests/contract/access.py"
    assert len(set(rows)) == len(rows)
    assert {row.scope for row in SCOPED} <= set(SCOPES[ADMIN])


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_principal_gets_its_status_and_refusals_change_nothing(anonymous, store, cast, row):
    played, url = stage(anonymous, store, cast, row)
    before, thing = last_change(store), named(anonymous, played, row, url)
    for who, status in row.statuses.items():
        answer = act(anonymous, row, url, played.credentials(who, row.scope))
        assert answer.status_code == status, who
        if status >= 400:
            check_refusal(row, who, answer)
        if row.method in SAFE:
            continue
        wrote = status < 400 and keeps(row)
        assert (last_change(store) != before) == wrote, who
        if not wrote or (row.thing in ("token", "secret") and who != "owner"):
            assert named(anonymous, played, row, url) == thing, who
        if wrote:
            # A success may have changed or deleted it, so the next principal gets a new one.
            played, url = stage(anonymous, store, cast, row)
            before, thing = last_change(store), named(anonymous, played, row, url)
    assert last_change(store) == before
    assert named(anonymous, played, row, url) == thing


@pytest.mark.parametrize("row", SCOPED, ids=str)
def test_a_token_with_only_the_required_scope_works_like_the_password(anonymous, store, cast, row):
    played, url = stage(anonymous, store, cast, row)
    who = "admin" if row.scope == ADMIN else "owner"
    token = cast.only[row.scope]
    if row.thing in ("user", "me"):
        _, token = new_token(anonymous, played.owner, [row.scope])
    assert act(anonymous, row, url, token).status_code == row.statuses[who]


# An unknown path or method comes before any Authorization value


@pytest.mark.parametrize("who", PRINCIPALS)
def test_an_unsupported_method_is_405_for_any_caller(anonymous, place, cast, who):
    credentials = cast.credentials(who)
    for route in KNOWN:
        method = next(each for each in ("DELETE", "POST", "TRACE") if each not in ROUTES[route].allowed)
        headers = {"Authorization": credentials} if credentials else {}
        answer = anonymous.request(method, place(route), headers=headers)
        refused(answer, 405, "method-not-allowed", route)
        assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize("who", PRINCIPALS)
def test_an_unknown_path_is_404_for_any_caller(anonymous, cast, who):
    credentials = cast.credentials(who)
    headers = {"Authorization": credentials} if credentials else {}
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        for path in ("/nothing", "/users/0", "/secrets/a%20b", "/admin", "/tokens/x"):
            answer = anonymous.request(method, path, headers=headers)
            refused(answer, 404, "not-found", path)
            assert "WWW-Authenticate" not in answer.headers


# Tokens that allow less than their account


@pytest.mark.parametrize("role", ["user", "admin"])
def test_no_token_can_create_a_token(anonymous, role):
    account = register(anonymous, role)
    _, token = new_token(anonymous, account, SCOPES[role])
    before = anonymous.get("/tokens", headers={"Authorization": account.credentials}).json()["items"]
    answer = anonymous.post("/tokens", json={}, headers={"Authorization": token})
    refused(answer, 403, "forbidden")
    after = anonymous.get("/tokens", headers={"Authorization": account.credentials}).json()["items"]
    # The use of the token is stored.
    assert [each["id"] for each in after] == [each["id"] for each in before]


def test_an_administrators_token_without_the_scope_admin_has_no_role(anonymous, store, cast):
    token = {"Authorization": cast.without[ADMIN]}
    draft, article = (Row("/articles/<id:article_id>", thing, "PUT", "-", {}) for thing in ("draft", "article"))
    _, hidden = stage(anonymous, store, cast, draft)
    _, shown = stage(anonymous, store, cast, article)
    refused(anonymous.get(hidden, headers=token), 404, "not-found")
    refused(anonymous.put(hidden, json={"title": "Mine", "body": ""}, headers=token), 404, "not-found")
    refused(anonymous.put(shown, json={"title": "Mine", "body": ""}, headers=token), 403, "forbidden")
    refused(anonymous.delete(f"/users/{cast.other.id}", headers=token), 403, "forbidden")
    assert "email" not in anonymous.get(f"/users/{cast.other.id}", headers=token).json()
    assert anonymous.get(shown).json()["title"] == "A title"
    assert anonymous.get(f"/users/{cast.other.id}").status_code == 200
