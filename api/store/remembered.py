"""Caches results of reads until the next commit."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, TypeVarTuple

import sqlalchemy as sa

Asked = TypeVarTuple("Asked")
Found = TypeVar("Found")

# Entries for each function and connection. Clients can invent keys, so the cache is cleared at this size.
MOST = 1000


def remembered(
    read: Callable[[sa.Connection, *Asked], Found],
) -> Callable[[sa.Connection, *Asked], Found]:
    """Cache the results of a reading function on SQLite until something is committed.

    In SQLite each connection has a number that changes with every commit of another connection; reading it takes a
    fraction of the time of finding a row (https://www.sqlite.org/pragma.html#pragma_data_version). It does not cover
    writes of the connection itself, so nothing is cached in a transaction. PostgreSQL has no such number, and nothing
    is cached there.
    """

    @wraps(read)
    def reading(db: sa.Connection, *asked: *Asked) -> Found:
        if db.dialect.name != "sqlite":
            return read(db, *asked)
        connection = db.connection
        driver: Any = connection.dbapi_connection
        if driver.in_transaction:
            return read(db, *asked)
        version = driver.execute("PRAGMA data_version").fetchone()
        memory = connection.info.get(read)
        if memory is None or memory[0] != version or len(memory[1]) >= MOST:
            memory = connection.info[read] = version, {}
        known: dict[Any, Found] = memory[1]
        if asked in known:
            return known[asked]
        found = known[asked] = read(db, *asked)
        return found

    return reading
