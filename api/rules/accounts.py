"""Who asks: an account, what its role allows, and what its token narrows that to (CONTRACT §1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

# Control characters, and those that show as nothing or turn the direction of what stands around them.
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
# What an account has, as it may be sent.
Username = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9._-]{2,32}$", examples=["ada"], json_schema_extra={"x-unique": True})
]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Email = Annotated[
    str,
    Field(
        max_length=254,
        pattern=rf"^[^@\s{_UNSEEN}]+@[^@\s{_UNSEEN}]+$",
        examples=["ada@example.org"],
        json_schema_extra={"x-unique": True},
    ),
]
# Room for a long sentence; a bound, since all of it is hashed. Basic has no control characters (RFC 7617 §2).
Password = Annotated[
    str,
    Field(
        min_length=8,
        max_length=256,
        pattern=r"^[^\x00-\x1f\x7f-\x9f]*$",
        examples=["correct horse"],
        json_schema_extra={"format": "password"},
    ),
]
Role = Literal["user", "admin"]

Scope = Literal[
    "articles:write",
    "messages:write",
    "secrets:read",
    "secrets:write",
    "users:write",
    "tokens:write",
    "admin",
]
# What the scope `admin` stands for is the administrators' alone; the others everybody has for what is theirs.
USER_SCOPES: tuple[str, ...] = (
    "articles:write",
    "messages:write",
    "secrets:read",
    "secrets:write",
    "users:write",
    "tokens:write",
)
SCOPES: dict[str, tuple[str, ...]] = {"user": USER_SCOPES, "admin": (*USER_SCOPES, "admin")}


def folded(text: str) -> str:
    """The text with its ASCII letters in lower case, and no others: how both databases compare names and mailboxes."""
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Account:
    """The account that a request is made by, as its credentials show it.

    `scopes` is what these credentials allow: all that the role does for a
    password, what was asked for at its making for a token. `token_id` is None without one.
    `version` is that of the account's row. `by_session` tells that a browser's cookie showed it.
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
        """Whether the password itself came with the request."""
        return self.token_id is None and not self.by_session

    @property
    def is_admin(self) -> bool:
        """Whether these credentials act for an administrator: by role, and by scope."""
        return self.role == "admin" and "admin" in self.scopes

    def may_change(self, owner_id: int | None) -> bool:
        """Whether what this owner has may be changed: by the owner, and by administrators."""
        return owner_id == self.id or self.is_admin

    def lacks(self, scopes: Iterable[str]) -> bool:
        """Whether these credentials are without one of the scopes."""
        return not self.scopes.issuperset(scopes)


def account_of(
    row: Any, scopes: Iterable[str] | None = None, token_id: int | None = None, *, by_session: bool = False
) -> Account:
    """The account of a row that has its members; without `scopes` it may do all that its role allows."""
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
    """The words for members of an account that another one has: `user name and this e-mail address`."""
    words = {"username": "user name", "email": "e-mail address"}
    return " and this ".join(words[member] for member in members)
