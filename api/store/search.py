"""Full-text search: one index of words for each table, with the same results on both databases.

`api.rules.words` splits text into words; FTS5 and tsvector only index its output, so the
language rules of the databases do not matter. All words of a query must occur; nothing
is stemmed or ranked.

The index also has values for filters, as terms, because SQLite cannot index a value in a list (a tag).
"""

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from api.rules.words import words
from api.store.columns import Id, PostgresType, metadata
from api.store.prepared import Prepared

# The form of values. A term starts with a sign that no word contains. Its hyphens are replaced: FTS5 splits at them.
_VALUE = re.compile("[a-z0-9-]{1,64}")
_SIGN, _HYPHEN = "§", "‐"


class SearchIndex:
    """The words in the columns `of` a table's rows, stored in a table named `<table>_words`.

    `terms` are columns with lists of values, each of small letters, digits and hyphens, for filters.

    On SQLite it is an FTS5 table, whose key is called `rowid`; PostgreSQL uses the same
    name. Write it in the transaction that writes the row.
    """

    def __init__(self, table: sa.Table, *, of: Sequence[str], terms: Sequence[str] = ()) -> None:
        self.of = of
        self.terms = terms
        self.table = sa.Table(
            f"{table.name}_words",
            metadata,
            sa.Column("rowid", Id, primary_key=True, autoincrement=False),
            sa.Column("words", sa.Text().with_variant(PostgresType("TSVECTOR"), "postgresql")),
            info={"search_index": True},
        )
        to_vector = sa.func.array_to_tsvector(sa.cast(sa.bindparam("words"), sa.ARRAY(sa.Text)))
        given = {"sqlite": sa.bindparam("words"), "postgresql": to_vector}
        of_row = self.table.c.rowid == sa.bindparam("id")
        self._insert = {
            dialect: Prepared(self.table.insert().values(rowid=sa.bindparam("rowid"), words=value))
            for dialect, value in given.items()
        }
        self._update = {
            dialect: Prepared(self.table.update().where(of_row).values(words=value)) for dialect, value in given.items()
        }
        self._delete = Prepared(self.table.delete().where(of_row))

    def entry(self, db: sa.Connection, row: dict[str, Any]) -> dict[str, Any]:
        """The index entry of a row, in the form of the database."""
        found = words(" ".join(str(row[name]) for name in self.of))
        found += [_term(name, value) for name in self.terms for value in dict.fromkeys(row[name])]
        return {"rowid": row["id"], "words": " ".join(found) if db.dialect.name == "sqlite" else found}

    def add(self, db: sa.Connection, *rows: dict[str, Any]) -> None:
        """Index new rows."""
        insert = self._insert[db.dialect.name]
        if len(rows) == 1:
            insert.rows(db, self.entry(db, rows[0]))
        else:
            db.execute(insert.statement, [self.entry(db, row) for row in rows])

    def replace(self, db: sa.Connection, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Index a changed row again, if indexed columns have changed."""
        if any(before[name] != after[name] for name in (*self.of, *self.terms)):
            entry = self.entry(db, after)
            self._update[db.dialect.name].execute(db, {"id": entry["rowid"], "words": entry["words"]})

    def remove(self, db: sa.Connection, row: dict[str, Any]) -> None:
        """Remove a deleted row."""
        self._delete.execute(db, {"id": row["id"]})

    def remove_all(self, db: sa.Connection, ids: sa.Select[Any]) -> None:
        """Remove the rows whose ids a statement selects, before they are deleted."""
        db.execute(self.table.delete().where(self.table.c.rowid.in_(ids)))

    def matches(self, dialect: str, row_id: sa.ColumnElement[int], name: str) -> sa.ColumnElement[bool]:
        """The condition that a row matches a `query`, which is bound later under `name`."""
        asked: sa.BindParameter[str] = sa.bindparam(name, type_=sa.Text)
        if dialect == "sqlite":
            matching = sa.literal_column(self.table.name).op("MATCH")(asked)
        else:
            matching = self.table.c.words.op("@@")(sa.cast(asked, PostgresType("TSQUERY")))
        return row_id.in_(sa.select(self.table.c.rowid).where(matching))

    def joined(self, statement: sa.Select[Any], row_id: sa.ColumnElement[int], name: str) -> sa.Select[Any]:
        """Like `matches`, for SQLite and rows in the order of this table's `rowid`, in which FTS5 returns them.

        For a subquery it would collect all rows first, which takes a thousand times as long for a frequent word.
        """
        asked: sa.BindParameter[str] = sa.bindparam(name, type_=sa.Text)
        matching = sa.literal_column(self.table.name).op("MATCH")(asked)
        return statement.join(self.table, self.table.c.rowid == row_id).where(matching)


def query(dialect: str, asked: Sequence[str], terms: Sequence[tuple[str, Sequence[str]]]) -> str:
    """The query for `SearchIndex.matches`: all of these words, and for each of these columns one of its values."""
    every = [[word] for word in asked] + [[_sought(column, value) for value in values] for column, values in terms]
    quote, also, either = ('"', " AND ", " OR ") if dialect == "sqlite" else ("'", " & ", " | ")
    groups = [either.join(f"{quote}{each}{quote}" for each in any_of) for any_of in every]
    return also.join(f"({group})" if either in group else group for group in groups)


def _term(column: str, value: str) -> str:
    return f"{_SIGN}{column}{_SIGN}{value.replace('-', _HYPHEN)}"


def _sought(column: str, value: str) -> str:
    # An impossible value finds nothing, because no term is the sign alone.
    return _term(column, value) if _VALUE.fullmatch(value) else _SIGN
