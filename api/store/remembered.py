"""What has been read, and is known to be so still because nothing has been committed since."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, TypeVarTuple

import sqlalchemy as sa

Asked = TypeVarTuple("Asked")
Found = TypeVar("Found")

# Of a function over a connection: those who ask may make things up, and all is forgotten when it is so much.
MOST = 1000


def remembered(
    read: Callable[[sa.Connection, *Asked], Found],
) -> Callable[[sa.Connection, *Asked], Found]:
    """Make a function that reads on SQLite not read the same twice, unless something was committed in between.

    SQLite tells each connection of that by a number that every commit of another one changes, in a fraction of the time
    that it takes to find a row (https://www.sqlite.org/pragma.html#pragma_data_version). It says nothing of
    what the connection itself writes, so in a transaction all is read anew; as it is on PostgreSQL, which has no such
    number.
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
