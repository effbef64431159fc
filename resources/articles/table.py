"""The table of articles, and the models of requests and answers."""

from typing import Annotated, Literal

import sqlalchemy as sa
from pydantic import Field

from api.kit import Id, Json, Listing, Loader, Row, RowId, SearchIndex, Strict, Text, Timestamp, queries, resource_table
from api.store.accounts import users

articles = resource_table(
    "articles",
    sa.Column("title", Text, nullable=False),
    sa.Column("body", Text, nullable=False),
    sa.Column("tags", Json, nullable=False),
    sa.Column("status", Text, nullable=False),
    # Null after the deletion of the author's account.
    sa.Column("author_id", Id, sa.ForeignKey("users.id", ondelete="SET NULL")),
)
# Each index ends with the id, as every order of a list does.
for column in ("title", "author_id", "created_at", "updated_at"):
    sa.Index(f"ix_articles_{column}", articles.c[column], articles.c.id)
# Only for drafts: with an index of every status, SQLite would use it where another index is a thousand times as fast.
DRAFT = sa.text("status = 'draft'")
# PostgreSQL's index has the same condition, from the migration: naming it here would import the whole dialect.
sa.Index("ix_articles_drafts", articles.c.id, sqlite_where=DRAFT)

words = SearchIndex(articles, of=("title", "body"), terms=("tags",))

Title = Annotated[str, Field(min_length=1, max_length=200)]
Body = Annotated[str, Field(max_length=100_000)]
Tag = Annotated[
    str, Field(pattern="^[a-z0-9-]{1,40}$", description="Lower-case letters, digits and hyphens, up to 40.")
]
Tags = Annotated[list[Tag], Field(max_length=20)]
Status = Literal["draft", "published"]


class ArticleIn(Strict):
    """An article in a request. Members that are left out get their defaults."""

    title: Title
    body: Body
    tags: Tags = []
    status: Status = "published"


class ArticleOut(Strict):
    """An article in an answer."""

    id: int
    title: Title
    body: Body
    tags: Tags
    status: Status
    author_id: int | None
    version: int
    created_at: Timestamp
    updated_at: Timestamp


class ArticleRow(ArticleIn):
    """An article in a file for `run.py load`."""

    id: RowId | None = None
    author_id: RowId | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None


READ_ONLY = tuple(name for name in ArticleOut.model_fields if name not in ArticleIn.model_fields)

listing = Listing(
    articles,
    filters={
        "title": queries.TEXT,
        "author_id": queries.ID,
        "status": queries.choice(Status),
        "tags": queries.TAGS,
        "created_at": queries.TIME,
        "updated_at": queries.TIME,
    },
    sortable=("id", "title", "created_at", "updated_at"),
    search=words,
)

FIRST_AUTHOR = "john"
FIRST: tuple[Row, ...] = (
    {
        "title": "Welcome to Touchstone",
        "body": "Read me, change me, delete me: the server stores your changes.",
        "tags": ["welcome"],
    },
    {
        "title": "Every answer has a reason",
        "body": "Send an invalid request, and read the problem in the answer.",
        "tags": ["problems"],
    },
    {
        "title": "Nothing is lost",
        "body": "Send If-Match with the tag that you read, and you never overwrite the work of others.",
        "tags": ["etag", "http"],
    },
)


def first_articles(db: sa.Connection) -> list[Row]:
    """A few articles for a development database that has none."""
    there = db.execute(sa.select(articles.c.id).limit(1)).fetchone()
    author_id = db.execute(sa.select(users.c.id).where(users.c.username == FIRST_AUTHOR)).scalar()
    return [] if there else [{**row, "author_id": author_id} for row in FIRST]


loader = Loader(
    articles,
    ArticleRow,
    collections=("articles", "posts"),
    aliases={"userId": "author_id"},
    order=2,
    seeds=first_articles,
    index=words,
    lines=True,
)
