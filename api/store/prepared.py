"""Statements of nearly every request: compiled once, and on SQLite passed to the driver directly.

For each execution SQLAlchemy looks the statement up, wraps its cursor and describes its result. That takes three
times as long as SQLite needs for a row. PostgreSQL still uses SQLAlchemy, which handles lost connections.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any]


class Prepared:
    """A statement whose values are bound by name at each run, always with the same names."""

    def __init__(self, statement: sa.Executable) -> None:
        self.statement = statement
        self._on_sqlite: _OnSqlite | None = None

    def rows(self, db: sa.Connection, values: Values) -> Sequence[Any]:
        """Run it, and return its rows. Raises DBAPIError like SQLAlchemy."""
        if driver := self._driver(db, values):
            return driver.rows(db, values)
        found = db.execute(self.statement, values)
        return found.fetchall() if found.returns_rows else ()

    def row(self, db: sa.Connection, values: Values) -> Any:
        """Run it, and return its only row as a named tuple, or None."""
        # One process can meet two dialects: PostgreSQL, and SQLite in the spaces.
        if driver := self._driver(db, values):
            found = driver.rows(db, values)
            return driver.named(*found[0]) if found else None
        return db.execute(self.statement, values).fetchone()

    def inserted(self, db: sa.Connection, values: Values) -> int:
        """Run it as an insert into a table with generated ids, and return the id of the new row."""
        if driver := self._driver(db, values):
            return driver.run(db, values).lastrowid or 0
        key: Any = db.execute(self.statement, values).inserted_primary_key
        return int(key[0])

    def execute(self, db: sa.Connection, values: Values) -> int:
        """Execute it, and return the number of rows that it changed or deleted."""
        if driver := self._driver(db, values):
            return driver.run(db, values).rowcount
        return db.execute(self.statement, values).rowcount

    def _driver(self, db: sa.Connection, values: Values) -> "_OnSqlite | None":
        if db.dialect.name != "sqlite":
            return None
        if self._on_sqlite is None:
            self._on_sqlite = _OnSqlite(self.statement, db.dialect, values)
        return self._on_sqlite if self._on_sqlite.fixed else None


class _OnSqlite:
    """A statement's text for SQLite, and the conversions of its values and results.

    It is not `fixed` if the text depends on the values (lists of any length), or SQLAlchemy adds values.
    """

    def __init__(self, statement: Any, dialect: sa.Dialect, values: Values) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(values))
        self._text = str(compiled)
        self._dialect = dialect
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        self.fixed = not (
            any(bind.expanding for bind in binds.values()) or compiled.insert_prefetch or compiled.update_prefetch
        )
        self._constants = {name: value for name, value in compiled.params.items() if name not in values}
        names = compiled.positiontup or []
        self._order = itemgetter(*names) if len(names) > 1 else lambda bound: [bound[name] for name in names]
        converters = [(name, binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in binds]
        self._bound = [(name, convert) for name, convert in converters if convert]
        columns = list(getattr(statement, "exported_columns", ()))
        results = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._results = [(place, convert) for place, convert in enumerate(results) if convert]
        make: Any = namedtuple  # the names are known at run time only
        self.named = make("Row", [column.name for column in columns], rename=True)

    def run(self, db: sa.Connection, values: Values) -> sqlite3.Cursor:
        bound = {**self._constants, **values}
        for name, convert in self._bound:
            bound[name] = convert(bound[name])
        driver: Any = db.connection.dbapi_connection
        ordered = self._order(bound)
        try:
            cursor: sqlite3.Cursor = driver.execute(self._text, ordered)
        except sqlite3.Error as error:
            raise self._named(error, ordered) from error
        return cursor

    def rows(self, db: sa.Connection, values: Values) -> list[Any]:
        cursor = self.run(db, values)
        try:
            found: list[Any] = cursor.fetchall()
        except sqlite3.Error as error:
            raise self._named(error, ()) from error
        if self._results:
            for number, row in enumerate(found):
                found[number] = converted = list(row)
                for place, convert in self._results:
                    converted[place] = convert(converted[place])
        return found

    def _named(self, error: sqlite3.Error, ordered: Any) -> Exception:
        """The error in the form of SQLAlchemy."""
        return DBAPIError.instance(
            self._text, ordered, error, sqlite3.Error, hide_parameters=True, dialect=self._dialect
        )
