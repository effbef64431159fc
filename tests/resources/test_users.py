"""`/users`: accounts as anyone may see them (CONTRACT §1)."""

import httpx
import pytest

from api.store.database import Database
from tests.resources.making import NEVER_AN_ID, refused, user_id

MEMBERS = ["id", "username", "name", "version", "created_at", "updated_at"]
ACCEPTS = [
    "application/json",
    "application/vnd.touchstone.v1+json",
    "application/vnd.touchstone.v2+json",
    "application/xml",
]
DEVELOPERS = ["admin", "john", "steve", "bill"]


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [user["username"] for user in answer.json()["items"]]


def test_an_account_is_read_without_mailbox_and_role(api: httpx.Client, store: Database) -> None:
    john = user_id(store, "john")
    answer = api.get(f"/users/{john}")
    assert answer.status_code == 200
    user = answer.json()
    assert list(user) == MEMBERS
    assert (user["id"], user["username"], user["name"], user["version"]) == (john, "john", "John Doe", 1)
    assert answer.headers["ETag"].startswith('"v1')
    assert "Last-Modified" in answer.headers
    assert api.get(f"/users/{john}", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("accept", [*ACCEPTS, "text/csv", "application/x-ndjson"])
@pytest.mark.parametrize("query", ["", "?limit=all", "?count=true&limit=100"])
def test_no_list_shows_a_mailbox_or_a_role(api: httpx.Client, accept: str, query: str) -> None:
    answer = api.get(f"/users{query}", headers={"Accept": accept})
    assert answer.status_code == 200 or query
    for secret in ("example.org", "email", "role", "password"):
        assert secret not in answer.text


@pytest.mark.parametrize("accept", ACCEPTS)
def test_no_representation_shows_a_mailbox_or_a_role(api: httpx.Client, store: Database, accept: str) -> None:
    answer = api.get(f"/users/{user_id(store, 'admin')}", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, accept)
    for secret in ("example.org", "email", "role", "password"):
        assert secret not in answer.text


@pytest.mark.parametrize("secret", ["email", "role", "password", "password_hash"])
def test_what_is_not_shown_can_be_neither_asked_for_nor_guessed_by(
    api: httpx.Client, store: Database, secret: str
) -> None:
    queries = {f"fields={secret}": "fields", f"sort={secret}": "sort"}
    queries |= {f"{secret}{op}=a": f"{secret}{op}" for op in ("", ":startswith", ":contains", ":lt", ":in", ":ne")}
    for query, parameter in queries.items():
        document = refused(api.get(f"/users?{query}"), 400, "invalid-parameter")
        assert [fault["parameter"] for fault in document["errors"]] == [parameter]
    john = user_id(store, "john")
    assert api.get(f"/users/{john}?fields={secret}").status_code == 400


def test_accounts_are_listed_newest_first(api: httpx.Client) -> None:
    answer = api.get("/users", params={"limit": 100})
    ids = [user["id"] for user in answer.json()["items"]]
    assert ids == sorted(ids, reverse=True)
    assert set(DEVELOPERS) <= set(names(answer))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"username": "john"}, ["john"]),
        ({"username": "John"}, []),
        ({"username:in": "john,bill,nobody"}, ["bill", "john"]),
        ({"username:startswith": "ST"}, ["steve"]),
        ({"name:contains": "doe"}, ["john"]),
        ({"name:contains": "%"}, []),
        ({"username:in": "john,bill", "name:ne": "John Doe"}, ["bill"]),
        ({"username:in": "admin,john,steve,bill", "sort": "username"}, ["admin", "bill", "john", "steve"]),
        ({"username:in": "admin,john,steve,bill", "sort": "-name", "limit": "2"}, ["steve", "john"]),
        ({"username:in": "admin,john", "created_at:gt": "2099-01-01T00:00:00Z"}, []),
    ],
    ids=str,
)
def test_accounts_are_filtered_and_sorted(api: httpx.Client, query: dict, expected: list) -> None:
    assert names(api.get("/users", params=query)) == expected


def test_accounts_come_in_pages(api: httpx.Client) -> None:
    query = {"username:in": ",".join(DEVELOPERS), "sort": "username", "limit": 3, "count": "true"}
    first = api.get("/users", params=query)
    assert (names(first), first.json()["total"]) == (["admin", "bill", "john"], 4)
    second = api.get(first.links["next"]["url"])
    assert names(second) == ["steve"]
    assert names(api.get(second.links["prev"]["url"])) == ["admin", "bill", "john"]


def test_fields_gives_these_members_alone(api: httpx.Client, store: Database) -> None:
    john = user_id(store, "john")
    assert api.get(f"/users/{john}?fields=username,id").json() == {"username": "john", "id": john}
    listed = api.get("/users", params={"username": "john", "fields": "name"})
    assert listed.json()["items"] == [{"name": "John Doe"}]


def test_there_is_no_search_among_accounts(api: httpx.Client) -> None:
    refused(api.get("/users?q=john"), 400, "invalid-parameter")


@pytest.mark.parametrize("name", ["0", "01", "-1", "john", str(NEVER_AN_ID), str(2**63)])
def test_an_absent_account_is_404(api: httpx.Client, name: str) -> None:
    document = refused(api.get(f"/users/{name}"), 404, "not-found")
    assert f"/users/{name}" in document["detail"]
