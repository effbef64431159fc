"""Pages of a table by keyset: a page costs the same wherever it stands.

A position is the values of the order's columns in one row; the next page is what
sorts after it. No row is counted or skipped, so page 1,000 is as quick as the first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from api.rules.cursors import Direction
from api.store.filters import Condition, matching
from api.store.search import SearchIndex

# Columns and whether each is descending; the last is always the id, so that no two rows are equal.
Order = Sequence[tuple[sa.Column[Any], bool]]


Selection = sa.Select[Any]


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows in their order, and whether there are more before and after them."""

    rows: Sequence[sa.Row[Any]]
    before: bool
    after: bool


def selected(
    db: sa.Connection,
    table: sa.Table,
    filters: Iterable[tuple[str, str, Any]],
    visible: Iterable[Condition] = (),
    index: SearchIndex | None = None,
    words: Sequence[str] | None = None,
) -> Selection:
    """The statement for the rows of `table` that pass all `filters` (column, operator, value) and may be seen.

    With `words`, only rows that have them all in `index`.
    """
    statement = sa.select(table).where(*visible)
    for column, operator, value in filters:
        statement = statement.where(matching(db, table.c[column], operator, value))
    if index and words:
        statement = statement.where(index.matches(db, table.c.id, words))
    return statement


def count(db: sa.Connection, statement: Selection) -> int:
    """How many rows a statement has in all."""
    total: int = db.execute(sa.select(sa.func.count()).select_from(statement.subquery())).scalar_one()
    return total


def fetch_slice(
    db: sa.Connection,
    statement: Selection,
    order: Order,
    limit: int,
    position: Sequence[Any] | None = None,
    direction: Direction = "next",
) -> Slice:
    """Read at most `limit` rows of `statement` after `position` ("prev": before it), in `order`."""
    backwards = direction == "prev"
    if position is not None:
        statement = statement.where(beyond(order, position, backwards))
    statement = statement.order_by(
        *(column.desc() if descending != backwards else column.asc() for column, descending in order)
    )
    # One row more than asked for tells whether there is another page.
    rows = db.execute(statement.limit(limit + 1)).fetchall()
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        return Slice(rows[::-1], before=more, after=True)
    return Slice(rows, before=position is not None, after=more)


def beyond(order: Order, position: Sequence[Any], backwards: bool = False) -> sa.ColumnElement[bool]:
    """The condition that a row sorts after `position` (before it, if `backwards`).

    One direction throughout is one row comparison, which an index answers;
    mixed directions are spelled out column by column.
    """
    descending = {each != backwards for _, each in order}
    if len(descending) == 1:
        columns = sa.tuple_(*(column for column, _ in order))
        values = sa.tuple_(
            *(sa.literal(value, column.type) for (column, _), value in zip(order, position, strict=True))
        )
        return columns < values if descending.pop() else columns > values
    steps = []
    for depth, ((column, is_descending), value) in enumerate(zip(order, position, strict=True)):
        equal = [each == seen for (each, _), seen in zip(order[:depth], position[:depth], strict=True)]
        steps.append(sa.and_(*equal, column < value if is_descending != backwards else column > value))
    return sa.or_(*steps)
