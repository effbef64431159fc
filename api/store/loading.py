"""Bulk loading: many rows in one transaction, read in batches. One bad row cancels the whole load."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy.exc import IntegrityError

from api.rules.clock import present
from api.rules.words import folded
from api.store.database import Database
from api.store.rows import Row, names
from api.store.search import SearchIndex

# Rows in one statement. More than a few hundred do not make it faster.
BATCH = 500


class LoadFault(ValueError):
    """A row that cannot be loaded. Its text has the row, the member and the reason."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a file, and its place for messages: `posts[7]`, `line 7`."""

    place: str
    row: Row


@dataclass(slots=True)
class Loaded:
    """The result of a load: loaded rows by table, rows that existed already, and members left out."""

    rows: dict[str, int] = field(default_factory=dict)
    same: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, set[str]] = field(default_factory=dict)


class Loader:
    """How to load and seed the rows of a table.

    `model` checks a row; `collections` are the possible names of the collection in a
    JSON file; `aliases` rename members; `order` sorts a table after those that it
    references. `seeds` returns the rows that a development database lacks, and
    `seeded` completes them after loading. `index` is kept up to date. `lines` marks
    the table of NDJSON and CSV files.
    """

    def __init__(
        self,
        table: sa.Table,
        model: type[BaseModel],
        *,
        collections: Sequence[str],
        order: int,
        aliases: Mapping[str, str] | None = None,
        seeds: Callable[[sa.Connection], list[Row]] | None = None,
        seeded: Callable[[sa.Connection], object] | None = None,
        index: SearchIndex | None = None,
        lines: bool = False,
    ) -> None:
        self.table = table
        self.seeded = seeded
        self.lines = lines
        self.collections = tuple(collections)
        self.order = order
        self.aliases = dict(aliases or {})
        self.seeds = seeds
        self.index = index
        self.members = frozenset(model.model_fields)
        self._types = {name: _types(schema) for name, schema in model.model_json_schema()["properties"].items()}
        self._adapter: TypeAdapter[Any] = TypeAdapter(model)

    def from_cells(self, cells: Mapping[str, str]) -> Row:
        """Convert the untyped cells of a CSV row to the types of the model; empty cells of other types are left out."""
        row: Row = {}
        for name, cell in cells.items():
            types = self._types.get(self.aliases.get(name, name), {"string"})
            if "array" in types:
                row[name] = cell.split()
            elif "integer" in types:
                if cell:
                    row[name] = int(cell) if re.fullmatch("[0-9]{1,19}", cell) else cell
            elif cell or "null" not in types:
                row[name] = cell
        return row

    def load(self, db: sa.Connection, records: Iterator[Record], report: Loaded) -> None:
        """Insert the records in the transaction `db`, and count them in `report`. Raises LoadFault."""
        name = self.table.name
        ids = _Ids(db, self.table)
        report.rows.setdefault(name, 0)
        while batch := list(islice(records, BATCH)):
            moment = present()
            rows = [self._checked(record, moment, report.left_out.setdefault(name, set())) for record in batch]
            fresh = ids.new_rows(batch, rows)
            report.same[name] = report.same.get(name, 0) + len(rows) - len(fresh)
            self._insert(db, fresh)
            report.rows[name] = report.rows.get(name, 0) + len(fresh)

    def dump(self, db: sa.Connection) -> list[Row]:
        """All rows, as `load` takes them, in the order of their ids."""
        columns = [self.table.c[name] for name in names(self.table) if name in self.members]
        rows = db.execute(sa.select(*columns).order_by(self.table.c.id))
        kept = [str(column.name) for column in columns]
        return [dict(zip(kept, row, strict=True)) for row in rows]

    def _checked(self, record: Record, moment: str, left_out: set[str]) -> Row:
        row = {self.aliases.get(name, name): value for name, value in record.row.items()}
        for name in row.keys() - self.members:
            left_out.add(name)
            del row[name]
        try:
            valid: Row = self._adapter.validate_python(row).model_dump()
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            member = ".".join(map(str, fault["loc"])) or "the row"
            raise LoadFault(f"{record.place}, member {member}: {fault['msg']}.") from None
        created = valid.get("created_at") or moment
        return {**valid, "version": 1, "created_at": created, "updated_at": valid.get("updated_at") or created}

    def _insert(self, db: sa.Connection, fresh: list[tuple[Record, Row]]) -> None:
        if not fresh:
            return
        rows = [row for _, row in fresh]
        try:
            with db.begin_nested():
                db.execute(self.table.insert(), rows)
        except IntegrityError:
            # The database does not say which row it was: insert one by one to find it.
            for record, row in fresh:
                try:
                    with db.begin_nested():
                        db.execute(self.table.insert(), [row])
                except IntegrityError:
                    raise LoadFault(f"{record.place}, {_offence(db, self.table, row)}") from None
        if self.index:
            self.index.add(db, *rows)


def _types(schema: Mapping[str, Any]) -> set[str]:
    return {each.get("type", "") for each in schema.get("anyOf", [schema])}


class _Ids:
    """The ids of a load: those of the file, or new ones."""

    def __init__(self, db: sa.Connection, table: sa.Table) -> None:
        self.db = db
        self.table = table
        self.empty = db.execute(sa.select(table.c.id).limit(1)).fetchone() is None
        if db.dialect.name == "sqlite":
            last = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
            self.last: int = db.execute(last, {"name": table.name}).scalar() or 0

    def new_rows(self, records: Sequence[Record], rows: Sequence[Row]) -> list[tuple[Record, Row]]:
        """Give every row its id, and leave out rows that the table already has with equal members."""
        nameless = [row for row in rows if row["id"] is None]
        named = [row["id"] for row in rows if row["id"] is not None]
        there = {} if self.empty or not named else self._there(named)
        if named:
            self._reach(max(named))
        for row, new in zip(nameless, self._next(len(nameless)), strict=True):
            row["id"] = new
        fresh = []
        for record, row in zip(records, rows, strict=True):
            known = there.get(row["id"])
            if known is None:
                fresh.append((record, row))
            elif any(row[name] != known[name] for name in row if name not in ("version", "created_at", "updated_at")):
                raise LoadFault(f"{record.place}, member id: {row['id']} is taken by another row of {self.table.name}.")
        return fresh

    def _there(self, ids: list[int]) -> dict[int, Row]:
        found = self.db.execute(sa.select(self.table).where(self.table.c.id.in_(ids)))
        return {row["id"]: dict(row) for row in found.mappings()}

    def _reach(self, most: int) -> None:
        # New ids continue after those of the file, here and in every later insert.
        if self.db.dialect.name == "sqlite":
            self.last = max(self.last, most)
        else:
            sequence = "pg_get_serial_sequence(:name, 'id')"
            text = sa.text(f"SELECT setval({sequence}, greatest(nextval({sequence}) - 1, :most))")
            self.db.execute(text, {"name": self.table.name, "most": most})

    def _next(self, count: int) -> list[int]:
        if not count:
            return []
        if self.db.dialect.name == "sqlite":
            self.last += count
            return list(range(self.last - count + 1, self.last + 1))
        text = sa.text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
        return list(self.db.execute(text, {"name": self.table.name, "count": count}).scalars())


def _offence(db: sa.Connection, table: sa.Table, row: Row) -> str:
    for key in table.foreign_keys:
        value = row[key.parent.name]
        if value is not None and not db.execute(sa.select(key.column).where(key.column == value)).fetchone():
            return f"member {key.parent.name}: there is no row {value} in {key.column.table.name}."
    for name in ("id", *(each for index in table.indexes if index.unique for each in _columns(index))):
        column = table.c[name]
        same = column == row[name] if name == "id" else sa.func.lower(column) == folded(str(row[name]))
        if db.execute(sa.select(column).where(same)).fetchone():
            return f"member {name}: {row[name]!r} is taken by another row of {table.name}."
    return "the row breaks a rule of its table."


def _columns(index: sa.Index) -> list[str]:
    return [str(column.name) for column in index.columns]


def seed(database: Database, loaders: Sequence[Loader]) -> None:
    """Insert the rows that a development database lacks."""
    report = Loaded()
    with database.transaction() as db:
        database.alone(db)
        for loader in loaders:
            if loader.seeds and (rows := loader.seeds(db)):
                loader.load(db, (Record(loader.table.name, row) for row in rows), report)
            if loader.seeded:
                loader.seeded(db)
