"""The table of messages, and the model of answers."""

from collections.abc import Sequence
from typing import Annotated

import sqlalchemy as sa
from pydantic import Field

from api.kit import Id, InsufficientStorage, Json, Listing, Moment, Strict, Text, Timestamp, queries
from api.store.columns import metadata
from api.store.housekeeping import BATCH, BATCH_BYTES, when_pruned
from api.store.pieces import Pieces

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("content_type", Text, nullable=False),
    sa.Column("media_type", Text, nullable=False),  # the content type without its parameters, to filter by
    sa.Column("size", Id, nullable=False),
    sa.Column("sha256", Text, nullable=False),
    sa.Column("sender_id", Id, sa.ForeignKey("users.id", ondelete="CASCADE")),  # null: anonymous
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("filename", Text),
    sa.Column("parts", sa.JSON, nullable=False),
    sa.Column("starts", Json, nullable=False),  # the first byte of each part in the content
    sa.Column("room", Id, nullable=False),  # bytes that it takes of the anonymous quota
)
sa.Index("ix_messages_sender_id", messages.c.sender_id, messages.c.created_at, messages.c.id)
sa.Index("ix_messages_created_at", messages.c.created_at, messages.c.id)

contents = Pieces(messages)

# One row: the bytes of all anonymous messages. A sum would get slower with each message, and two at once could exceed
# the quota.
usage = sa.Table(
    "anonymous_usage",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("bytes", Id, nullable=False),
)

# Bytes that a message, and each of its parts, takes beside its content: its rows and index entries.
OVERHEAD = 1024
PART_OVERHEAD = 512


class PartOut(Strict):
    """A part of a multipart message."""

    number: int
    name: str
    filename: str | None
    content_type: str
    size: int
    sha256: str


class MessageOut(Strict):
    """The metadata of a message. `sender_id` is null for an anonymous one; only multipart has parts."""

    id: Annotated[str, Field(json_schema_extra={"format": "uuid"})]
    content_type: str
    size: int
    sha256: str
    sender_id: int | None
    created_at: Timestamp
    filename: str | None
    parts: list[PartOut]


SHOWN = tuple(MessageOut.model_fields)

listing = Listing(
    messages,
    filters={
        "media_type": queries.TEXT,
        "size": queries.NUMBER,
        "created_at": queries.TIME,
        "filename": queries.TEXT,
    },
    sortable=("id", "size", "created_at"),
    default="-created_at",
    shown=SHOWN,
)


def room_of(size: int, parts: int) -> int:
    """Bytes that a message of this size and with this number of parts takes."""
    return size + OVERHEAD + parts * PART_OVERHEAD


def take_room(db: sa.Connection, room: int, quota: int) -> None:
    """Count a new anonymous message. Raises InsufficientStorage if all together would exceed `quota` bytes."""
    counted = usage.update().where(usage.c.bytes <= quota - room).values(bytes=usage.c.bytes + room)
    if db.execute(counted.returning(usage.c.id)).fetchone() is None:
        raise InsufficientStorage("There is no space left for anonymous messages.")


def delete_messages(db: sa.Connection, ids: Sequence[str]) -> int:
    """Delete messages with their contents, free their quota, and return their number."""
    gone = db.execute(messages.delete().where(messages.c.id.in_(ids)).returning(messages.c.room)).scalars().all()
    if freed := sum(gone):
        db.execute(usage.update().values(bytes=usage.c.bytes - freed))
    return len(gone)


@when_pruned("messages")
def prune_messages(db: sa.Connection, before: str) -> int:
    """Delete some messages from before this time, and return their number."""
    sizes = sa.func.sum(messages.c.size).over(order_by=(messages.c.created_at, messages.c.id), rows=(None, -1))
    old = (
        sa.select(messages.c.id, sizes.label("before"))
        .where(messages.c.created_at < before)
        .order_by(messages.c.created_at, messages.c.id)
        .limit(BATCH)
        .subquery()
    )
    few = sa.select(old.c.id).where(sa.func.coalesce(old.c.before, 0) < BATCH_BYTES)
    return delete_messages(db, db.execute(few).scalars().all())
