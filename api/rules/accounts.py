"""The account of a request: what its role allows, and how its token restricts that (CONTRACT §1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

# Control characters, and characters that are invisible or change the direction of the text around them.
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
# The members of an account, as clients send them.
Username = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._-]{2,32}$",
        description="Letters from A to Z, digits, dots, underscores and hyphens, 2 to 32.",
        examples=["ada"],
        json_schema_extra={"x-unique": True},
    ),
]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Email = Annotated[
    str,
    Field(
        max_length=254,
        pattern=rf"^[^@\s{_UNSEEN}]+@[^@\s{_UNSEEN}]+$",
        description="An address with one @, without spaces.",
        examples=["ada@example.org"],
        json_schema_extra={"x-unique": True},
    ),
]
# Room for a long sentence, but bounded, because all of it is hashed. Basic has no control characters (RFC 7617 §2).
Password = Annotated[
    str,
    Field(
        min_length=8,
        max_length=256,
        pattern=r"^[^\x00-\x1f\x7f-\x9f]*$",
        description="Text without control characters, such as tabs.",
        examples=["correct horse"],
        json_schema_extra={"format": "password"},
    ),
]
Role = Literal["user", "admin"]

Scope = Literal[
    "articles:write",
    "documents:write",
    "messages:write",
    "secrets:read",
    "secrets:write",
    "users:write",
    "tokens:write",
    "admin",
]
# Only administrators have the scope `admin`. Every account has the others, for its own resources.
USER_SCOPES: tuple[str, ...] = (
    "articles:write",
    "documents:write",
    "messages:write",
    "secrets:read",
    "secrets:write",
    "users:write",
    "tokens:write",
)
SCOPES: dict[str, tuple[str, ...]] = {"user": USER_SCOPES, "admin": (*USER_SCOPES, "admin")}

# The accounts of development and testing, with their passwords, which are public.
DEVELOPMENT_PASSWORDS = {"admin": "secret", "john": "john", "steve": "steve", "bill": "bill"}


@dataclass(frozen=True, slots=True)
class Account:
    """The account that makes a request, as its credentials prove.

    `scopes` is what these credentials allow: for a password all scopes of the role, for a token
    those requested at its creation. `token_id` is None without a token.
    `version` is that of the account's row. `by_session` means that a browser's cookie identified the account.
    """

    id: int
    username: str
    role: str
    scopes: frozenset[str]
    token_id: int | None = None
    version: int = 0
    by_session: bool = False

    @property
    def by_password(self) -> bool:
        """Whether the request sent the password itself."""
        return self.token_id is None and not self.by_session

    @property
    def is_admin(self) -> bool:
        """Whether these credentials have administrator rights, by role and by scope."""
        return self.role == "admin" and "admin" in self.scopes

    def may_change(self, owner_id: int | None) -> bool:
        """Whether this account may change a resource of this owner: as the owner, or as an administrator."""
        return owner_id == self.id or self.is_admin

    def lacks(self, scopes: Iterable[str]) -> bool:
        """Whether these credentials lack at least one of the scopes."""
        return not self.scopes.issuperset(scopes)


def account_of(
    row: Any, scopes: Iterable[str] | None = None, token_id: int | None = None, *, by_session: bool = False
) -> Account:
    """Return the account of a row that has its members. Without `scopes` it has all scopes of its role."""
    allowed = SCOPES[row.role]
    return Account(
        row.id,
        row.username,
        row.role,
        frozenset(allowed if scopes is None else scopes).intersection(allowed),
        token_id,
        row.version,
        by_session,
    )


def what_is_taken(members: Iterable[str]) -> str:
    """Name the members that another account already has: `user name and this e-mail address`."""
    words = {"username": "user name", "email": "e-mail address"}
    return " and this ".join(words[member] for member in members)
