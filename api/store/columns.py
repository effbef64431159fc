"""Column types and tables for resources, the same on SQLite and PostgreSQL."""

from typing import Any

import sqlalchemy as sa

# Constraint names must be the same on both databases, otherwise a migration could not drop them.
metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite generates ids only if the type is literally INTEGER.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# SQLite compares text by its UTF-8 bytes, which is by code point; PostgreSQL needs the collation C.
Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# RFC 3339 in UTC with milliseconds, as clients see it: it sorts chronologically and needs no conversion.
Moment = sa.String(24).with_variant(sa.String(24, collation="C"), "postgresql")


class _Jsonb(sa.JSON):
    """PostgreSQL's JSONB, without importing `sqlalchemy.dialects.postgresql`, which a start on SQLite would pay for."""

    __visit_name__ = "JSONB"


class PostgresType(sa.types.UserDefinedType[Any]):
    """A type that only PostgreSQL has, by its name."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        """The name."""
        return self.name


Json = sa.JSON().with_variant(_Jsonb(), "postgresql")


Table = sa.Table


def resource_table(name: str, *columns: sa.schema.SchemaItem) -> sa.Table:
    """Declare the table of a resource: `columns` between an `id` and `version, created_at, updated_at`.

    The columns are in the order of the representation's members. A deleted id is
    never reused, so that no tag or link ever means another resource.
    """
    return sa.Table(
        name,
        metadata,
        sa.Column("id", Id, primary_key=True),
        *columns,
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sqlite_autoincrement=True,
    )


def references(name: str) -> dict[str, str]:
    """The foreign keys of a table: each column with the name of the other table; empty for an unknown table."""
    table = metadata.tables.get(name)
    return {} if table is None else {str(key.parent.name): str(key.column.table.name) for key in table.foreign_keys}
