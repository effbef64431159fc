"""Passwords: changed only with the password, immediately in every worker, and never shown (CONTRACT §1, §9)."""

import httpx
import pytest

from api.store.accounts import logins
from api.store.database import Database
from tests.resources.accounts.accounts import (
    Account,
    bearer,
    changeable,
    everywhere,
    make_token,
    password_of,
    place,
    register,
    registration,
    shown,
)
from tests.resources.making import JSON_PATCH, MERGE, pointers, refused
from tests.servers import Server

REPRESENTATIONS = [
    "application/json",
    "application/vnd.touchstone.v1+json",
    "application/vnd.touchstone.v2+json",
    "application/xml",
]


def new_password() -> str:
    password: str = registration()["password"]
    return password


@pytest.mark.parametrize("how", ["put", "merge", "json", "admin"])
def test_a_new_password_ends_the_old_one_at_once_in_every_worker(
    server: Server, own: httpx.Client, admin: httpx.Client, account: Account, how: str
) -> None:
    new = new_password()
    # Every worker has cached the old password by now.
    assert everywhere(server, auth=password_of(account)) == {200}
    patch = [{"op": "add", "path": "/password", "value": new}]
    answer = {
        "put": lambda: own.put("/users/me", json={**changeable(account), "password": new}),
        "merge": lambda: own.patch("/users/me", json={"password": new}, headers=MERGE),
        "json": lambda: own.patch("/users/me", json=patch, headers=JSON_PATCH),
        "admin": lambda: admin.patch(place(account), json={"password": new}, headers=MERGE),
    }[how]()
    assert answer.status_code == 200
    assert "password" not in answer.text
    assert everywhere(server, auth=password_of(account)) == {401}
    assert everywhere(server, auth=(account["username"], new)) == {200}


def test_a_new_password_leaves_other_accounts_alone(
    server: Server, own: httpx.Client, anonymous: httpx.Client, account: Account
) -> None:
    other = register(anonymous, password=account["password"])
    token = make_token(anonymous, auth=password_of(other))
    assert own.patch("/users/me", json={"password": new_password()}, headers=MERGE).status_code == 200
    assert everywhere(server, auth=password_of(other)) == {200}
    assert anonymous.get("/users/me", headers=bearer(token)).status_code == 200


@pytest.mark.parametrize("who", ["own", "admin"])
def test_a_password_is_not_changed_with_a_token(
    own: httpx.Client, admin: httpx.Client, anonymous: httpx.Client, account: Account, who: str
) -> None:
    token = bearer(make_token({"own": own, "admin": admin}[who]))
    sent = {"password": new_password(), "name": "Another name"}
    refused(anonymous.patch(place(account), json=sent, headers={**MERGE, **token}), 403, "forbidden")
    sent |= changeable(registration())
    for url in (place(account), *(["/users/me"] if who == "own" else [])):
        refused(anonymous.put(url, json=sent, headers=token), 403, "forbidden")
    assert own.get("/users/me").json() == shown(account)
    # A change without a password succeeds with the same token.
    answer = anonymous.patch(place(account), json={"name": "Another name"}, headers={**MERGE, **token})
    assert (answer.status_code, answer.json()["name"]) == (200, "Another name")


@pytest.mark.parametrize("password", ["seven77", "p" * 257, 12345678])
def test_an_invalid_password_is_422_and_the_old_one_stays(
    own: httpx.Client, account: Account, password: object
) -> None:
    assert pointers(own.patch("/users/me", json={"password": password}, headers=MERGE)) == {"#/password"}
    assert own.get("/users/me").json() == shown(account)


def test_a_refused_change_leaves_password_and_tokens(own: httpx.Client, anonymous: httpx.Client) -> None:
    token, other = make_token(own), register(anonymous)
    sent = {"password": new_password(), "username": other["username"]}
    refused(own.patch("/users/me", json=sent, headers=MERGE), 409, "username-taken")
    assert own.get("/users/me").status_code == 200
    assert anonymous.get("/users/me", headers=bearer(token)).status_code == 200


@pytest.mark.parametrize("accept", REPRESENTATIONS)
def test_no_answer_shows_a_password(admin: httpx.Client, anonymous: httpx.Client, accept: str) -> None:
    sent, fields = registration(), {"Accept": accept}
    auth = password_of(sent)
    made = anonymous.post("/users", json=sent, headers=fields)
    url = made.headers["Location"]
    answers = [
        made,
        admin.get(url, headers=fields),
        admin.get("/users", params={"username": sent["username"]}, headers=fields),
        anonymous.get("/users/me", auth=auth, headers=fields),
        anonymous.put(url, json={**changeable(sent), "password": sent["password"]}, auth=auth, headers=fields),
        anonymous.patch(url, json={"password": sent["password"]}, auth=auth, headers={**fields, **MERGE}),
        anonymous.post("/users", json=sent, headers=fields),
        anonymous.post("/users", json={**sent, "name": ""}, headers=fields),
        admin.get("/admin/audit", headers=fields),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200, 200, 409, 422, 200]
    for answer in answers:
        assert sent["password"] not in answer.text
        assert "argon2" not in answer.text


def test_only_the_hash_of_a_password_is_stored(
    server: Server, store: Database, own: httpx.Client, account: Account
) -> None:
    new = new_password()
    assert own.patch("/users/me", json={"password": new}, headers=MERGE).status_code == 200
    with store.reading() as db:
        kept = [row for row in db.execute(logins.select()) if row.user_id == account["id"]]
    assert [row.password_hash.split("$")[1] for row in kept] == ["argon2id"]
    for password in (account["password"], new):
        assert password not in str(kept)
        assert password not in server.log.read_text()
