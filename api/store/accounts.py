"""Accounts for the machinery: sign-in by password and by token.

`/users` and `/tokens` show them; every other resource only needs the account of a request.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from api.rules.accounts import Account, account_of
from api.rules.clock import timestamp
from api.rules.words import folded
from api.store.columns import Id, Json, Moment, Text, metadata, resource_table
from api.store.prepared import Prepared
from api.store.remembered import remembered
from api.store.rows import Row, insert_row

users = resource_table(
    "users",
    sa.Column("username", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("email", Text, nullable=False),
    sa.Column("role", Text, nullable=False),
)
# One account for each name and each e-mail address, in any case.
sa.Index("uq_users_username", sa.func.lower(users.c.username), unique=True)
sa.Index("uq_users_email", sa.func.lower(users.c.email), unique=True)

# A separate table, so that no representation of a user can contain a password's hash.
logins = sa.Table(
    "logins",
    metadata,
    sa.Column("user_id", Id, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("password_hash", Text, nullable=False),
    # A password in the documentation; it does not work in staging and production.
    sa.Column("well_known", sa.Boolean, nullable=False),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("user_id", Id, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("last_used_at", Moment),
    sqlite_autoincrement=True,
)
sa.Index("ix_tokens_user_id", tokens.c.user_id, tokens.c.id)

# Browser sessions (`api.store.sessions`).
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("user_id", Id, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("last_used_at", Moment, nullable=False),
)
sa.Index("ix_sessions_user_id", sessions.c.user_id)
sa.Index("ix_sessions_created_at", sessions.c.created_at)

# Writing the last use at each request would make every read a write.
LAST_USED_EVERY = timedelta(minutes=1)

Departure = Callable[[sa.Connection, int], object]
_departures: list[tuple[int, Departure]] = []


def when_deleted(order: int) -> Callable[[Departure], Departure]:
    """Declare an action of a resource before an account is deleted: `act(db, user_id)`. Low orders run first.

    A resource whose rows are only deleted with the account uses `ondelete="CASCADE"` instead. Rows of
    resources have order 1. Idempotency keys have order 2: an action before them may wait for another transaction of
    the account, and the keys of that transaction must go too.
    """

    def declare(act: Departure) -> Departure:
        _departures.append((order, act))
        return act

    return declare


def leave(db: sa.Connection, user_id: int) -> None:
    """Run the actions of all resources before an account is deleted, in their order, in the same transaction."""
    for _, act in sorted(_departures, key=itemgetter(0)):
        act(db, user_id)


@cache
def _by_username(well_known: bool) -> Prepared:
    statement = (
        sa.select(users.c.id, users.c.username, users.c.role, users.c.version, logins.c.password_hash)
        .join(logins)
        .where(sa.func.lower(users.c.username) == sa.bindparam("username"))
    )
    return Prepared(statement if well_known else statement.where(sa.not_(logins.c.well_known)))


def find_login(db: sa.Connection, username: str, *, well_known: bool) -> tuple[Account, str] | None:
    """The account of this user name, in any case, and its password's hash; None if it cannot sign in.

    `well_known` admits the development accounts.
    """
    found = _by_username(well_known).row(db, {"username": folded(username)})
    return (account_of(found), found.password_hash) if found else None


def find_admin(db: sa.Connection) -> Account | None:
    """The account named admin, if it is an administrator."""
    columns = (users.c.id, users.c.username, users.c.role, users.c.version)
    chosen = sa.select(*columns).where(sa.func.lower(users.c.username) == "admin", users.c.role == "admin")
    found = db.execute(chosen).fetchone()
    return account_of(found) if found else None


def well_known_usernames(db: sa.Connection) -> list[str]:
    """The user names of the development accounts that still have their well-known passwords, oldest first."""
    statement = sa.select(users.c.username).join(logins).where(logins.c.well_known).order_by(users.c.id)
    return list(db.execute(statement).scalars())


def anyone_can_sign_in(db: sa.Connection) -> bool:
    """Whether there is an account with a password that is not well-known."""
    return db.execute(sa.select(logins.c.user_id).where(sa.not_(logins.c.well_known)).limit(1)).fetchone() is not None


@cache
def _by_digest(well_known: bool) -> Prepared:
    statement = (
        sa.select(
            users.c.id,
            users.c.username,
            users.c.role,
            users.c.version,
            tokens.c.id.label("token_id"),
            tokens.c.scopes,
            tokens.c.expires_at,
            tokens.c.last_used_at,
        )
        .join(users)
        .where(tokens.c.digest == sa.bindparam("digest"))
    )
    return Prepared(statement if well_known else of_strangers(statement))


def of_strangers(statement: sa.Select[Any]) -> sa.Select[Any]:
    """The statement without accounts that have well-known passwords."""
    return statement.where(~sa.exists().where(logins.c.user_id == users.c.id, logins.c.well_known))


@remembered
def _of_token(db: sa.Connection, digest: bytes, well_known: bool) -> tuple[Account, str, str] | None:
    """The account of a token, its expiry, and the time until which its last use needs no update."""
    found = _by_digest(well_known).row(db, {"digest": digest})
    if found is None:
        return None
    used = found.last_used_at
    noted_until = timestamp(datetime.fromisoformat(used) + LAST_USED_EVERY) if used else ""
    return account_of(found, found.scopes, found.token_id), found.expires_at, noted_until


def find_token(db: sa.Connection, digest: bytes, moment: str, *, well_known: bool) -> tuple[Account, bool] | None:
    """The account of a token that has not expired at `moment`, and whether its last use needs no update.

    None if there is no such token. `well_known` admits the tokens of development accounts.
    """
    found = _of_token(db, digest, well_known)
    if found is None:
        return None
    account, expires_at, noted_until = found
    return (account, moment < noted_until) if moment < expires_at else None


def mark_used(db: sa.Connection, token_id: int, moment: str) -> None:
    """Store the time of a token's last use."""
    db.execute(tokens.update().where(tokens.c.id == token_id).values(last_used_at=moment))


def is_unchanged(db: sa.Connection, account: Account) -> bool:
    """Whether the account is unchanged since it signed in; it stays locked until the transaction ends."""
    statement = sa.select(users.c.version).where(users.c.id == account.id).with_for_update()
    return bool(db.execute(statement).scalar() == account.version)


def end_tokens(db: sa.Connection, user_id: int) -> None:
    """Revoke every token of an account, and end its sessions."""
    db.execute(tokens.delete().where(tokens.c.user_id == user_id))
    db.execute(sessions.delete().where(sessions.c.user_id == user_id))


def set_password(db: sa.Connection, user_id: int, password_hash: str, *, well_known: bool = False) -> None:
    """Set or replace the password of an account, and end its tokens.

    Remembered logins end too, because they are bound to the old hash.
    """
    end_tokens(db, user_id)
    db.execute(logins.delete().where(logins.c.user_id == user_id))
    db.execute(logins.insert().values(user_id=user_id, password_hash=password_hash, well_known=well_known))


def add_account(db: sa.Connection, values: Row, password_hash: str) -> Row:
    """Insert an account with its password, and return its row."""
    made = insert_row(db, users, values)
    set_password(db, made["id"], password_hash)
    return made


def everyone(db: sa.Connection) -> list[Row]:
    """Every account, oldest first."""
    columns = [users.c[name] for name in ("id", "username", "role", "name", "email", "created_at")]
    return [dict(row) for row in db.execute(sa.select(*columns).order_by(users.c.id)).mappings()]


def find_id(db: sa.Connection, username: str) -> int | None:
    """The id of the account with this user name, in any case; None if there is none."""
    statement = sa.select(users.c.id).where(sa.func.lower(users.c.username) == folded(username))
    found: int | None = db.execute(statement).scalar()
    return found


def taken(db: sa.Connection, *, username: str, email: str, but: int | None = None) -> Row:
    """The members among user name and e-mail address that other accounts have, in any case, with the accounts' ids.

    `but` is the id of an account to leave out.
    """
    found: Row = {}
    for member, value in (("username", username), ("email", email)):
        same = sa.func.lower(users.c[member]) == folded(value)
        other = users.c.id != but if but is not None else sa.true()
        holder = db.execute(sa.select(users.c.id).where(same, other)).scalar()
        if holder is not None:
            found[member] = holder
    return found
