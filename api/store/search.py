"""Full-text search: one index of words a table, with the same results on both databases.

`api.rules.words` decides what a word is; FTS5 and tsvector only index its
output, so neither database's own idea of language counts. All words asked for
must occur; nothing is stemmed or ranked.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from api.rules.words import words
from api.store.columns import Id, metadata
from api.store.prepared import Prepared


class SearchIndex:
    """The words of a table's rows, kept in a table of their own named `<table>_words`.

    On SQLite it is an FTS5 table, whose key is called `rowid`; the one on
    PostgreSQL takes that name over. Write it in the transaction that writes the row.
    """

    def __init__(self, table: sa.Table, *, of: Sequence[str]) -> None:
        self.of = of
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
        return {"rowid": row["id"], "words": " ".join(found) if db.dialect.name == "sqlite" else found}

    def add(self, db: sa.Connection, *rows: dict[str, Any]) -> None:
        """Index rows that are new."""
        insert = self._insert[db.dialect.name]
        if len(rows) == 1:
            insert.rows(db, self.entry(db, rows[0]))
        else:
            db.execute(insert.statement, [self.entry(db, row) for row in rows])

    def replace(self, db: sa.Connection, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Index a changed row anew, where its text changed."""
        if any(before[name] != after[name] for name in self.of):
            self.remove(db, before)
            self.add(db, after)

    def remove(self, db: sa.Connection, row: dict[str, Any]) -> None:
        """Forget a deleted row."""
        db.execute(self.table.delete().where(self.table.c.rowid == row["id"]))

    def remove_all(self, db: sa.Connection, ids: sa.Select[Any]) -> None:
        """Forget the rows whose ids a statement gives, before they are deleted."""
        db.execute(self.table.delete().where(self.table.c.rowid.in_(ids)))

    def matches(self, dialect: str, row_id: sa.ColumnElement[int], name: str) -> sa.ColumnElement[bool]:
        """The condition that a row has every word that is asked for, which are bound later, by `name`."""
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


def bound_words(dialect: str, asked: Sequence[str]) -> str:
    """The value to bind for a condition of `SearchIndex.matches`: all of these words."""
    if dialect == "sqlite":
        return " ".join(f'"{word}"' for word in asked)
    return " & ".join(f"'{word}'" for word in asked)
