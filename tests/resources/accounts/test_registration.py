"""POST /users: valid registrations, and refused ones (CONTRACT §1, §4)."""

from datetime import datetime

import httpx
import pytest

from api.rules.clock import http_date
from tests.resources.accounts.accounts import (
    EVERYTHING,
    PUBLIC,
    Account,
    password_of,
    place,
    register,
    registration,
    shown,
)
from tests.resources.making import MINIMAL, once_settled, pointers, refused

ENVELOPE = "application/vnd.touchstone.v2+json"


def registered(admin: httpx.Client, sent: Account) -> int:
    """The number of accounts with this user name in any case."""
    names = ",".join({sent["username"], sent["username"].lower(), sent["username"].upper()})
    total: int = admin.get("/users", params={"username:in": names, "count": "true"}).json()["total"]
    return total


def test_anyone_registers_and_the_location_answers(anonymous: httpx.Client) -> None:
    sent = registration()
    answer = anonymous.post("/users", json=sent)
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["Location"] == answer.headers["Content-Location"] == f"/users/{made['id']}"
    # The client is not signed in yet, so the answer has only public members.
    assert list(made) == PUBLIC
    assert (made["username"], made["name"], made["version"]) == (sent["username"], "A name", 1)
    read = anonymous.get(answer.headers["Location"])
    assert (read.status_code, read.json()) == (200, made)
    assert read.headers["ETag"] == answer.headers["ETag"] == '"v1"'
    # Later, so that it can differ from that of the next change (CONTRACT §7).
    changed = datetime.fromisoformat(made["updated_at"])
    assert once_settled(anonymous, answer.headers["Location"]).headers["Last-Modified"] == http_date(changed)


def test_a_new_account_signs_in_as_a_user(anonymous: httpx.Client) -> None:
    account = register(anonymous)
    answer = anonymous.get("/users/me", auth=password_of(account))
    assert (answer.status_code, answer.json()) == (200, {**shown(account), "role": "user"})


def test_an_administrator_registers_administrators_and_sees_the_whole_account(admin: httpx.Client) -> None:
    sent = registration(role="admin")
    answer = admin.post("/users", json=sent)
    assert answer.status_code == 201
    made = answer.json()
    assert list(made) == EVERYTHING
    assert (made["role"], made["email"]) == ("admin", sent["email"])
    assert admin.get(answer.headers["Location"]).headers["ETag"] == answer.headers["ETag"]
    assert admin.get("/admin/audit", auth=password_of(sent)).status_code == 200


def test_prefer_minimal_registers_without_content(anonymous: httpx.Client) -> None:
    sent = registration()
    answer = anonymous.post("/users", json=sent, headers=MINIMAL)
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["Preference-Applied"] == "return=minimal"
    assert anonymous.get(answer.headers["Location"]).json()["username"] == sent["username"]


@pytest.mark.parametrize("spelt", [str, str.upper, str.title])
@pytest.mark.parametrize("who", ["anonymous", "api", "admin"])
def test_a_taken_user_name_is_409_in_any_case(
    clients: dict, account: Account, admin: httpx.Client, who: str, spelt: type
) -> None:
    client = clients[who]
    answer = client.post("/users", json=registration(username=spelt(account["username"])))
    document = refused(answer, 409, "username-taken")
    assert document["existing"] == place(account)
    assert client.get(document["existing"]).json()["username"] == account["username"]
    assert registered(admin, account) == 1


@pytest.mark.parametrize("spelt", [str, str.upper])
@pytest.mark.parametrize("who", ["anonymous", "api"])
def test_the_owner_of_a_taken_mailbox_is_not_revealed(
    clients: dict, anonymous: httpx.Client, admin: httpx.Client, who: str, spelt: type
) -> None:
    client = clients[who]
    told = []
    for holder in (register(anonymous), register(anonymous, name="Another name")):
        sent = registration(email=spelt(holder["email"]))
        answer = client.post("/users", json=sent, headers={"X-Request-Id": "same"})
        assert "existing" not in refused(answer, 409, "username-taken")
        assert registered(admin, sent) == 0
        told.append(answer.content)
    # The same bytes for either holder: they do not reveal the account.
    assert told[0] == told[1]


@pytest.mark.parametrize("spelt", [str, str.upper])
def test_administrators_see_the_owner_of_a_taken_mailbox(admin: httpx.Client, account: Account, spelt: type) -> None:
    answer = admin.post("/users", json=registration(email=spelt(account["email"])))
    assert refused(answer, 409, "username-taken")["existing"] == place(account)


def test_if_both_are_taken_only_the_owner_of_the_name_is_shown(anonymous: httpx.Client) -> None:
    holder, other = register(anonymous), register(anonymous)
    answer = anonymous.post("/users", json=registration(username=holder["username"], email=other["email"]))
    assert refused(answer, 409, "username-taken")["existing"] == place(holder)
    assert place(other) not in answer.text


def test_a_mailbox_with_letters_beyond_ascii_is_taken_too(anonymous: httpx.Client) -> None:
    # Python folds the case of `Ü`, and the databases do not, but both must find it taken.
    account = register(anonymous, email="Ü" + registration()["email"])
    refused(anonymous.post("/users", json=registration(email=account["email"])), 409, "username-taken")


@pytest.mark.parametrize("role", ["admin", "user"])
@pytest.mark.parametrize("who", ["anonymous", "api"])
def test_only_administrators_set_a_role(clients: dict, admin: httpx.Client, who: str, role: str) -> None:
    sent = registration(role=role)
    answer = clients[who].post("/users", json=sent)
    assert pointers(answer) == {"#/role"}
    assert answer.json()["errors"][0]["code"] == "read_only"
    assert registered(admin, sent) == 0


def test_all_faults_are_reported_at_once(anonymous: httpx.Client, admin: httpx.Client) -> None:
    sent = {"username": "a b", "name": "", "email": "nowhere", "password": "short", "role": "admin", "id": 1, "more": 0}
    answer = anonymous.post("/users", json=sent)
    assert pointers(answer) == {f"#/{name}" for name in sent}
    codes = {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}
    assert codes == {
        "#/username": "wrong_form",
        "#/name": "too_short",
        "#/email": "wrong_form",
        "#/password": "too_short",
        "#/role": "read_only",
        "#/id": "read_only",
        "#/more": "unknown",
    }
    assert "short" not in answer.text.replace("too_short", "")


def test_an_unknown_role_is_422_for_an_administrator_too(admin: httpx.Client) -> None:
    assert pointers(admin.post("/users", json=registration(role="root"))) == {"#/role"}
    assert pointers(admin.post("/users", json=registration(role=None))) == {"#/role"}


@pytest.mark.parametrize("wrap", [lambda sent: sent, lambda sent: {"data": sent}], ids=["v1", "v2"])
def test_all_missing_members_are_reported_at_once(anonymous: httpx.Client, wrap: type) -> None:
    sent = wrap({})
    within = "/data" if sent else ""
    answer = anonymous.post("/users", json=sent, headers={"Content-Type": ENVELOPE} if sent else {})
    assert pointers(answer) == {f"#{within}/{name}" for name in ("username", "name", "email", "password")}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("username", "a"),
        ("username", "a" * 33),
        ("username", "a/b"),
        ("username", "ünal"),
        ("username", "name\n"),
        ("username", 12),
        ("username", None),
        ("name", "n" * 201),
        ("email", "a@b@c"),
        ("email", "a b@c"),
        ("email", "@c"),
        ("email", "a" * 250 + "@b.cd"),
        ("password", "seven77"),
        ("password", "p" * 257),
        ("password", None),
        ("password", 12345678),
        # Basic credentials cannot have control characters (RFC 7617 §2), so nobody could sign in with it.
        ("password", "two\nlines of it"),
    ],
)
def test_an_invalid_member_is_422(anonymous: httpx.Client, admin: httpx.Client, member: str, value: object) -> None:
    sent = registration(**{member: value})
    assert pointers(anonymous.post("/users", json=sent)) == {f"#/{member}"}
    if member != "username":
        assert registered(admin, sent) == 0


@pytest.mark.parametrize(
    "password", ["eight888", "p" * 256, "with: colon", "s p a c e s", "contraseña", "contrasen\u0303a", "😀" * 8]
)
def test_a_password_of_any_characters_signs_in(anonymous: httpx.Client, password: str) -> None:
    account = register(anonymous, password=password)
    assert anonymous.get("/users/me", auth=password_of(account)).status_code == 200


def test_a_password_matches_in_any_unicode_composition(anonymous: httpx.Client) -> None:
    account = register(anonymous, password="contrasen\u0303a")
    assert anonymous.get("/users/me", auth=(account["username"], "contraseña")).status_code == 200


@pytest.mark.parametrize("length", [2, 32])
def test_a_user_name_has_2_to_32_characters(anonymous: httpx.Client, length: int) -> None:
    name = registration()["username"]
    # There are few names of two characters, so this one may be taken, but its form is valid.
    answer = anonymous.post("/users", json=registration(username=(name + "._-" + name + "ABC")[-length:]))
    assert answer.status_code == 201 or refused(answer, 409, "username-taken")
