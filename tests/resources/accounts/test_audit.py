"""/admin/audit: one row for each change, with its account, action, target, time and request id (CONTRACT §1)."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api.rules.clock import present
from tests.resources.accounts.accounts import (
    Account,
    bearer,
    changeable,
    make_token,
    place,
    register,
    registration,
)
from tests.resources.making import JSON_PATCH, MERGE, MINIMAL, NEVER_AN_ID, make, path

ARTICLE = {"title": "A title", "body": "A body"}
SECRET = {"value": "sesame"}
MEMBERS = ["id", "created_at", "user_id", "username", "action", "target", "request_id"]

Send = Callable[..., httpx.Response]


def rows(admin: httpx.Client, request_id: str) -> list[dict[str, Any]]:
    """The rows of the trail for the request with this id."""
    answer = admin.get("/admin/audit", params={"request_id": request_id})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def own_article(own: httpx.Client, account: Account) -> str:
    return path(make(own))


def own_place(own: httpx.Client, account: Account) -> str:
    return place(account)


def own_token(own: httpx.Client, account: Account) -> str:
    return f"/tokens/{make_token(own)['id']}"


def own_secret(own: httpx.Client, account: Account) -> str:
    assert own.put("/secrets/door", json=SECRET).status_code == 201
    return "/secrets/door"


# The target (None: the Location of the new resource), the request, and the action.
WRITES: dict[str, tuple[Callable[..., str] | None, str, str | None, dict[str, Any], str]] = {
    "article made": (None, "POST", "/articles", {"json": ARTICLE}, "create"),
    "article replaced": (own_article, "PUT", None, {"json": ARTICLE}, "replace"),
    "article changed": (own_article, "PATCH", None, {"json": {"title": "New"}, "headers": MERGE}, "change"),
    "article patched": (own_article, "PATCH", None, {"json": [], "headers": JSON_PATCH}, "change"),
    "article deleted": (own_article, "DELETE", None, {}, "delete"),
    "account made": (None, "POST", "/users", {"json": registration()}, "create"),
    "account replaced": (own_place, "PUT", None, {"json": changeable(registration())}, "replace"),
    "account changed": (own_place, "PATCH", None, {"json": {"name": "New"}, "headers": MERGE}, "change"),
    "password changed": (own_place, "PATCH", "/users/me", {"json": {"password": "p" * 9}, "headers": MERGE}, "change"),
    "account deleted": (own_place, "DELETE", "/users/me", {}, "delete"),
    "token made": (None, "POST", "/tokens", {"json": {}}, "create"),
    "token revoked": (own_token, "DELETE", None, {}, "delete"),
    "secret made": (None, "PUT", "/secrets/window", {"json": SECRET}, "create"),
    "secret replaced": (own_secret, "PUT", None, {"json": SECRET}, "replace"),
    "secret deleted": (own_secret, "DELETE", None, {}, "delete"),
}


@pytest.mark.parametrize("kind", WRITES)
def test_every_write_leaves_one_row(
    own: httpx.Client, admin: httpx.Client, account: Account, mark: str, kind: str
) -> None:
    before, method, url, options, action = WRITES[kind]
    target = before(own, account) if before else None
    fields = {**options.get("headers", {}), "X-Request-Id": mark}
    started = present()
    answer = own.request(method, url or str(target), **{**options, "headers": fields})
    assert answer.status_code in (200, 201, 204), answer.text
    (row,) = rows(admin, mark)
    assert list(row) == MEMBERS
    assert started <= row.pop("created_at") <= present()
    assert row.pop("id") > 0
    assert row == {
        "user_id": account["id"],
        "username": account["username"],
        "action": action,
        "target": target or answer.headers["Location"],
        "request_id": mark,
    }


def test_who_is_not_signed_in_is_null(anonymous: httpx.Client, admin: httpx.Client, mark: str) -> None:
    answer = anonymous.post("/users", json=registration(), headers={"X-Request-Id": mark})
    assert answer.status_code == 201
    (row,) = rows(admin, mark)
    assert (row["user_id"], row["username"], row["target"]) == (None, None, answer.headers["Location"])


def test_a_write_by_token_has_the_tokens_account(
    own: httpx.Client, anonymous: httpx.Client, admin: httpx.Client, account: Account, mark: str
) -> None:
    fields = {"X-Request-Id": mark, **bearer(make_token(own)), **MINIMAL}
    assert anonymous.post("/articles", json=ARTICLE, headers=fields).status_code == 201
    (row,) = rows(admin, mark)
    assert (row["user_id"], row["username"]) == (account["id"], account["username"])


def test_an_administrator_who_changes_an_account_is_named_and_not_its_owner(
    admin: httpx.Client, account: Account, mark: str
) -> None:
    fields = {"X-Request-Id": mark, **MERGE}
    assert admin.patch(place(account), json={"role": "admin"}, headers=fields).status_code == 200
    (row,) = rows(admin, mark)
    assert (row["username"], row["target"]) == ("admin", place(account))


def test_a_request_id_of_the_server_is_stored_too(own: httpx.Client, admin: httpx.Client) -> None:
    answer = own.post("/articles", json=ARTICLE, headers={"X-Request-Id": "not well formed"})
    assert answer.status_code == 201
    (row,) = rows(admin, answer.headers["X-Request-Id"])
    assert row["target"] == answer.headers["Location"]


REFUSED: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "nobody": ("POST", "/articles", {"json": ARTICLE, "auth": None}, 401),
    "wrong password": ("POST", "/articles", {"json": ARTICLE, "auth": ("john", "wrong")}, 401),
    "of others": ("DELETE", "{others}", {}, 403),
    "another account": ("DELETE", "{account}", {}, 403),
    "absent": ("DELETE", f"/articles/{NEVER_AN_ID}", {}, 404),
    "absent secret": ("DELETE", "/secrets/absent", {}, 404),
    "absent token": ("DELETE", f"/tokens/{NEVER_AN_ID}", {}, 404),
    "no such method": ("DELETE", "/articles", {}, 405),
    "not acceptable": ("POST", "/articles", {"json": ARTICLE, "headers": {"Accept": "image/png"}}, 406),
    "taken": ("PATCH", "/users/me", {"json": {"username": "john"}, "headers": MERGE}, 409),
    "taken name": ("POST", "/users", {"json": registration(username="john")}, 409),
    "stale article": ("PUT", "{own}", {"json": ARTICLE, "headers": {"If-Match": '"v9"'}}, 412),
    "stale account": ("DELETE", "/users/me", {"headers": {"If-Match": '"v9"'}}, 412),
    "secret to be there": ("PUT", "/secrets/door", {"json": SECRET, "headers": {"If-Match": "*"}}, 412),
    "no media type": ("PUT", "{own}", {"content": b"{}"}, 415),
    "no JSON": ("PUT", "/secrets/door", {"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
    "parameter": ("DELETE", "{own}?x=1", {}, 400),
    "bad article": ("PATCH", "{own}", {"json": {"title": ""}, "headers": MERGE}, 422),
    "bad account": ("POST", "/users", {"json": {}}, 422),
    "bad token": ("POST", "/tokens", {"json": {"scopes": ["admin"]}}, 422),
    "bad secret": ("PUT", "/secrets/door", {"json": {}}, 422),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_refused_write_leaves_no_row(
    own: httpx.Client, admin: httpx.Client, api: httpx.Client, anonymous: httpx.Client, mark: str, kind: str
) -> None:
    method, url, options, status = REFUSED[kind]
    names = {"{others}": path(make(api)), "{own}": path(make(own)), "{account}": place(register(anonymous))}
    for name, value in names.items():
        url = url.replace(name, value)
    fields = {**options.get("headers", {}), "X-Request-Id": mark}
    assert own.request(method, url, **{**options, "headers": fields}).status_code == status
    assert rows(admin, mark) == []


def test_reading_leaves_no_row(own: httpx.Client, admin: httpx.Client, mark: str) -> None:
    fields = {"X-Request-Id": mark}
    own_secret(own, {})
    for url in ("/", "/articles", path(make(own)), "/users/me", "/tokens", "/secrets", "/secrets/door"):
        for method in ("GET", "HEAD", "OPTIONS"):
            assert own.request(method, url, headers=fields).status_code in (200, 204)
    assert admin.get("/admin/audit", headers=fields).status_code == 200
    assert rows(admin, mark) == []


def test_the_name_of_a_deleted_account_stays(
    own: httpx.Client, admin: httpx.Client, anonymous: httpx.Client, account: Account, mark: str
) -> None:
    assert own.post("/articles", json=ARTICLE, headers={"X-Request-Id": mark}).status_code == 201
    (before,) = rows(admin, mark)
    assert own.delete("/users/me").status_code == 204
    # A later account with the name has another id.
    again = register(anonymous, username=account["username"])
    assert rows(admin, mark) == [before]
    assert (before["user_id"], before["username"]) == (account["id"], account["username"])
    assert before["user_id"] != again["id"]


def test_a_row_has_the_account_name_at_that_time(own: httpx.Client, admin: httpx.Client, account: Account) -> None:
    renamed = registration()["username"]
    assert own.patch("/users/me", json={"username": renamed}, headers=MERGE).status_code == 200
    own.auth = httpx.BasicAuth(renamed, account["password"])
    make(own)
    page = admin.get("/admin/audit", params={"user_id": account["id"]}).json()["items"]
    assert [row["username"] for row in page] == [renamed, account["username"]]


def test_the_trail_has_no_secrets(own: httpx.Client, admin: httpx.Client, account: Account, mark: str) -> None:
    token = make_token(own)["token"]
    assert own.put("/secrets/door", json={"value": mark}).status_code == 201
    answer = admin.get("/admin/audit", params={"user_id": account["id"]})
    assert len(answer.json()["items"]) == 2
    for secret in (token, mark, account["password"]):
        assert secret not in answer.text
