"""The resources `/messages`, `/messages/<id>`, its metadata and its parts."""

from collections.abc import Sequence
from functools import partial
from uuid import uuid4

import sqlalchemy as sa
from flask import Response

from api.kit import (
    Answer,
    Connection,
    Forbidden,
    InsufficientScope,
    InsufficientStorage,
    Invalid,
    LostRace,
    MalformedJson,
    PreconditionFailed,
    RangeNotSatisfiable,
    Resource,
    Row,
    answers,
    audited,
    claim,
    current_request,
    found,
    keep,
    names,
    no_parameters,
    owner_only,
    reader,
    reading,
    recall,
    representations,
    services,
    signed_in,
    transaction,
    validators,
)
from api.rules.clock import present
from api.rules.dispositions import sent_filename
from api.web.content import Content, served
from api.web.preconditions import if_match_content
from api.web.storage import database
from resources.messages.kinds import CHECKS, upload
from resources.messages.parts import starts
from resources.messages.table import MessageOut, contents, delete_messages, listing, messages, room_of, take_room

# The columns that serving a message needs: all but its parts, which may be many.
CONTENT = tuple(name for name in names(messages) if name not in ("parts", "starts"))
OWN = messages.c.sender_id == sa.bindparam("account_id")
GETTING = [PreconditionFailed, RangeNotSatisfiable]


class Messages(Resource):
    """Messages: bodies of several media types."""

    paths = ("/messages",)
    noun = "message"
    offers = representations.LIST

    @answers(200, MessageOut, asks=listing.query, signed_in=True)
    def get(self) -> Answer:
        """List your own messages, newest first."""
        return listing.answer(OWN, account_id=signed_in().id)

    @answers(
        201,
        MessageOut,
        takes=upload,
        keyed=True,
        refuses=[InsufficientScope, InsufficientStorage, Invalid, MalformedJson],
    )
    def post(self) -> Answer:
        """Store a message. A repetition creates a second one; with the same Idempotency-Key it is replayed."""
        sender = signed_in("messages:write") if reader() else None  # 403
        recall(upload)  # 400 413 415 422, or the stored answer
        sent = upload.receive()  # 400 413 415
        parts = CHECKS[sent.media_type.essence](sent)  # 400 413 415
        message: Row = {
            "id": str(uuid4()),  # 122 random bits, which cannot be guessed
            "content_type": sent.content_type,
            "media_type": sent.media_type.essence,
            "size": sent.length,
            "sha256": sent.sha256,
            "sender_id": sender.id if sender else None,
            "created_at": present(),
            "filename": sent_filename(current_request().field("content-disposition") or ""),
            "parts": parts,
            "starts": starts(sent, parts) if parts else [],
            "room": 0 if sender else room_of(sent.length, len(parts)),
        }
        headers = {
            "Location": MessageItem.url(message["id"]),
            # The answer contains the metadata; Location has the bytes (RFC 9110 §8.7).
            "Content-Location": Metadata.url(message["id"]),
            "ETag": whole(message).etag,
        }
        with transaction() as db:
            claim(db)  # 409 422, or the stored answer
            db.execute(messages.insert(), message)
            contents.write(db, message["id"], sent.file)
            audited(db, "create", MessageItem.place(message["id"]))
            if sender is None:
                # Last, because on PostgreSQL other messages wait for this row until the transaction ends.
                take_room(db, message["room"], services().settings.anonymous_quota)  # 507
            return keep(db, (listing.member(message, {}), 201, headers))


class MessageItem(Resource):
    """One message, as stored."""

    paths = ("/messages/<uuid:message_id>",)
    owner = "sender_id"
    offers = {}

    @answers(200, refuses=GETTING, also=[206])
    def get(self, message_id: str) -> Response:
        """Read a message, or a range of it, as stored."""
        with reading() as db:
            message = read_message(db, message_id, CONTENT)  # 404
        no_parameters()  # 400
        return served(whole(message), self.caching)  # 412 416

    @answers(204, signed_in="messages:write", refuses=[Forbidden, PreconditionFailed])
    def delete(self, message_id: str) -> Answer:
        """Delete a message."""
        with transaction() as db:
            message = read_message(db, message_id, CONTENT)  # 404
            owner_only(message["sender_id"])  # 403
            if_match_content(whole(message).etag, message["created_at"])  # 412
            no_parameters()  # 400
            if not delete_messages(db, [message_id]):
                raise LostRace
            audited(db, "delete", self.place(message_id))
        return None, 204, {}


class Metadata(Resource):
    """The metadata of a message."""

    paths = ("/messages/<uuid:message_id>/metadata",)
    noun = "message"

    @answers(200, MessageOut, asks=listing.member_query)
    def get(self, message_id: str) -> Answer:
        """Read the metadata of a message: its type, size, digest, sender and parts."""
        with reading() as db:
            message = read_message(db, message_id)  # 404
        asked = listing.member_query.parse_args()  # 400
        return listing.member(message, asked), 200, validators(message, asked.get("fields", ()))


class PartItem(Resource):
    """One part of a multipart message."""

    paths = ("/messages/<uuid:message_id>/parts/<int:number>",)
    example = {"number": "1"}
    offers = {}

    @answers(200, refuses=GETTING, also=[206])
    def get(self, message_id: str, number: int) -> Response:
        """Read a part of a multipart message, or a range of it, as stored."""
        with reading() as db:
            message = read_message(db, message_id)  # 404
        found(number in range(1, len(message["parts"]) + 1) or None)  # 404
        no_parameters()  # 400
        return served(part_of(message, number), self.caching)  # 412 416


def read_message(db: Connection, message_id: str, columns: Sequence[str] = names(messages)) -> Row:
    """Read these columns of a message, without its content. It has one version, because it never changes."""
    statement = sa.select(*(messages.c[name] for name in columns)).where(messages.c.id == message_id)
    row = dict(zip(columns, found(db.execute(statement).fetchone()), strict=True))
    return row | {"version": 1, "updated_at": row["created_at"]}


def whole(message: Row) -> Content:
    """The whole content of a message."""
    read = partial(contents.read, database(), message["id"])
    return Content(
        message["content_type"], message["size"], message["sha256"], message["created_at"], message["filename"], read
    )


def part_of(message: Row, number: int) -> Content:
    """The content of one of its parts."""
    part, first = message["parts"][number - 1], message["starts"][number - 1]
    source, message_id = database(), message["id"]
    return Content(
        part["content_type"],
        part["size"],
        part["sha256"],
        message["created_at"],
        part["filename"],
        lambda start, stop: contents.read(source, message_id, first + start, first + stop),
    )
