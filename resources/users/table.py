"""The models of accounts in requests and answers, and the accounts of a development database."""

import sqlalchemy as sa

from api.kit import LEFT_OUT, Account, Listing, Loader, Row, RowId, Strict, Timestamp, names, queries
from api.rules.accounts import DEVELOPMENT_PASSWORDS, Email, Name, Password, Role, Username
from api.rules.passwords import hash_of_development_password
from api.store.accounts import logins, set_password, taken, users


class UserIn(Strict):
    """An account in a registration. Only administrators can give a `role`; the default is `user`."""

    username: Username
    name: Name
    email: Email
    password: Password
    # No default in the published schema: generated clients would send it, and only administrators may.
    role: Role = LEFT_OUT


class UserChange(Strict):
    """An account in a replacement. A password or a role that is left out stays unchanged."""

    username: Username
    name: Name
    email: Email
    password: Password = LEFT_OUT
    role: Role = LEFT_OUT


class UserOut(Strict):
    """An account in an answer: `email` and `role` are visible to itself and administrators only."""

    id: int
    username: Username
    name: Name
    email: Email = LEFT_OUT
    role: Role = LEFT_OUT
    version: int
    created_at: Timestamp
    updated_at: Timestamp


class UserRow(Strict):
    """An account in a file for `run.py load`. It has no password, so nobody can sign in to it."""

    id: RowId | None = None
    username: Username
    name: Name
    email: Email
    role: Role = "user"


EVERYTHING = names(users)
PUBLIC = tuple(name for name in EVERYTHING if name not in ("email", "role"))
READ_ONLY = ("id", "version", "created_at", "updated_at")


def seen(account: Account | None, user: Row | None) -> tuple[str, ...]:
    """The members of a user that `account` may see; without a user, those of at least one."""
    if account is None:
        return PUBLIC
    return EVERYTHING if user is None or account.may_change(user["id"]) else PUBLIC


listing = Listing(
    users,
    filters={"username": queries.TEXT, "name": queries.TEXT, "created_at": queries.TIME, "updated_at": queries.TIME},
    sortable=("id", "username", "name", "created_at", "updated_at"),
    seen=seen,
)

# In development and testing only, because their passwords are public.
_NAMES = {"admin": "Administrator", "john": "John Doe", "steve": "Steve", "bill": "Bill"}
DEVELOPERS: tuple[Row, ...] = tuple(
    {
        "username": username,
        "name": _NAMES[username],
        "email": f"{username}@example.org",
        "role": "admin" if username == "admin" else "user",
        "password": password,
    }
    for username, password in DEVELOPMENT_PASSWORDS.items()
)


def missing(db: sa.Connection) -> list[Row]:
    """The development accounts that the database lacks, both by name and by e-mail address."""
    return [dict(row) for row in DEVELOPERS if not taken(db, username=row["username"], email=row["email"])]


def give_passwords(db: sa.Connection) -> None:
    """Set the passwords of development accounts without one; never of an account that only has the same name."""
    ours = sa.tuple_(users.c.username, users.c.email).in_([(row["username"], row["email"]) for row in DEVELOPERS])
    unable = sa.select(users.c.id, users.c.username).where(ours, users.c.id.not_in(sa.select(logins.c.user_id)))
    passwords = {row["username"]: row["password"] for row in DEVELOPERS}
    for user in db.execute(unable).fetchall():
        set_password(db, user.id, hash_of_development_password(passwords[user.username]), well_known=True)


loader = Loader(users, UserRow, collections=("users",), order=1, seeds=missing, seeded=give_passwords)
