"""The documents of the operator's own collections: read, create, replace, delete, load, dump.

A document is stored as it was sent. Its `id` is the text of its id, and its `position` a number that grows with each
document of the collection and is never used twice: it is the order of the file, and tells a deleted document from a
later one with the same id.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa

from api.rules.clock import present
from api.rules.own_data import NUMBER, Collection, Document, Filled
from api.store.columns import Id, Moment, Text, metadata
from api.store.failures import LostRace
from api.store.prepared import Prepared

collections = sa.Table(
    "collections",
    metadata,
    sa.Column("name", Text, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("single", sa.Boolean, nullable=False),
    sa.Column("ids", Text, nullable=False),
    sa.Column("schema", sa.JSON, nullable=False),
    sa.Column("given", sa.Boolean, nullable=False),
    # The largest number that was ever an id here, and the last position.
    sa.Column("last_number", Id, nullable=False),
    sa.Column("last_position", Id, nullable=False),
    # The digest of the data that was loaded last.
    sa.Column("source", Text, nullable=False),
)
documents = sa.Table(
    "documents",
    metadata,
    sa.Column("collection", Text, primary_key=True),
    sa.Column("id", Text, primary_key=True),
    sa.Column("position", Id, nullable=False),
    # Not JSONB: it would change the order of members and the spelling of numbers.
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Index("ix_documents_collection_position", "collection", "position"),
)
# Rows in one statement.
BATCH = 500


class Stored(NamedTuple):
    """A document with what the server keeps about it."""

    id: str
    position: int
    body: Document
    version: int
    created_at: str
    updated_at: str

    @property
    def row(self) -> dict[str, Any]:
        """What tags and dates of the document are made of."""
        return {"version": self.version, "edition": self.position, "updated_at": self.updated_at}


class Scanned(NamedTuple):
    """A document in a list: reading only this takes half the time."""

    id: str
    position: int
    body: Document


class Counters(NamedTuple):
    """The counters of a collection, and the JSON type of its ids."""

    ids: str
    last_number: int
    last_position: int


COLUMNS = tuple(documents.c[name] for name in Stored._fields)
_OF = documents.c.collection == sa.bindparam("collection")


@cache
def _one(lock: bool) -> Prepared:
    statement = sa.select(*COLUMNS).where(_OF, documents.c.id == sa.bindparam("id"))
    return Prepared(statement.with_for_update() if lock else statement)


_KNOWING = sa.select(*(collections.c[name] for name in Counters._fields)).where(
    collections.c.name == sa.bindparam("collection")
)
_KNOWN, _COUNTERS = Prepared(_KNOWING), Prepared(_KNOWING.with_for_update())
_COUNTED = Prepared(
    collections.update()
    .where(collections.c.name == sa.bindparam("collection"))
    .values({name: sa.bindparam(f"now_{name}") for name in Counters._fields})
)
_INSERT = Prepared(documents.insert())
_SAME = (
    documents.c.collection == sa.bindparam("in_collection"),
    documents.c.id == sa.bindparam("seen_id"),
    documents.c.version == sa.bindparam("seen_version"),
    documents.c.position == sa.bindparam("seen_position"),
)
_UPDATE = Prepared(documents.update().where(*_SAME))
_DELETE = Prepared(documents.delete().where(*_SAME))
_ALL = Prepared(sa.select(*COLUMNS).where(_OF).order_by(documents.c.position))
_SCANNED = sa.select(*(documents.c[name] for name in Scanned._fields)).where(_OF).order_by(documents.c.position)
_SCAN = Prepared(_SCANNED)
_PART = Prepared(_SCANNED.limit(sa.bindparam("most")).offset(sa.bindparam("skipped")))
_COUNT = Prepared(sa.select(sa.func.count()).select_from(documents).where(_OF))


def read_document(db: sa.Connection, collection: str, id: str, *, lock: bool = False) -> Stored | None:
    """Read a document, or None; `lock` it for a change. The id of a singleton is empty.

    Raises LostRace if all data was replaced while it waited for the lock: the locked row is gone, and there is another.
    """
    key = {"collection": collection, "id": id}
    found = _one(lock).row(db, key)
    if found is None and lock and _one(False).row(db, key):
        raise LostRace
    return Stored(*found) if found else None


def read_all(db: sa.Connection, collection: str) -> list[Stored]:
    """Every document of a collection, in order."""
    return [Stored(*row) for row in _ALL.rows(db, {"collection": collection})]


def scan(db: sa.Connection, collection: str) -> list[Scanned]:
    """Every document of a collection, in order, for lists."""
    return [Scanned(*row) for row in _SCAN.rows(db, {"collection": collection})]


def read_part(db: sa.Connection, collection: str, skipped: int, most: int) -> list[Scanned]:
    """At most `most` documents of a collection, in order, after those that are skipped."""
    return [Scanned(*row) for row in _PART.rows(db, {"collection": collection, "skipped": skipped, "most": most})]


def count_documents(db: sa.Connection, collection: str) -> int:
    """The number of documents of a collection."""
    return int(_COUNT.rows(db, {"collection": collection})[0][0])


def lock_counters(db: sa.Connection, collection: str) -> Counters | None:
    """The counters of a collection. Others that create documents in it wait until this transaction ends.

    None if the data was loaded anew without the collection. Raises LostRace as `read_document` does.
    """
    found = _COUNTERS.row(db, {"collection": collection})
    if found is None and _KNOWN.row(db, {"collection": collection}):
        raise LostRace
    return Counters(*found) if found else None


def insert_document(db: sa.Connection, collection: str, id: str, body: Document, counters: Counters) -> Stored:
    """Insert a document as version 1, and write the `counters`, whose last position is its position."""
    moment = present()
    made = Stored(id, counters.last_position, body, 1, moment, moment)
    _COUNTED.execute(db, {"collection": collection, **{f"now_{k}": v for k, v in counters._asdict().items()}})
    _INSERT.execute(db, {"collection": collection, **made._asdict()})
    return made


def update_document(db: sa.Connection, collection: str, seen: Stored, body: Document) -> Stored | None:
    """Write a document that was read as `seen` as its next version; None if it has changed since."""
    after = seen._replace(body=body, version=seen.version + 1, updated_at=present())
    written = {"body": after.body, "version": after.version, "updated_at": after.updated_at}
    return after if _UPDATE.execute(db, {**written, **_as_seen(collection, seen)}) else None


def delete_document(db: sa.Connection, collection: str, seen: Stored) -> bool:
    """Delete a document that was read as `seen`; False if it has changed since."""
    return _DELETE.execute(db, _as_seen(collection, seen)) > 0


def _as_seen(collection: str, seen: Stored) -> dict[str, Any]:
    return {
        "in_collection": collection,
        "seen_id": seen.id,
        "seen_version": seen.version,
        "seen_position": seen.position,
    }


def read_collections(db: sa.Connection) -> tuple[Collection, ...]:
    """The collections that were loaded, in the order of the data."""
    columns = (collections.c[name] for name in ("name", "single", "ids", "schema", "given"))
    rows = db.execute(sa.select(*columns).order_by(collections.c.position)).fetchall()
    return tuple(Collection(*row) for row in rows)


def loaded_from(db: sa.Connection) -> str | None:
    """The digest of the data that was loaded last; None if none was."""
    found: str | None = db.execute(sa.select(collections.c.source).limit(1)).scalar()
    return found


def replace_all(db: sa.Connection, data: Sequence[Filled], source: str) -> None:
    """Put the data, whose digest is `source`, in the place of all collections and documents."""
    # Locked: requests that create a document now end before, or begin after.
    counted = sa.select(collections.c.name, collections.c.last_position).with_for_update()
    last = dict(db.execute(counted).tuples().all())
    db.execute(documents.delete())
    db.execute(collections.delete())
    moment = present()
    for place, filled in enumerate(data):
        collection, start = filled.collection, last.get(filled.collection.name, 0) + 1
        numbers = [int(id) for id, _ in filled.documents] if collection.ids == NUMBER else []
        db.execute(
            collections.insert().values(
                name=collection.name,
                position=place,
                single=collection.single,
                ids=collection.ids,
                schema=dict(collection.schema),
                given=collection.given,
                last_number=max(numbers, default=0),
                last_position=start + len(filled.documents) - 1,
                source=source,
            )
        )
        rows = iter(
            {"collection": collection.name, **Stored(id, start + number, body, 1, moment, moment)._asdict()}
            for number, (id, body) in enumerate(filled.documents)
        )
        while batch := list(islice(rows, BATCH)):
            db.execute(documents.insert(), batch)


def dumped(db: sa.Connection) -> Iterator[tuple[str, Document | list[Document]]]:
    """Every collection with its documents, as data that can be loaded again."""
    for collection in read_collections(db):
        found = [each.body for each in scan(db, collection.name)]
        yield collection.name, found[0] if collection.single and found else found


def structure(found: Sequence[Collection]) -> Mapping[str, Any]:
    """The collections as JSON, from which their digest is made."""
    return {each.name: [each.single, each.ids == "", each.given, each.schema] for each in found}
