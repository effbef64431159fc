"""The account of a request, what its role allows, and how a token restricts that (CONTRACT §1)."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from api.rules.accounts import (
    SCOPES,
    USER_SCOPES,
    Account,
    Email,
    Name,
    Password,
    Role,
    Scope,
    Username,
    account_of,
)


def account(role: str, scopes: Iterable[str] | None = None) -> Account:
    return account_of(SimpleNamespace(id=7, username="ann", role=role, version=1), scopes)


def test_the_roles_have_the_scopes_of_the_contract() -> None:
    scopes = {
        "articles:write",
        "documents:write",
        "messages:write",
        "secrets:read",
        "secrets:write",
        "users:write",
        "tokens:write",
    }
    assert set(SCOPES) == set(get_args(Role)) == {"user", "admin"}
    assert set(SCOPES["user"]) == scopes
    assert set(SCOPES["admin"]) == set(get_args(Scope)) == {*scopes, "admin"}


@pytest.mark.parametrize("role", SCOPES)
def test_a_password_has_all_that_its_role_allows(role: str) -> None:
    found = account(role)
    assert (found.id, found.username, found.role, found.token_id) == (7, "ann", role, None)
    assert found.scopes == set(SCOPES[role])


def test_a_token_has_what_was_asked_for() -> None:
    row = SimpleNamespace(id=7, username="ann", role="user", version=1)
    found = account_of(row, ["articles:write"], 42)
    assert found.scopes == {"articles:write"}
    assert found.token_id == 42


def test_a_token_without_scopes_may_nothing() -> None:
    assert account("admin", []).scopes == frozenset()
    assert not account("admin", []).is_admin


def test_a_token_never_has_more_than_its_role() -> None:
    """A token of an account that no longer is an administrator."""
    found = account("user", SCOPES["admin"])
    assert found.scopes == set(USER_SCOPES)
    assert not found.is_admin


def test_a_scope_that_nobody_knows_is_none() -> None:
    assert account("admin", ["articles:write", "everything"]).scopes == {"articles:write"}


@pytest.mark.parametrize(
    ("role", "scopes", "expected"),
    [
        ("admin", None, True),
        ("admin", ["admin"], True),
        ("admin", USER_SCOPES, False),
        ("user", None, False),
        ("user", ["admin"], False),
    ],
)
def test_an_administrator_is_one_by_role_and_by_scope(role: str, scopes: list[str] | None, expected: bool) -> None:
    assert account(role, scopes).is_admin is expected


@pytest.mark.parametrize(
    ("found", "owner_id", "expected"),
    [
        (account("user"), 7, True),
        (account("user", []), 7, True),  # scopes are checked separately
        (account("user"), 8, False),
        (account("user"), None, False),  # a resource without an owner
        (account("admin"), 8, True),
        (account("admin"), None, True),
        (account("admin", USER_SCOPES), 8, False),
        (account("admin", USER_SCOPES), None, False),
        (account("admin", USER_SCOPES), 7, True),
    ],
)
def test_owners_and_administrators_may_change_a_resource(found: Account, owner_id: int | None, expected: bool) -> None:
    assert found.may_change(owner_id) is expected


def test_credentials_lack_what_they_have_not_all_of() -> None:
    found = account("user", ["articles:write", "secrets:read"])
    assert not found.lacks([])
    assert not found.lacks(["secrets:read"])
    assert not found.lacks(["secrets:read", "articles:write"])
    assert found.lacks(["secrets:write"])
    assert found.lacks(["secrets:read", "secrets:write"])


def test_an_account_cannot_be_changed_on_its_way() -> None:
    with pytest.raises(AttributeError):
        account("user").role = "admin"  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Username, "ab"),
        (Username, "a" * 32),
        (Username, "A.b_c-9"),
        (Name, "x"),
        (Name, "日" * 200),
        (Email, "a@b"),
        (Email, "Ann.O'Hara+x@Mail.example"),
        (Email, "jürgen@bücher.example"),
        (Email, "a@" + "b" * 252),
        (Password, "12345678"),
        (Password, " " * 8),
        (Password, "日" * 256),
        (Role, "admin"),
    ],
)
def test_valid_members_of_an_account_are_accepted_unchanged(kind: Any, value: str) -> None:
    assert TypeAdapter(kind).validate_python(value) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Username, "a"),
        (Username, "a" * 33),
        (Username, "a b"),
        (Username, "ab\n"),
        (Username, "a:b"),
        (Username, "a/b"),
        (Username, "a@b"),
        (Username, "ä" * 4),
        (Username, "\u0661\u0662"),  # digits, but not ASCII
        (Username, "\u212aate"),  # the kelvin sign, whose lower case is k
        (Name, ""),
        (Name, "x" * 201),
        (Email, ""),
        (Email, "a"),
        (Email, "@b"),
        (Email, "a@"),
        (Email, "a@b@c"),
        (Email, "a b@c"),
        (Email, "a@b\n"),
        (Email, "a@" + "b" * 253),
        (Password, "1234567"),
        (Password, "x" * 257),
        (Role, "root"),
        (Role, "Admin"),
    ],
)
def test_invalid_members_of_an_account_are_refused(kind: Any, value: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)
