"""Accounts: who they are. Accounts are read here; signing in and registering are not yet there.

curl -i http://127.0.0.1:8000/users/1
"""

from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from api.rules.problems import InvalidCursor, InvalidParameter
from api.store.columns import Text, resource_table
from api.store.loading import Loader
from api.store.rows import Row, read_row
from api.web import queries, representations
from api.web.fields import RowId, Strict
from api.web.lists import Listing
from api.web.preconditions import validators
from api.web.resource import Answer, Resource, answers, found
from api.web.storage import reading

users = resource_table(
    "users",
    sa.Column("username", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("email", Text, nullable=False),
    sa.Column("role", Text, nullable=False),
)
# One account a name and a mailbox, whatever the case they are typed in.
sa.Index("uq_users_username", sa.func.lower(users.c.username), unique=True)
sa.Index("uq_users_email", sa.func.lower(users.c.email), unique=True)


class UserOut(Strict):
    """An account as anyone may see it."""

    id: int
    username: str
    name: str
    version: int
    created_at: str
    updated_at: str


class UserRow(Strict):
    """An account as `run.py load` takes it."""

    id: RowId | None = None
    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{2,32}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
    role: Annotated[str, Field(pattern="^(user|admin)$")] = "user"


DEVELOPERS: tuple[Row, ...] = (
    {"username": "admin", "name": "Administrator", "email": "admin@example.org", "role": "admin"},
    {"username": "john", "name": "John Doe", "email": "john@example.org", "role": "user"},
    {"username": "steve", "name": "Steve", "email": "steve@example.org", "role": "user"},
    {"username": "bill", "name": "Bill", "email": "bill@example.org", "role": "user"},
)


def missing(db: sa.Connection) -> list[Row]:
    """The development accounts that the database has not, by name."""
    there = set(db.execute(sa.select(sa.func.lower(users.c.username))).scalars())
    return [dict(row) for row in DEVELOPERS if row["username"] not in there]


loader = Loader(users, UserRow, collections=("users",), order=1, seeds=missing)

listing = Listing(
    users,
    filters={"username": queries.TEXT, "name": queries.TEXT, "created_at": queries.TIME, "updated_at": queries.TIME},
    sortable=("id", "username", "name", "created_at", "updated_at"),
    shown=tuple(UserOut.model_fields),
)


class Users(Resource):
    """The accounts."""

    paths = ("/users",)
    noun = "user"
    offers = representations.LIST

    @answers(200, UserOut, asks=listing.query, refuses=[InvalidCursor, InvalidParameter])
    def get(self) -> Answer:
        """List accounts, newest first."""
        return listing.answer()


class UserItem(Resource):
    """One account."""

    paths = ("/users/<id:user_id>",)

    @answers(200, UserOut, asks=listing.member_query, refuses=[InvalidParameter])
    def get(self, user_id: int) -> Answer:
        """Read an account."""
        with reading() as db:
            user: dict[str, Any] = found(read_row(db, users, user_id))
        asked = listing.member_query.parse_args()
        return listing.member(user, asked), 200, validators(user, asked.get("fields", ()))
