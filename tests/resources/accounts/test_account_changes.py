"""PUT and PATCH of an account: by itself and by administrators (CONTRACT §1, §2, §5, §7)."""

import httpx
import pytest

from api.store.database import Database
from tests.resources.accounts.accounts import (
    WRITERS,
    Account,
    Act,
    at_once,
    bearer,
    changeable,
    make_token,
    password_of,
    place,
    register,
    registration,
    shown,
)
from tests.resources.making import JSON_PATCH, MERGE, MINIMAL, NEVER_AN_ID, pointers, refused, user_id
from tests.servers import Server

CHANGED = {"name": "Another name"}


def change(client: httpx.Client, method: str, url: str, **fields: str) -> httpx.Response:
    """A valid change by this method, of an account with a new user name and mailbox."""
    if method == "DELETE":
        return client.delete(url, headers=fields)
    sent = changeable(registration(**CHANGED)) if method == "PUT" else CHANGED
    return client.request(method, url, json=sent, headers={**(MERGE if method == "PATCH" else {}), **fields})


@pytest.mark.parametrize("who", ["own", "admin"])
def test_put_replaces_an_account_and_leaves_password_and_role(
    own: httpx.Client, admin: httpx.Client, account: Account, who: str
) -> None:
    client, sent = {"own": own, "admin": admin}[who], changeable(registration(**CHANGED))
    answer = client.put(place(account), json=sent)
    assert answer.status_code == 200
    changed = answer.json()
    expected = {**shown(account), **sent, "version": 2, "updated_at": changed["updated_at"]}
    assert changed == expected
    assert changed["updated_at"] >= account["updated_at"]
    # The password stays valid with the new name.
    own.auth = httpx.BasicAuth(sent["username"], account["password"])
    read = own.get(place(account))
    assert (read.json(), read.headers["ETag"]) == (expected, answer.headers["ETag"])


def test_put_leaves_the_role_of_an_administrator(admin: httpx.Client) -> None:
    account = register(admin, role="admin")
    answer = admin.put(place(account), json=changeable(account))
    assert (answer.status_code, answer.json()["role"]) == (200, "admin")


def test_a_representation_can_be_sent_back_repeatedly(own: httpx.Client, account: Account) -> None:
    sent = {**own.get("/users/me").json(), **CHANGED}
    for version in (2, 3):
        answer = own.put("/users/me", json=sent)
        assert (answer.status_code, answer.json()["name"], answer.json()["version"]) == (200, CHANGED["name"], version)
    changing = {"version": 9, "created_at": None, "updated_at": "2026-01-01T00:00:00.000Z"}
    for answer in (own.put("/users/me", json={**sent, **changing}), own.patch("/users/me", json=changing)):
        assert (answer.status_code, answer.json()["created_at"]) == (200, account["created_at"])


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_me_changes_the_own_account(own: httpx.Client, account: Account, method: str) -> None:
    answer = change(own, method, "/users/me")
    assert (answer.status_code, answer.json()["id"]) == (200, account["id"])
    assert answer.headers["Content-Location"] == place(account)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_prefer_minimal_changes_without_content(own: httpx.Client, account: Account, method: str) -> None:
    answer = change(own, method, place(account), **MINIMAL)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Preference-Applied"] == "return=minimal"


@pytest.mark.parametrize(
    ("patch", "media_type"),
    [
        (CHANGED, MERGE),
        (
            [
                {"op": "test", "path": "/role", "value": "user"},
                {"op": "replace", "path": "/name", "value": "Another name"},
            ],
            JSON_PATCH,
        ),
    ],
    ids=["merge", "json"],
)
def test_patch_changes_the_sent_members_and_returns_the_new_tag(
    own: httpx.Client, account: Account, patch: object, media_type: dict
) -> None:
    answer = own.patch(place(account), json=patch, headers=media_type)
    assert answer.status_code == 200
    changed = answer.json()
    assert changed == {**shown(account), **CHANGED, "version": 2, "updated_at": changed["updated_at"]}
    read = own.get(place(account))
    assert (read.json(), read.headers["ETag"]) == (changed, answer.headers["ETag"])


def test_a_json_patch_whose_test_fails_is_409_and_changes_nothing(own: httpx.Client, account: Account) -> None:
    patch = [{"op": "replace", "path": "/name", "value": "New"}, {"op": "test", "path": "/email", "value": "other"}]
    refused(own.patch(place(account), json=patch, headers=JSON_PATCH), 409, "patch-conflict")
    # A password is not a part of the representation.
    patch = [{"op": "test", "path": "/password", "value": account["password"]}]
    refused(own.patch(place(account), json=patch, headers=JSON_PATCH), 409, "patch-conflict")
    assert own.get(place(account)).json() == shown(account)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, {"#/username", "#/name", "#/email"}),
        ({"username": "a b", "name": "", "email": "@", "password": "short", "role": "admin", "id": 1, "more": 0}, None),
        ({**changeable(registration()), "password": None}, {"#/password"}),
        ({**changeable(registration()), "role": "admin"}, {"#/role"}),
        ({**changeable(registration()), "id": 1, "version": 9}, {"#/id"}),
    ],
    ids=["missing", "everything", "password", "role", "id"],
)
def test_all_faults_are_reported_at_once_and_nothing_changes(
    own: httpx.Client, account: Account, sent: dict, expected: set | None
) -> None:
    assert pointers(own.put("/users/me", json=sent)) == (expected or {f"#/{name}" for name in sent})
    assert own.get("/users/me").json() == shown(account)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_others_cannot_change_an_account(
    own: httpx.Client, anonymous: httpx.Client, account: Account, method: str
) -> None:
    other = register(anonymous)
    refused(change(own, method, place(other)), 403, "forbidden")
    assert anonymous.get(place(other)).json()["version"] == 1
    # Ownership is checked before the body and the version.
    for fields in ({"If-Match": '"v9"'}, {"Content-Type": "text/plain"}):
        refused(change(own, method, place(other), **fields), 403, "forbidden")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_nobody_changes_an_account_without_credentials(anonymous: httpx.Client, account: Account, method: str) -> None:
    # Absent or not: credentials are checked first.
    for url in (place(account), f"/users/{NEVER_AN_ID}"):
        refused(change(anonymous, method, url), 401, "unauthenticated")
    assert anonymous.get(place(account)).json()["version"] == 1


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_an_absent_account_is_404(own: httpx.Client, method: str) -> None:
    refused(change(own, method, f"/users/{NEVER_AN_ID}", **{"If-Match": "*"}), 404, "not-found")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("url", ["/users/me", None])
def test_a_stale_tag_is_412_with_the_current_tag(
    own: httpx.Client, account: Account, method: str, url: str | None
) -> None:
    stale = own.get(place(account)).headers["ETag"]
    assert own.patch(place(account), json={"name": "Newer"}, headers=MERGE).status_code == 200
    current = own.get(place(account))
    answer = change(own, method, url or place(account), **{"If-Match": stale})
    document = refused(answer, 412, "precondition-failed")
    assert own.get(place(account)).json() == current.json()
    again = change(own, method, url or place(account), **{"If-Match": document["current_etag"]})
    assert again.status_code == (204 if method == "DELETE" else 200)


def test_a_412_has_the_tag_of_the_callers_representation(own: httpx.Client, account: Account) -> None:
    current = own.get(place(account)).headers["ETag"]
    answer = change(own, "PUT", place(account), **{"If-Match": '"v9"'})
    assert refused(answer, 412, "precondition-failed")["current_etag"] == current


@pytest.mark.parametrize("accept", ["application/xml", "application/vnd.touchstone.v2+json", "application/json"])
@pytest.mark.parametrize("who", ["own", "anonymous"])
def test_any_tag_of_the_current_version_allows_a_write(
    own: httpx.Client, anonymous: httpx.Client, account: Account, who: str, accept: str
) -> None:
    reader = {"own": own, "anonymous": anonymous}[who]
    tag = reader.get(place(account), headers={"Accept": accept}).headers["ETag"]
    assert change(own, "PUT", place(account), **{"If-Match": tag}).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_if_none_match_with_the_current_tag_is_412(own: httpx.Client, account: Account, method: str) -> None:
    tag = own.get(place(account)).headers["ETag"]
    refused(change(own, method, place(account), **{"If-None-Match": tag}), 412, "precondition-failed")
    refused(change(own, method, place(account), **{"If-None-Match": "*"}), 412, "precondition-failed")
    assert own.get(place(account)).json() == shown(account)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("url", ["/users/me", None])
def test_the_user_name_of_another_is_409_in_any_case(
    own: httpx.Client, anonymous: httpx.Client, account: Account, method: str, url: str | None
) -> None:
    other = register(anonymous)
    sent = {**changeable(account), "username": other["username"].upper()}
    answer = own.request(method, url or place(account), json=sent, headers=MERGE if method == "PATCH" else {})
    assert refused(answer, 409, "username-taken")["existing"] == place(other)
    assert own.get("/users/me").json() == shown(account)


@pytest.mark.parametrize("who", ["own", "admin"])
def test_only_administrators_see_the_owner_of_a_taken_mailbox(
    own: httpx.Client, admin: httpx.Client, anonymous: httpx.Client, account: Account, who: str
) -> None:
    other = register(anonymous)
    answer = {"own": own, "admin": admin}[who].patch(
        place(account), json={"email": other["email"].title()}, headers=MERGE
    )
    document = refused(answer, 409, "username-taken")
    assert document.get("existing") == (place(other) if who == "admin" else None)
    assert (other["username"] in answer.text, place(other) in answer.text) == (False, who == "admin")


def test_an_account_can_change_the_case_of_its_name_and_mailbox(own: httpx.Client, account: Account) -> None:
    sent = {"username": account["username"].upper(), "email": account["email"].upper()}
    answer = own.patch("/users/me", json=sent, headers=MERGE)
    assert answer.status_code == 200
    assert (answer.json()["username"], answer.json()["email"]) == (sent["username"], sent["email"])


def test_administrators_change_roles(own: httpx.Client, admin: httpx.Client, account: Account) -> None:
    refused(own.get("/admin/audit"), 403, "forbidden")
    for role, status in (("admin", 200), ("user", 403)):
        answer = admin.patch(place(account), json={"role": role}, headers=MERGE)
        assert (answer.status_code, answer.json()["role"]) == (200, role)
        assert own.get("/admin/audit").status_code == status


@pytest.mark.parametrize("patch", [{"role": "admin"}, {"role": None}])
def test_users_cannot_change_their_own_role(own: httpx.Client, account: Account, patch: dict) -> None:
    assert pointers(own.patch("/users/me", json=patch, headers=MERGE)) == {"#/role"}
    assert own.get("/users/me").json() == shown(account)


def test_a_token_without_the_admin_scope_cannot_change_roles_or_others(
    admin: httpx.Client, anonymous: httpx.Client, account: Account, store: Database
) -> None:
    token = bearer(make_token(admin, scopes=["users:write"]))
    refused(anonymous.patch(place(account), json=CHANGED, headers={**MERGE, **token}), 403, "forbidden")
    itself = f"/users/{user_id(store, 'admin')}"
    assert pointers(anonymous.patch(itself, json={"role": "user"}, headers={**MERGE, **token})) == {"#/role"}


@pytest.mark.parametrize("rounds", range(3))
def test_of_eight_accounts_that_take_one_name_at_once_one_succeeds(
    server: Server, anonymous: httpx.Client, mark: str, rounds: int
) -> None:
    # By token: verifying passwords takes so long that the requests would come one after the other.
    tokens = [bearer(make_token(anonymous, auth=password_of(register(anonymous)))) for _ in range(WRITERS)]
    for token in tokens:
        assert anonymous.get("/users/me", headers=token).status_code == 200

    def take(token: dict) -> Act:
        return lambda client: client.patch("/users/me", json={"username": mark}, headers={**MERGE, **token})

    answers = at_once(server, *map(take, tokens))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * (WRITERS - 1)
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    for answer in answers:
        if answer.status_code == 409:
            assert refused(answer, 409, "username-taken")["existing"] == place(winner)
