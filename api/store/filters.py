"""Translates `field:op=value` to SQL, the same on SQLite and PostgreSQL."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

Condition = sa.ColumnElement[bool]

SCALAR: dict[str, Callable[[sa.Column[Any], Any], Condition]] = {
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column != value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "in": lambda column, value: column.in_(value),
    # Both databases fold ASCII letters only: SQLite's lower() by default, PostgreSQL's because of COLLATE "C".
    "contains": lambda column, value: column.icontains(value, escape=ESCAPE),
    "startswith": lambda column, value: column.istartswith(value, escape=ESCAPE),
}
ESCAPE = "/"
ESCAPED = str.maketrans({character: ESCAPE + character for character in "%_/"})


def matching(dialect: str, column: sa.Column[Any], op: str, name: str) -> Condition:
    """The condition `column op value`, where the value is bound later under `name`.

    A column with a list (such as tags) is compared by its items: it equals each
    of them; `in` means "has any of".
    """
    if isinstance(column.type, sa.JSON):
        among = _has_any(dialect, column, name)
        return sa.not_(among) if op == "ne" else among
    value: sa.BindParameter[Any] = sa.bindparam(name, expanding=op == "in")
    if op == "ne" and column.nullable:
        # Null differs from every value.
        return sa.or_(column != value, column.is_(None))
    return SCALAR[op](column, value)


def bound(column: sa.Column[Any], op: str, value: Any) -> Any:
    """The value to bind for a condition of `matching`."""
    if op in ("contains", "startswith"):
        return value.translate(ESCAPED)
    return [value] if isinstance(column.type, sa.JSON) and op != "in" else value


def _has_any(dialect: str, column: sa.Column[Any], name: str) -> Condition:
    if dialect == "postgresql":
        return column.bool_op("?|")(sa.bindparam(name, type_=sa.ARRAY(sa.Text)))
    item = sa.func.json_each(column).table_valued("value", name="item")
    return sa.exists(sa.select(1).select_from(item).where(item.c.value.in_(sa.bindparam(name, expanding=True))))
