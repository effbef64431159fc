"""Pages of a table by keyset: every page costs the same.

A position is the values of the sort columns in one row; the next page has the rows
after it. No row is counted or skipped, so page 1,000 is as fast as the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from api.rules.cursors import Direction
from api.store.filters import Condition, bound, matching
from api.store.prepared import Prepared
from api.store.search import SearchIndex

# Names of columns, with a minus for descending; the last is always the id, so that no two rows are equal.
Sort = tuple[str, ...]

# Number of cached statements: building one costs more than running it. Limited, because clients choose the queries.
MOST_STATEMENTS = 256


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows of `table` to list, without the values, which are bound when a statement is run.

    `filters` are columns with operators, `visible` conditions for visibility (the same objects each time,
    otherwise the statement cannot be cached). With `index`, rows must match a query of it.
    """

    table: sa.Table
    filters: tuple[tuple[str, str], ...] = ()
    visible: tuple[Condition, ...] = ()
    index: SearchIndex | None = None

    def bound(self, values: Sequence[Any], query: str, known: Mapping[str, Any]) -> dict[str, Any]:
        """The values to bind: those of the filters, the query, and the named ones of the visible conditions."""
        pairs = enumerate(zip(self.filters, values, strict=True))
        return {
            **known,
            **{f"filter_{number}": bound(self.table.c[name], op, value) for number, ((name, op), value) in pairs},
            **({"query": query} if self.index else {}),
        }


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows in order, and whether there are more before and after them."""

    rows: Sequence[Sequence[Any]]
    before: bool
    after: bool


def count(db: sa.Connection, selection: Selection, bound: Mapping[str, Any]) -> int:
    """The total number of rows."""
    total: int = db.execute(_count(db.dialect.name, selection), bound).scalar_one()
    return total


def fetch_slice(
    db: sa.Connection,
    selection: Selection,
    bound: Mapping[str, Any],
    sort: Sort,
    limit: int,
    position: Sequence[Any] | None = None,
    direction: Direction = "next",
) -> Slice:
    """Read at most `limit` rows after `position` ("prev": before it), in order."""
    backwards = direction == "prev"
    statement = _page(db.dialect.name, selection, sort, position is not None, backwards)
    at = {f"at_{number}": value for number, value in enumerate(position or ())}
    # One extra row shows whether there is another page.
    rows = statement.rows(db, {**bound, **at, "most": limit + 1})
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        return Slice(rows[::-1], before=more, after=True)
    return Slice(rows, before=position is not None, after=more)


def _selected(dialect: str, selection: Selection) -> sa.Select[Any]:
    statement = _filtered(dialect, selection)
    if selection.index:
        statement = statement.where(selection.index.matches(dialect, selection.table.c.id, "query"))
    return statement


def _filtered(dialect: str, selection: Selection) -> sa.Select[Any]:
    table = selection.table
    statement = sa.select(table).where(*selection.visible)
    for number, (name, op) in enumerate(selection.filters):
        statement = statement.where(matching(dialect, table.c[name], op, f"filter_{number}"))
    return statement


@lru_cache(MOST_STATEMENTS)
def _count(dialect: str, selection: Selection) -> sa.Select[int]:
    return sa.select(sa.func.count()).select_from(_selected(dialect, selection).subquery())


@lru_cache(MOST_STATEMENTS)
def _page(dialect: str, selection: Selection, sort: Sort, positioned: bool, backwards: bool) -> Prepared:
    columns = [selection.table.c[name.removeprefix("-")] for name in sort]
    descending = [name.startswith("-") != backwards for name in sort]
    if selection.index and dialect == "sqlite" and sort in (("id",), ("-id",)):
        statement = selection.index.joined(_filtered(dialect, selection), selection.table.c.id, "query")
        columns = [selection.index.table.c.rowid]
    else:
        statement = _selected(dialect, selection)
    if positioned:
        statement = statement.where(_beyond(columns, descending))
    order = (column.desc() if down else column.asc() for column, down in zip(columns, descending, strict=True))
    return Prepared(statement.order_by(*order).limit(sa.bindparam("most")))


def _beyond(columns: Sequence[sa.Column[Any]], descending: Sequence[bool]) -> sa.ColumnElement[bool]:
    """The condition that a row sorts after a position.

    A single direction is one row comparison, for which an index works; mixed
    directions are compared column by column.
    """
    values = [sa.bindparam(f"at_{number}", type_=column.type) for number, column in enumerate(columns)]
    if len(set(descending)) == 1:
        here, there = sa.tuple_(*columns), sa.tuple_(*values)
        return here < there if descending[0] else here > there
    steps = []
    for depth, (column, value, down) in enumerate(zip(columns, values, descending, strict=True)):
        equal = [each == seen for each, seen in zip(columns[:depth], values[:depth], strict=True)]
        steps.append(sa.and_(*equal, column < value if down else column > value))
    return sa.or_(*steps)
