"""DELETE of an account: the rows that are deleted with it, and those that stay (CONTRACT §1, §5, §9)."""

import httpx
import pytest
import sqlalchemy as sa

from api.store.accounts import logins, tokens, users
from api.store.database import Database
from resources.articles.table import articles, words
from resources.secrets import secrets
from tests.resources.accounts.accounts import (
    WRITERS,
    Account,
    Act,
    at_once,
    bearer,
    everywhere,
    make_token,
    password_of,
    place,
    register,
)
from tests.resources.making import NEVER_AN_ID, make, path, read, refused
from tests.servers import Server

ROUNDS = 5


def left(store: Database, account: Account) -> dict[str, int]:
    """The number of rows of each table that still belong to the account."""
    owners = {"users": users.c.id, "logins": logins.c.user_id, "tokens": tokens.c.user_id}
    owners |= {"secrets": secrets.c.user_id, "articles": articles.c.author_id}
    with store.reading() as db:
        return {
            name: db.execute(sa.select(sa.func.count()).where(column == account["id"])).scalar_one()
            for name, column in owners.items()
        }


@pytest.mark.parametrize("how", ["me", "id", "admin"])
def test_an_account_is_deleted_by_itself_or_an_administrator(
    own: httpx.Client, admin: httpx.Client, anonymous: httpx.Client, account: Account, how: str
) -> None:
    client = admin if how == "admin" else own
    answer = client.delete("/users/me" if how == "me" else place(account))
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer.headers
    refused(anonymous.get(place(account)), 404, "not-found")
    refused(admin.delete(place(account)), 404, "not-found")
    assert admin.get("/users", params={"username": account["username"]}).json()["items"] == []


def test_a_deleted_account_looks_like_an_absent_one(
    own: httpx.Client, anonymous: httpx.Client, account: Account
) -> None:
    assert own.delete("/users/me").status_code == 204
    never = {"id": NEVER_AN_ID}
    gone, absent = (anonymous.get(place(each), headers={"X-Request-Id": "same"}) for each in (account, never))
    assert gone.content.replace(str(account["id"]).encode(), str(NEVER_AN_ID).encode()) == absent.content


def test_its_credentials_end_at_once_in_every_worker(server: Server, own: httpx.Client, account: Account) -> None:
    token = bearer(make_token(own))
    # Every worker has cached the password by now.
    assert everywhere(server, auth=password_of(account)) == everywhere(server, headers=token) == {200}
    assert own.delete("/users/me").status_code == 204
    assert everywhere(server, auth=password_of(account)) == everywhere(server, headers=token) == {401}


def test_its_own_rows_are_deleted(store: Database, own: httpx.Client, account: Account) -> None:
    make_token(own)
    assert own.put("/secrets/door", json={"value": "sesame"}).status_code == 201
    make(own, status="draft")
    make(own)
    assert left(store, account) == {"users": 1, "logins": 1, "tokens": 1, "secrets": 1, "articles": 2}
    assert own.delete("/users/me").status_code == 204
    assert left(store, account) == dict.fromkeys(left(store, account), 0)


@pytest.mark.parametrize("who", ["own", "admin"])
def test_its_published_articles_stay_without_an_author_as_a_new_version(
    own: httpx.Client, admin: httpx.Client, anonymous: httpx.Client, account: Account, mark: str, who: str
) -> None:
    article = make(own, title=mark, tags=[mark])
    before = anonymous.get(path(article)).headers["ETag"]
    assert {"own": own, "admin": admin}[who].delete(place(account)).status_code == 204
    answer = anonymous.get(path(article), headers={"If-None-Match": before})
    assert answer.status_code == 200
    after = answer.json()
    assert after == {**article, "author_id": None, "version": 2, "updated_at": after["updated_at"]}
    assert after["updated_at"] >= article["updated_at"]
    assert answer.headers["ETag"] == '"v2"' != before
    for query in ({"q": mark}, {"tags": mark}, {"title": mark}):
        assert anonymous.get("/articles", params=query).json()["items"] == [after]
    assert anonymous.get("/articles", params={"author_id": account["id"]}).json()["items"] == []


def test_a_writer_with_the_old_tag_gets_412(own: httpx.Client, admin: httpx.Client) -> None:
    article = make(own)
    assert own.delete("/users/me").status_code == 204
    answer = admin.delete(path(article), headers={"If-Match": '"v1"'})
    assert refused(answer, 412, "precondition-failed")["current_etag"] == '"v2"'


def test_its_drafts_are_deleted_for_administrators_and_search_too(
    store: Database, own: httpx.Client, admin: httpx.Client, mark: str
) -> None:
    draft = make(own, title=mark, tags=[mark], status="draft")
    shown = make(own, title=mark, tags=[mark])
    assert admin.get("/articles", params={"q": mark, "count": "true"}).json()["total"] == 2
    assert own.delete("/users/me").status_code == 204
    refused(admin.get(path(draft)), 404, "not-found")
    for query in ({"q": mark}, {"tags": mark}, {"title": mark}):
        page = admin.get("/articles", params={**query, "count": "true"}).json()
        assert ([each["id"] for each in page["items"]], page["total"]) == ([shown["id"]], 1)
    with store.reading() as db:
        indexed = db.execute(sa.select(words.table.c.rowid).where(words.table.c.rowid == draft["id"])).fetchall()
    assert indexed == []


def test_resources_of_others_stay_unchanged(own: httpx.Client, anonymous: httpx.Client, api: httpx.Client) -> None:
    other, article = register(anonymous), make(api)
    token = make_token(anonymous, auth=password_of(other))
    draft = make(api, status="draft")
    assert own.delete("/users/me").status_code == 204
    assert read(api, article) == article
    assert read(api, draft) == draft
    assert anonymous.get("/users/me", auth=password_of(other)).status_code == 200
    assert anonymous.get("/users/me", headers=bearer(token)).status_code == 200


def test_the_name_is_free_for_a_new_and_empty_account(
    own: httpx.Client, anonymous: httpx.Client, account: Account
) -> None:
    old_token = make_token(own)
    assert own.put("/secrets/door", json={"value": "sesame"}).status_code == 201
    article = make(own)
    assert own.delete("/users/me").status_code == 204
    names = {name: account[name] for name in ("username", "email", "password")}
    again = register(anonymous, **names)
    assert again["id"] != account["id"]
    assert own.get("/users/me").json()["id"] == again["id"]
    assert own.get("/secrets").json()["items"] == own.get("/tokens").json()["items"] == []
    refused(own.delete(path(article)), 403, "forbidden")
    refused(anonymous.get("/users/me", headers=bearer(old_token)), 401, "invalid-token")


@pytest.mark.parametrize(
    ("query", "fields", "status"), [("?x=1", {}, 400), ("", {"If-Match": '"v9"'}, 412), ("", {"If-Match": "v1"}, 400)]
)
def test_a_refused_deletion_deletes_nothing(
    store: Database, own: httpx.Client, account: Account, query: str, fields: dict, status: int
) -> None:
    make(own, status="draft")
    make_token(own)
    before = left(store, account)
    assert own.delete("/users/me" + query, headers=fields).status_code == status
    assert left(store, account) == before


def test_eight_deletions_at_once_are_one_204(server: Server, account: Account, own: httpx.Client) -> None:
    article = make(own)
    answers = at_once(server, *[lambda client: client.delete(place(account), auth=("admin", "secret"))] * WRITERS)
    assert sorted(answer.status_code for answer in answers) == [204] + [404] * (WRITERS - 1)
    assert httpx.get(server.url + path(article)).json()["version"] == 2


def writes(account: Account, number: int) -> Act:
    """The ways in which an account can create something."""
    auth = password_of(account)
    acts: list[Act] = [
        lambda client: client.post("/articles", json={"title": "Late", "body": "", "status": "draft"}, auth=auth),
        lambda client: client.post("/tokens", json={}, auth=auth),
        lambda client: client.put(f"/secrets/{number}", json={"value": "late"}, auth=auth),
    ]
    return acts[number % len(acts)]


@pytest.mark.parametrize("rounds", range(ROUNDS))
def test_a_write_during_the_deletion_is_deleted_too_or_401(
    server: Server, store: Database, account: Account, rounds: int
) -> None:
    # By token: a login would take too long, and the write would come too late.
    assert everywhere(server, auth=password_of(account)) == {200}
    acts = [writes(account, number) for number in range(WRITERS - 1)]
    answers = at_once(server, lambda client: client.delete("/users/me", auth=password_of(account)), *acts)
    assert answers[0].status_code == 204
    assert {answer.status_code for answer in answers[1:]} <= {201, 401}
    assert left(store, account) == dict.fromkeys(left(store, account), 0)
