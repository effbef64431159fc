"""Full-text search: one index of words a table, with the same results on both databases.

`api.rules.words` decides what a word is; FTS5 and tsvector only index its
output, so neither database's own idea of language counts. All words asked for
must occur; nothing is stemmed or ranked.

Values that rows are filtered by stand there too, as terms: a value in a list (a tag) has no index of its own on SQLite.
"""

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from api.rules.words import words
from api.store.columns import Id, metadata
from api.store.prepared import Prepared

# What values are like. A term starts with a sign, which no word has in it, and FTS5 would part it at a hyphen.
_VALUE = re.compile("[a-z0-9-]{1,64}")
_SIGN, _HYPHEN = "§", "‐"


class SearchIndex:
    """The words of the columns `of` a table's rows, kept in a table of their own named `<table>_words`.

    `terms` are columns that hold a list of values, each of small letters, digits and hyphens, to find rows by.

    On SQLite it is an FTS5 table, whose key is called `rowid`; the one on
    PostgreSQL takes that name over. Write it in the transaction that writes the row.
    """

    def __init__(self, table: sa.Table, *, of: Sequence[str], terms: Sequence[str] = ()) -> None:
        self.of = of
        self.terms = terms
        self.table = sa.Table(
            f"{table.name}_words",
            metadata,
            sa.Column("rowid", Id, primary_key=True, autoincrement=False),
            sa.Column("words", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")),
            info={"search_index": True},
        )
        self._insert = {
            "sqlite": Prepared(self.table.insert()),
            "postgresql": Prepared(
                self.table.insert().values(
                    words=sa.func.array_to_tsvector(sa.cast(sa.bindparam("words"), postgresql.ARRAY(sa.Text)))
                )
            ),
        }

    def entry(self, db: sa.Connection, row: dict[str, Any]) -> dict[str, Any]:
        """The index entry of a row, as the database at hand takes it."""
        found = words(" ".join(str(row[name]) for name in self.of))
        found += [_term(name, value) for name in self.terms for value in dict.fromkeys(row[name])]
        return {"rowid": row["id"], "words": " ".join(found) if db.dialect.name == "sqlite" else found}

    def add(self, db: sa.Connection, *rows: dict[str, Any]) -> None:
        """Index rows that are new."""
        insert = self._insert[db.dialect.name]
        if len(rows) == 1:
            insert.rows(db, self.entry(db, rows[0]))
        else:
            db.execute(insert.statement, [self.entry(db, row) for row in rows])

    def replace(self, db: sa.Connection, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Index a changed row anew, where what is indexed changed."""
        if any(before[name] != after[name] for name in (*self.of, *self.terms)):
            self.remove(db, before)
            self.add(db, after)

    def remove(self, db: sa.Connection, row: dict[str, Any]) -> None:
        """Forget a deleted row."""
        db.execute(self.table.delete().where(self.table.c.rowid == row["id"]))

    def remove_all(self, db: sa.Connection, ids: sa.Select[Any]) -> None:
        """Forget the rows whose ids a statement gives, before they are deleted."""
        db.execute(self.table.delete().where(self.table.c.rowid.in_(ids)))

    def matches(self, dialect: str, row_id: sa.ColumnElement[int], name: str) -> sa.ColumnElement[bool]:
        """The condition that a row has what is asked for, by a `query` that is bound later, by `name`."""
        asked: sa.BindParameter[str] = sa.bindparam(name, type_=sa.Text)
        if dialect == "sqlite":
            matching = sa.literal_column(self.table.name).op("MATCH")(asked)
        else:
            matching = self.table.c.words.op("@@")(sa.cast(asked, postgresql.TSQUERY))
        return row_id.in_(sa.select(self.table.c.rowid).where(matching))

    def joined(self, statement: sa.Select[Any], row_id: sa.ColumnElement[int], name: str) -> sa.Select[Any]:
        """As `matches`, for SQLite and rows in the order of this table's `rowid`: FTS5 gives them so one after another.

        It would gather all of them for a subquery, which for a frequent word takes a thousand times as long as a page.
        """
        asked: sa.BindParameter[str] = sa.bindparam(name, type_=sa.Text)
        matching = sa.literal_column(self.table.name).op("MATCH")(asked)
        return statement.join(self.table, self.table.c.rowid == row_id).where(matching)


def query(dialect: str, asked: Sequence[str], terms: Sequence[tuple[str, Sequence[str]]]) -> str:
    """What to bind for `SearchIndex.matches`: all of these words, and of each of these columns one of its values."""
    every = [[word] for word in asked] + [[_sought(column, value) for value in values] for column, values in terms]
    quote, also, either = ('"', " AND ", " OR ") if dialect == "sqlite" else ("'", " & ", " | ")
    groups = [either.join(f"{quote}{each}{quote}" for each in any_of) for any_of in every]
    return also.join(f"({group})" if either in group else group for group in groups)


def _term(column: str, value: str) -> str:
    return f"{_SIGN}{column}{_SIGN}{value.replace('-', _HYPHEN)}"


def _sought(column: str, value: str) -> str:
    # What can be no value finds nothing: no term is the sign alone.
    return _term(column, value) if _VALUE.fullmatch(value) else _SIGN
