"""Reading `/users`, `/users/<id>` and `/users/me`: the members that each reader sees (CONTRACT §1, §4, §5)."""

import csv
import io
import json
from uuid import uuid4

import httpx
import pytest

from api.store.database import Database
from tests.resources.accounts.accounts import EVERYTHING, PUBLIC, bearer, make_token
from tests.resources.making import NEVER_AN_ID, once_settled, refused, user_id

V1 = "application/vnd.touchstone.v1+json"
V2 = "application/vnd.touchstone.v2+json"
XML = "application/xml"
CSV = "text/csv"
NDJSON = "application/x-ndjson"
ACCEPTS = ["application/json", V1, V2, XML]
DEVELOPERS = ["admin", "john", "steve", "bill"]
FOUR = {"username:in": ",".join(DEVELOPERS), "sort": "username"}

# The readers of john's account, and whether they see all members.
READERS = [("anonymous", False), ("steve", False), ("api", True), ("admin", True)]


@pytest.fixture
def clients(
    anonymous: httpx.Client, api: httpx.Client, steve: httpx.Client, admin: httpx.Client
) -> dict[str, httpx.Client]:
    """The clients, by name."""
    return {"anonymous": anonymous, "api": api, "steve": steve, "admin": admin}


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [user["username"] for user in answer.json()["items"]]


@pytest.mark.parametrize(("who", "whole"), READERS)
def test_email_and_role_are_shown_to_oneself_and_to_administrators(
    clients: dict, store: Database, who: str, whole: bool
) -> None:
    john = user_id(store, "john")
    answer = clients[who].get(f"/users/{john}")
    assert answer.status_code == 200
    user = answer.json()
    assert list(user) == (EVERYTHING if whole else PUBLIC)
    assert (user["id"], user["username"], user["name"], user["version"]) == (john, "john", "John Doe", 1)
    assert (user.get("email"), user.get("role")) == (("john@example.org", "user") if whole else (None, None))
    assert answer.headers["Cache-Control"] == ("public, no-cache" if who == "anonymous" else "private, no-cache")
    assert "Authorization" in answer.headers["Vary"].split(", ")


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize(("who", "whole"), READERS)
def test_email_and_role_follow_the_same_rule_in_every_representation(
    clients: dict, store: Database, who: str, whole: bool, accept: str
) -> None:
    answer = clients[who].get(f"/users/{user_id(store, 'john')}", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, accept)
    for hidden in ("email", "john@example.org", "role"):
        assert (hidden in answer.text) == whole
    assert "password" not in answer.text


@pytest.mark.parametrize("accept", ACCEPTS)
def test_readers_that_see_more_get_another_tag(
    api: httpx.Client, steve: httpx.Client, admin: httpx.Client, anonymous: httpx.Client, store: Database, accept: str
) -> None:
    url, fields = f"/users/{user_id(store, 'john')}", {"Accept": accept}
    own, others = api.get(url, headers=fields), anonymous.get(url, headers=fields)
    assert own.headers["ETag"] != others.headers["ETag"]
    # Readers that see the same members get the same tag.
    assert admin.get(url, headers=fields).headers["ETag"] == own.headers["ETag"]
    assert steve.get(url, headers=fields).headers["ETag"] == others.headers["ETag"]
    for client, seen, unseen in ((api, own, others), (anonymous, others, own)):
        assert client.get(url, headers={**fields, "If-None-Match": seen.headers["ETag"]}).status_code == 304
        again = client.get(url, headers={**fields, "If-None-Match": unseen.headers["ETag"]})
        assert (again.status_code, again.content) == (200, seen.content)


def listed(answer: httpx.Response) -> list[dict]:
    """The accounts of a list in any representation, without empty members."""
    assert answer.status_code == 200, answer.text
    match answer.headers["Content-Type"].partition(";")[0]:
        case "text/csv":
            rows = list(csv.DictReader(io.StringIO(answer.text)))
        case "application/x-ndjson":
            rows = [json.loads(line) for line in answer.text.splitlines()]
        case "application/vnd.touchstone.v2+json":
            rows = answer.json()["data"]
        case _:
            rows = answer.json()["items"]
    return [{name: value for name, value in row.items() if value} for row in rows]


@pytest.mark.parametrize("accept", ["application/json", V1, V2, CSV, NDJSON])
@pytest.mark.parametrize(
    ("who", "whole"), [("anonymous", []), ("api", ["john"]), ("steve", ["steve"]), ("admin", sorted(DEVELOPERS))]
)
def test_a_list_shows_email_and_role_only_where_an_item_does(
    clients: dict, who: str, whole: list[str], accept: str
) -> None:
    answer = clients[who].get("/users", params=FOUR, headers={"Accept": accept})
    users = listed(answer)
    assert [user["username"] for user in users] == sorted(DEVELOPERS)
    assert [user["username"] for user in users if "email" in user] == whole
    assert [user["username"] for user in users if "role" in user] == whole
    assert answer.text.count("@example.org") == len(whole)
    assert "password" not in answer.text


@pytest.mark.parametrize(("who", "shown"), [("anonymous", 0), ("api", 1), ("admin", 4)])
def test_a_list_in_xml_shows_the_same_members(clients: dict, who: str, shown: int) -> None:
    answer = clients[who].get("/users", params=FOUR, headers={"Accept": XML})
    assert answer.status_code == 200
    assert (answer.text.count("<email>"), answer.text.count("<role>")) == (shown, shown)
    assert answer.text.count("<username>") == 4


@pytest.mark.parametrize("accept", [CSV, NDJSON])
@pytest.mark.parametrize(("who", "shown"), [("anonymous", 0), ("api", 1), ("admin", 4)])
def test_a_stream_shows_the_same_members(clients: dict, who: str, shown: int, accept: str) -> None:
    query = {**FOUR, "limit": "all"}
    answer = clients[who].get("/users", params=query, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.text.count("@example.org") == shown


def test_the_tag_of_a_list_depends_on_what_its_reader_sees(
    api: httpx.Client, admin: httpx.Client, anonymous: httpx.Client
) -> None:
    tags = {client.get("/users", params=FOUR).headers["ETag"] for client in (api, admin, anonymous)}
    assert len(tags) == 3
    assert all(tag.startswith('W/"') for tag in tags)


@pytest.mark.parametrize("member", ["email", "role", "id,email"])
def test_anonymous_clients_cannot_select_hidden_members(anonymous: httpx.Client, store: Database, member: str) -> None:
    for url in ("/users", f"/users/{user_id(store, 'john')}"):
        document = refused(anonymous.get(url, params={"fields": member}), 400, "invalid-parameter")
        assert [fault["parameter"] for fault in document["errors"]] == ["fields"]


def test_signed_in_clients_can_select_visible_members(
    api: httpx.Client, steve: httpx.Client, admin: httpx.Client, store: Database
) -> None:
    url, query = f"/users/{user_id(store, 'john')}", {"fields": "email,role"}
    for client in (api, admin):
        assert client.get(url, params=query).json() == {"email": "john@example.org", "role": "user"}
    refused(steve.get(url, params=query), 400, "invalid-parameter")
    asked = {**FOUR, "fields": "username,email"}
    assert api.get("/users", params=asked).json()["items"] == [
        {"username": "admin"},
        {"username": "bill"},
        {"username": "john", "email": "john@example.org"},
        {"username": "steve"},
    ]


@pytest.mark.parametrize("secret", ["email", "role", "password", "password_hash"])
@pytest.mark.parametrize("who", ["anonymous", "api", "admin"])
def test_nobody_can_filter_or_sort_by_hidden_members(clients: dict, who: str, secret: str) -> None:
    client = clients[who]
    queries = {f"sort={secret}": "sort"}
    queries |= {f"{secret}{op}=a": f"{secret}{op}" for op in ("", ":startswith", ":contains", ":lt", ":in", ":ne")}
    for query, parameter in queries.items():
        document = refused(client.get(f"/users?{query}"), 400, "invalid-parameter")
        assert [fault["parameter"] for fault in document["errors"]] == [parameter]


@pytest.mark.parametrize("secret", ["password", "password_hash", "digest"])
def test_no_member_has_a_password(admin: httpx.Client, store: Database, secret: str) -> None:
    for url in ("/users", "/users/me", f"/users/{user_id(store, 'john')}"):
        refused(admin.get(url, params={"fields": secret}), 400, "invalid-parameter")


def test_a_token_without_the_scope_admin_sees_only_its_own_account(
    admin: httpx.Client, anonymous: httpx.Client, store: Database
) -> None:
    token = bearer(make_token(admin, scopes=["users:write"]))
    assert list(anonymous.get("/users/me", headers=token).json()) == EVERYTHING
    assert list(anonymous.get(f"/users/{user_id(store, 'john')}", headers=token).json()) == PUBLIC
    assert anonymous.get("/users", params=FOUR, headers=token).text.count("@example.org") == 1


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize("query", ["", "?fields=email"])
def test_me_is_ones_own_account(api: httpx.Client, store: Database, accept: str, query: str) -> None:
    url, fields = f"/users/{user_id(store, 'john')}", {"Accept": accept}
    same = once_settled(api, url + query, **fields)
    answer = api.get(f"/users/me{query}", headers=fields)
    assert answer.status_code == 200
    assert answer.headers["Content-Location"] == url
    assert answer.headers["ETag"] == same.headers["ETag"]
    assert answer.headers["Last-Modified"] == same.headers["Last-Modified"]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    if accept == V2:
        assert answer.json()["data"] == same.json()["data"]
        assert answer.json()["links"]["self"] == url
    else:
        assert answer.content == same.content
    known = {**fields, "If-None-Match": same.headers["ETag"]}
    assert api.get(f"/users/me{query}", headers=known).status_code == 304


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_me_requires_credentials(anonymous: httpx.Client, method: str) -> None:
    answer = anonymous.request(method, "/users/me")
    refused(answer, 401, "unauthenticated")
    assert answer.headers["Cache-Control"] == "no-store"
    assert [each.partition(" ")[0] for each in answer.headers.get_list("WWW-Authenticate")] == ["Bearer", "Basic"]


def test_accounts_are_listed_newest_first(api: httpx.Client) -> None:
    answer = api.get("/users", params={"username:in": ",".join(DEVELOPERS)})
    ids = [user["id"] for user in answer.json()["items"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == len(DEVELOPERS)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"username": "john"}, ["john"]),
        ({"username": "John"}, []),
        ({"username:in": "john,bill,nobody"}, ["bill", "john"]),
        ({"username:startswith": "STEV"}, ["steve"]),
        ({"name:contains": "hn doe"}, ["john"]),
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
    first = api.get("/users", params={**FOUR, "limit": 3, "count": "true"})
    assert (names(first), first.json()["total"]) == (["admin", "bill", "john"], 4)
    second = api.get(first.links["next"]["url"])
    assert names(second) == ["steve"]
    assert names(api.get(second.links["prev"]["url"])) == ["admin", "bill", "john"]


def test_fields_returns_only_these_members(api: httpx.Client, store: Database) -> None:
    john = user_id(store, "john")
    assert api.get(f"/users/{john}?fields=username,id").json() == {"username": "john", "id": john}
    answer = api.get("/users", params={"username": "john", "fields": "name"})
    assert answer.json()["items"] == [{"name": "John Doe"}]


def test_there_is_no_search_among_accounts(api: httpx.Client) -> None:
    refused(api.get(f"/users?q={uuid4().hex}"), 400, "invalid-parameter")


@pytest.mark.parametrize("name", ["0", "01", "-1", "john", "Me", str(NEVER_AN_ID), str(2**63)])
def test_an_absent_account_is_404(api: httpx.Client, name: str) -> None:
    document = refused(api.get(f"/users/{name}"), 404, "not-found")
    assert f"/users/{name}" in document["detail"]
