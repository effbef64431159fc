"""/admin/audit: access, order and filters (CONTRACT §1, §4)."""

import httpx
import pytest

from tests.resources.accounts.accounts import Account, bearer, make_token, place
from tests.resources.making import MERGE, make, path, refused


@pytest.fixture
def trail(own: httpx.Client, account: Account) -> list[tuple[str, str]]:
    """The changes of the account, newest first: the action and the target."""
    article = path(make(own))
    assert own.put("/secrets/door", json={"value": "sesame"}).status_code == 201
    assert own.patch(article, json={"title": "New"}, headers=MERGE).status_code == 200
    assert own.patch("/users/me", json={"name": "New"}, headers=MERGE).status_code == 200
    assert own.delete(article).status_code == 204
    return [
        ("delete", article),
        ("change", place(account)),
        ("change", article),
        ("create", "/secrets/door"),
        ("create", article),
    ]


def done(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.text
    return [(row["action"], row["target"]) for row in answer.json()["items"]]


def test_users_are_refused_and_anonymous_clients_get_401(api: httpx.Client, anonymous: httpx.Client) -> None:
    refused(api.get("/admin/audit"), 403, "forbidden")
    answer = anonymous.get("/admin/audit")
    refused(answer, 401, "unauthenticated")
    assert len(answer.headers.get_list("WWW-Authenticate")) == 2
    # Without permission, parameters are not checked either.
    refused(api.get("/admin/audit?x=1"), 403, "forbidden")
    refused(anonymous.get("/admin/audit?x=1"), 401, "unauthenticated")


def test_a_token_of_an_administrator_needs_the_scope(admin: httpx.Client, anonymous: httpx.Client) -> None:
    token = make_token(admin, scopes=["users:write"])
    answer = anonymous.get("/admin/audit", headers=bearer(token))
    assert refused(answer, 403, "insufficient-scope")["required_scopes"] == ["admin"]
    token = make_token(admin, scopes=["admin"])
    assert anonymous.get("/admin/audit", headers=bearer(token)).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nobody_changes_the_trail(admin: httpx.Client, method: str) -> None:
    answer = admin.request(method, "/admin/audit", json={} if method != "DELETE" else None)
    refused(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_changes_are_listed_newest_first(admin: httpx.Client, account: Account, trail: list[tuple[str, str]]) -> None:
    answer = admin.get("/admin/audit", params={"user_id": account["id"], "count": "true"})
    assert (done(answer), answer.json()["total"]) == (trail, len(trail))
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["ETag"].startswith('W/"')
    ids = [row["id"] for row in answer.json()["items"]]
    assert ids == sorted(ids, reverse=True)
    newest = admin.get("/admin/audit", params={"limit": 1}).json()["items"][0]
    assert newest["id"] >= ids[0]


def test_changes_come_in_pages(admin: httpx.Client, account: Account, trail: list[tuple[str, str]]) -> None:
    pages, url = [], f"/admin/audit?user_id={account['id']}&limit=2"
    while url:
        answer = admin.get(url)
        pages.append(done(answer))
        url = answer.links.get("next", {}).get("url")
    assert pages == [trail[:2], trail[2:4], trail[4:]]
    assert done(admin.get(answer.links["prev"]["url"])) == trail[2:4]


def test_changes_are_filtered_and_sorted(admin: httpx.Client, account: Account, trail: list[tuple[str, str]]) -> None:
    article = trail[0][1]
    whole = admin.get("/admin/audit", params={"user_id": account["id"]}).json()["items"]
    for query, expected in (
        ({"username": account["username"]}, trail),
        ({"username:startswith": account["username"].upper()}, trail),
        ({"target": article}, [trail[0], trail[2], trail[4]]),
        ({"target:startswith": "/secrets/", "user_id": account["id"]}, [trail[3]]),
        ({"action": "create", "user_id": account["id"]}, trail[3:]),
        ({"action:in": "change,delete", "user_id": account["id"]}, trail[:3]),
        ({"action:ne": "change", "user_id": account["id"]}, [trail[0], *trail[3:]]),
        ({"request_id": whole[1]["request_id"]}, [trail[1]]),
        ({"created_at:gte": whole[-1]["created_at"], "user_id": account["id"]}, trail),
        ({"created_at:lt": whole[-1]["created_at"], "user_id": account["id"]}, []),
        ({"sort": "id", "user_id": account["id"]}, trail[::-1]),
        ({"sort": "created_at", "user_id": account["id"], "limit": "2"}, trail[:2:-1]),
    ):
        assert done(admin.get("/admin/audit", params=query)) == expected, query


@pytest.mark.parametrize("query", ["x=1", "q=a", "fields=password", "user_id=john", "user_id=0"])
def test_unknown_parameters_are_400(admin: httpx.Client, query: str) -> None:
    document = refused(admin.get(f"/admin/audit?{query}"), 400, "invalid-parameter")
    assert [fault["parameter"] for fault in document["errors"]] == [query.partition("=")[0]]


def test_fields_and_representations(admin: httpx.Client, account: Account, trail: list[tuple[str, str]]) -> None:
    query = {"user_id": account["id"], "fields": "action,target"}
    expected = [{"action": action, "target": target} for action, target in trail]
    assert admin.get("/admin/audit", params=query).json()["items"] == expected
    rows = admin.get("/admin/audit", params={**query, "limit": "all"}, headers={"Accept": "text/csv"}).text
    assert rows.splitlines() == ["action,target", *(",".join(each) for each in trail)]
    envelope = admin.get("/admin/audit", params=query, headers={"Accept": "application/vnd.touchstone.v2+json"})
    assert envelope.json()["data"] == expected
    xml = admin.get("/admin/audit", params=query, headers={"Accept": "application/xml"}).text
    assert xml.count("<target>") == len(trail)
