"""How tokens end: by expiry, revocation, or a change of their account; at once in every worker (CONTRACT §1, §9)."""

from datetime import timedelta

import httpx
import pytest

from api.rules.clock import now, present, timestamp
from api.store.accounts import tokens
from api.store.database import Database
from tests.resources.accounts.accounts import (
    WRITERS,
    Account,
    at_once,
    bearer,
    changeable,
    everywhere,
    make_token,
    password_of,
    place,
    register,
    registration,
    signed_in,
)
from tests.resources.making import MERGE, refused
from tests.servers import Server
from tests.waiting import wait_until

ROUNDS = 5


def check_ended(server: Server, *ended: dict) -> None:
    """Assert that every worker refuses these tokens by RFC 6750 §3.1, on public resources too."""
    for token in ended:
        assert everywhere(server, headers=bearer(token)) == {401}
        answer = httpx.get(server.url + "/articles", headers=bearer(token))
        refused(answer, 401, "invalid-token")
        assert answer.headers.get_list("WWW-Authenticate") == ['Bearer realm="touchstone", error="invalid_token"']


def test_a_token_is_good_until_it_expires(server: Server, own: httpx.Client, anonymous: httpx.Client) -> None:
    token = make_token(own, expires_at=timestamp(now() + timedelta(seconds=1)))

    def refused_now() -> bool:
        before = present()
        status = anonymous.get("/users/me", headers=bearer(token)).status_code
        # For a request sent before and answered after the moment, both results are right.
        assert status == 401 or before < token["expires_at"]
        return status == 401

    wait_until(refused_now, "a refusal of the token")
    assert present() >= token["expires_at"]
    check_ended(server, token)


def test_an_expired_token_is_still_listed_and_revoked(store: Database, server: Server, own: httpx.Client) -> None:
    token = make_token(own)
    assert everywhere(server, headers=bearer(token)) == {200}
    past = "2020-01-01T00:00:00.000Z"
    with store.transaction() as db:
        db.execute(tokens.update().where(tokens.c.id == token["id"]).values(expires_at=past))
    check_ended(server, token)
    assert [(each["id"], each["expires_at"]) for each in own.get("/tokens").json()["items"]] == [(token["id"], past)]
    assert own.delete(f"/tokens/{token['id']}").status_code == 204


@pytest.mark.parametrize("by_itself", [True, False])
def test_a_revoked_token_ends_at_once_and_alone(
    server: Server, own: httpx.Client, anonymous: httpx.Client, by_itself: bool
) -> None:
    token, other = make_token(own), make_token(own)
    assert everywhere(server, headers=bearer(token)) == {200}
    url = f"/tokens/{token['id']}"
    answer = anonymous.delete(url, headers=bearer(token)) if by_itself else own.delete(url)
    assert (answer.status_code, answer.content) == (204, b"")
    check_ended(server, token)
    assert everywhere(server, headers=bearer(other)) == {200}
    refused(own.delete(url), 404, "not-found")
    refused(own.get(url), 404, "not-found")
    assert [each["id"] for each in own.get("/tokens").json()["items"]] == [other["id"]]


@pytest.mark.parametrize("who", ["own", "admin"])
def test_a_new_password_ends_every_token_of_the_account_and_no_other(
    server: Server, own: httpx.Client, admin: httpx.Client, anonymous: httpx.Client, account: Account, who: str
) -> None:
    other = make_token(anonymous, auth=password_of(register(anonymous)))
    ended = [make_token(own), make_token(own, scopes=[])]
    new = registration()["password"]
    answer = {"own": own, "admin": admin}[who].patch(place(account), json={"password": new}, headers=MERGE)
    assert answer.status_code == 200
    check_ended(server, *ended)
    assert everywhere(server, headers=bearer(other)) == {200}
    assert anonymous.get("/tokens", auth=(account["username"], new)).json()["items"] == []


def test_the_same_password_again_ends_tokens_too(server: Server, own: httpx.Client, account: Account) -> None:
    token = make_token(own)
    assert own.patch("/users/me", json={"password": account["password"]}, headers=MERGE).status_code == 200
    check_ended(server, token)
    assert own.get("/users/me").status_code == 200


def test_a_demotion_ends_tokens(server: Server, admin: httpx.Client) -> None:
    account = register(admin, role="admin")
    with signed_in(server, account) as own:
        ended = [make_token(own), make_token(own, scopes=["articles:write"])]
        assert own.patch("/users/me", json={"role": "user"}, headers=MERGE).status_code == 200
        check_ended(server, *ended)
        # The password still works, with the permissions of a user.
        assert own.get("/users/me").json()["role"] == "user"
        refused(own.get("/admin/audit"), 403, "forbidden")


def test_a_deleted_account_ends_tokens(server: Server, own: httpx.Client) -> None:
    token = make_token(own)
    assert own.delete("/users/me").status_code == 204
    check_ended(server, token)


@pytest.mark.parametrize("how", ["name", "username", "put", "role"])
def test_any_other_change_leaves_tokens(
    server: Server, own: httpx.Client, admin: httpx.Client, account: Account, how: str
) -> None:
    token = make_token(own)
    answer = {
        "name": lambda: own.patch("/users/me", json={"name": "New"}, headers=MERGE),
        "username": lambda: own.patch("/users/me", json={"username": registration()["username"]}, headers=MERGE),
        "put": lambda: own.put("/users/me", json=changeable(account)),
        "role": lambda: admin.put(place(account), json={**changeable(account), "role": "user"}),
    }[how]()
    assert answer.status_code == 200
    assert everywhere(server, headers=bearer(token)) == {200}


@pytest.mark.parametrize("rounds", range(ROUNDS))
def test_a_token_created_with_the_old_password_ends_with_it(
    server: Server, anonymous: httpx.Client, account: Account, rounds: int
) -> None:
    # Otherwise an attacker with the old password could keep access by creating tokens at the right moment.
    auth, new = password_of(account), registration()["password"]
    assert everywhere(server, auth=auth) == {200}
    make = [lambda client: client.post("/tokens", json={}, auth=auth)] * (WRITERS - 1)
    changed, *answers = at_once(
        server, lambda client: client.patch("/users/me", json={"password": new}, headers=MERGE, auth=auth), *make
    )
    assert changed.status_code == 200
    assert {answer.status_code for answer in answers} <= {201, 401}
    made = [bearer(answer.json()) for answer in answers if answer.status_code == 201]
    assert [anonymous.get("/users/me", headers=each).status_code for each in made] == [401] * len(made)
    assert anonymous.get("/tokens", auth=(account["username"], new)).json()["items"] == []
