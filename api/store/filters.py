"""What `field:op=value` means in SQL, the same on SQLite and PostgreSQL."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

Condition = sa.ColumnElement[bool]

SCALAR: dict[str, Callable[[sa.Column[Any], Any], Condition]] = {
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column != value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "in": lambda column, value: column.in_(value),
    # Both databases fold ASCII letters alone here: SQLite's lower() by its nature, PostgreSQL's by COLLATE "C".
    "contains": lambda column, value: column.icontains(value, autoescape=True),
    "startswith": lambda column, value: column.istartswith(value, autoescape=True),
}


def matching(db: sa.Connection, column: sa.Column[Any], op: str, value: Any) -> Condition:
    """The condition that `column` stands in relation `op` to `value`.

    A column that holds a list (of tags, say) is compared by its items: it equals
    a value that is among them; `in` is "has any of".
    """
    if isinstance(column.type, sa.JSON):
        among = has_any(db, column, value if op == "in" else [value])
        return sa.not_(among) if op == "ne" else among
    if op == "ne" and column.nullable:
        # A row without a value differs from every value.
        return sa.or_(column != value, column.is_(None))
    return SCALAR[op](column, value)


def has_any(db: sa.Connection, column: sa.Column[Any], values: list[str]) -> Condition:
    """The condition that a column of JSON lists has one of `values` among its items."""
    if db.dialect.name == "postgresql":
        return column.bool_op("?|")(sa.cast(values, postgresql.ARRAY(sa.Text)))
    item = sa.func.json_each(column).table_valued("value", name="item")
    return sa.exists(sa.select(1).select_from(item).where(item.c.value.in_(values)))
