"""Scopes: allowed and refused requests of a token (CONTRACT §1, §2, 10; §9; RFC 6750 §3.1)."""

from typing import Any

import httpx
import pytest

from api.rules.accounts import SCOPES
from api.store.database import Database
from tests.resources.accounts.accounts import (
    Account,
    Act,
    bearer,
    changeable,
    make_token,
    password_of,
    place,
    register,
)
from tests.resources.making import MERGE, NEVER_AN_ID, make, path, read, refused

pytestmark = pytest.mark.one_database

SECRET = {"value": "sesame"}
ARTICLE = {"title": "A title", "body": "A body"}

# Each request that needs a scope, the scope, and the status for a token with it. `{article}`, `{token}`: ids of
# resources of the account.
NEEDED: list[tuple[str, str, str, dict[str, Any], int]] = [
    ("articles:write", "POST", "/articles", {"json": ARTICLE}, 201),
    ("articles:write", "PUT", "/articles/{article}", {"json": ARTICLE}, 200),
    ("articles:write", "PATCH", "/articles/{article}", {"json": {}, "headers": MERGE}, 200),
    ("articles:write", "DELETE", "/articles/{article}", {}, 204),
    ("secrets:read", "GET", "/secrets", {}, 200),
    ("secrets:read", "GET", "/secrets/door", {}, 200),
    ("secrets:write", "PUT", "/secrets/door", {"json": SECRET}, 204),
    ("secrets:write", "PUT", "/secrets/window", {"json": SECRET}, 201),
    ("secrets:write", "DELETE", "/secrets/door", {}, 204),
    ("users:write", "PUT", "/users/me", {"json": {}}, 200),
    ("users:write", "PATCH", "/users/me", {"json": {"name": "New"}, "headers": MERGE}, 200),
    ("users:write", "DELETE", "/users/me", {}, 204),
    ("tokens:write", "DELETE", "/tokens/{token}", {}, 204),
    ("admin", "GET", "/admin/audit", {}, 200),
]


@pytest.fixture
def owner(admin: httpx.Client) -> Account:
    """A new administrator, who can have any scope."""
    return register(admin, role="admin")


@pytest.fixture
def things(admin: httpx.Client, owner: Account) -> dict[str, Any]:
    """The resources of the account: an article, a token, and a secret named `door`."""
    auth = password_of(owner)
    article = admin.post("/articles", json=ARTICLE, auth=auth)
    assert article.status_code == 201
    assert admin.put("/secrets/door", json=SECRET, auth=auth).status_code == 201
    return {"article": article.json()["id"], "token": make_token(admin, auth=auth)["id"]}


def request_with(owner: Account, things: dict, method: str, url: str, options: dict) -> Act:
    """A function that sends the request with a client and a token."""
    sent = dict(options)
    if (method, url) == ("PUT", "/users/me"):
        sent["json"] = changeable(owner)

    def send(client: httpx.Client, token: dict) -> httpx.Response:
        headers = {**sent.get("headers", {}), **bearer(token)}
        return client.request(method, url.format(**things), **{**sent, "headers": headers})

    return send


@pytest.mark.parametrize(("scope", "method", "url", "options", "status"), NEEDED)
def test_only_the_required_scope_decides_whether_a_token_is_refused(
    anonymous: httpx.Client,
    admin: httpx.Client,
    owner: Account,
    things: dict,
    scope: str,
    method: str,
    url: str,
    options: dict,
    status: int,
) -> None:
    send, auth = request_with(owner, things, method, url, options), password_of(owner)
    others = [each for each in SCOPES["admin"] if each != scope]
    answer = send(anonymous, make_token(admin, auth=auth, scopes=others))
    assert refused(answer, 403, "insufficient-scope")["required_scopes"] == [scope]
    assert answer.headers.get_list("WWW-Authenticate") == [
        f'Bearer realm="touchstone", error="insufficient_scope", scope="{scope}"'
    ]
    # If the refused request had an effect, this status would differ: 404 after a deletion, 204 for an existing secret.
    assert send(anonymous, make_token(admin, auth=auth, scopes=[scope])).status_code == status


def test_a_refused_write_changes_nothing(anonymous: httpx.Client, own: httpx.Client) -> None:
    article, token = make(own), bearer(make_token(own, scopes=["secrets:read"]))
    for answer in (
        anonymous.put(path(article), json=ARTICLE, headers=token),
        anonymous.patch(path(article), json={"title": "New"}, headers={**MERGE, **token}),
        anonymous.delete(path(article), headers=token),
    ):
        refused(answer, 403, "insufficient-scope")
    assert read(own, article) == article


def test_public_resources_need_no_scope(anonymous: httpx.Client, own: httpx.Client, account: Account) -> None:
    token = bearer(make_token(own, scopes=[]))
    for url in ("/", "/articles", "/articles/1", "/users", place(account), "/users/me", "/tokens", "/problems"):
        assert anonymous.get(url, headers=token).status_code == 200, url


def test_a_scope_is_checked_before_the_resource(anonymous: httpx.Client, own: httpx.Client) -> None:
    token = bearer(make_token(own, scopes=[]))
    for url in (f"/articles/{NEVER_AN_ID}", f"/users/{NEVER_AN_ID}", f"/tokens/{NEVER_AN_ID}", "/secrets/absent"):
        refused(anonymous.delete(url, headers=token), 403, "insufficient-scope")
    refused(anonymous.post("/articles", content=b"{", headers=token), 403, "insufficient-scope")


def test_a_missing_role_is_reported_instead_of_the_scope(anonymous: httpx.Client, own: httpx.Client) -> None:
    answer = anonymous.get("/admin/audit", headers=bearer(make_token(own)))
    refused(answer, 403, "forbidden")
    assert "WWW-Authenticate" not in answer.headers


def test_without_the_scope_admin_an_administrator_acts_as_a_user(
    anonymous: httpx.Client, admin: httpx.Client, own: httpx.Client, store: Database
) -> None:
    token = bearer(make_token(admin, scopes=["articles:write"]))
    article, draft = make(own), make(own, status="draft")
    refused(anonymous.get(path(draft), headers=token), 404, "not-found")
    refused(anonymous.delete(path(draft), headers=token), 404, "not-found")
    refused(anonymous.delete(path(article), headers=token), 403, "forbidden")
    query = {"author_id": article["author_id"]}
    assert anonymous.get("/articles", params=query, headers=token).json()["items"] == [article]
    whole = bearer(make_token(admin, scopes=["articles:write", "admin"]))
    assert anonymous.get("/articles", params=query, headers=whole).json()["items"] == [draft, article]
    assert anonymous.delete(path(draft), headers=whole).status_code == 204


def test_a_token_writes_in_the_name_of_its_account(
    anonymous: httpx.Client, own: httpx.Client, account: Account
) -> None:
    token = bearer(make_token(own, scopes=["articles:write"]))
    answer = anonymous.post("/articles", json=ARTICLE, headers=token)
    assert (answer.status_code, answer.json()["author_id"]) == (201, account["id"])


def test_a_token_with_any_scopes_cannot_set_a_role(
    admin: httpx.Client, anonymous: httpx.Client, owner: Account
) -> None:
    # Otherwise a token with only the scope `admin` could create an administrator, whose password then has all scopes.
    token = make_token(admin, auth=password_of(owner), scopes=list(SCOPES["admin"]))
    somebody = register(admin)
    new = {"username": "appointed-by-token", "name": "A", "email": "appointed@example.org", "password": "password-0"}
    for method, url, sent in (
        ("POST", "/users", new | {"role": "admin"}),
        ("PUT", place(somebody), changeable(somebody) | {"role": "admin"}),
        ("PATCH", place(somebody), {"role": "admin"}),
        ("PATCH", place(owner), {"role": "user"}),
    ):
        headers = bearer(token) | (MERGE if method == "PATCH" else {})
        answer = anonymous.request(method, url, json=sent, headers=headers)
        refused(answer, 403, "forbidden")
    assert admin.get("/users?username=appointed-by-token").json()["items"] == []
    assert admin.get(place(somebody)).json()["role"] == "user"
    assert admin.get(place(owner)).json()["role"] == "admin"
    assert anonymous.post("/users", json=new | {"role": "user"}, headers=bearer(token)).status_code == 201
