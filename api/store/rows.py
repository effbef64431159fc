"""One row, one statement: read, insert, replace if unchanged, delete."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from api.rules.clock import present
from api.store.prepared import Prepared

Row = dict[str, Any]


@cache
def names(table: sa.Table) -> tuple[str, ...]:
    """The table's column names as plain `str`, because orjson refuses the subclass in SQLAlchemy's rows."""
    return tuple(str(column.name) for column in table.columns)


def as_row(table: sa.Table, values: Sequence[Any]) -> Row:
    """Pair a result's values with the table's column names."""
    return dict(zip(names(table), values, strict=True))


@cache
def _by_id(table: sa.Table, lock: bool) -> Prepared:
    statement = sa.select(table).where(table.c.id == sa.bindparam("id"))
    return Prepared(statement.with_for_update() if lock else statement)


def read_row(db: sa.Connection, table: sa.Table, id: int, *, lock: bool = False) -> Row | None:
    """Read the row with this id, or None.

    With `lock`, other transactions that lock it wait until this one ends, so that each
    writer sees the previous one's row. SQLite has one writer at a time, and needs no lock.
    """
    found = _by_id(table, lock).row(db, {"id": id})
    return as_row(table, found) if found else None


def insert_row(db: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> Row:
    """Insert a row as version 1 and return the whole row. Raises IntegrityError if a unique value is taken.

    Columns missing in `values` are null. No row is read back: SQLite's RETURNING takes twice as long as its INSERT.
    """
    moment = present()
    made = {"version": 1, "created_at": moment, "updated_at": moment, **values}
    made["id"] = _insert(table, tuple(made)).inserted(db, made)
    return {name: made.get(name) for name in names(table)}


@cache
def _insert(table: sa.Table, _names: tuple[str, ...]) -> Prepared:
    return Prepared(table.insert())


def update_row(db: sa.Connection, table: sa.Table, seen: Row, values: Mapping[str, Any]) -> Row | None:
    """Write `values` to the row that was read as `seen`, as its next version, and return the whole row.

    The statement compares the version: None if the row has changed since, or is
    deleted (RFC 9110 §13.1.1, the lost update).
    """
    written = {**values, "version": seen["version"] + 1, "updated_at": present()}
    if not _update(table, tuple(written)).execute(db, {**written, **_as_seen(seen)}):
        return None
    return {**seen, **written}


@cache
def _update(table: sa.Table, _names: tuple[str, ...]) -> Prepared:
    return Prepared(table.update().where(*_unchanged(table)))


def delete_row(db: sa.Connection, table: sa.Table, seen: Row) -> bool:
    """Delete the row that was read as `seen`; False if it has changed since, or is already deleted."""
    return _delete(table).execute(db, _as_seen(seen)) > 0


@cache
def _delete(table: sa.Table) -> Prepared:
    return Prepared(table.delete().where(*_unchanged(table)))


def _unchanged(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    return [table.c.id == sa.bindparam("seen_id"), table.c.version == sa.bindparam("seen_version")]


def _as_seen(row: Row) -> Row:
    return {"seen_id": row["id"], "seen_version": row["version"]}
