"""Large contents in pieces: neither writing nor reading one needs it whole in memory."""

from collections.abc import Iterator
from functools import partial
from typing import IO

import sqlalchemy as sa

from api.store.columns import metadata
from api.store.database import Database

# Bytes. Large enough that the cost of a statement is lost in it, small enough that a hundred at once are no burden.
PIECE = 256 * 1024


class ContentLost(RuntimeError):
    """A content is no longer there while it is read: it was deleted."""


class Pieces:
    """The contents of a table's rows, in a table of their own named `<table>_pieces`; they go when the row goes."""

    def __init__(self, owner: sa.Table) -> None:
        self.table = sa.Table(
            f"{owner.name}_pieces",
            metadata,
            sa.Column("owner_id", owner.c.id.type, sa.ForeignKey(owner.c.id, ondelete="CASCADE"), primary_key=True),
            sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("content", sa.LargeBinary, nullable=False),
        )
        self._insert = self.table.insert()
        self._select = sa.select(self.table.c.content).where(
            self.table.c.owner_id == sa.bindparam("owner"), self.table.c.number == sa.bindparam("piece")
        )

    def write(self, db: sa.Connection, owner_id: str, file: IO[bytes]) -> None:
        """Write all of `file`, from its start, as the content of a row that is there, in the row's own transaction."""
        file.seek(0)
        number = 0
        while content := file.read(PIECE):
            db.execute(self._insert, {"owner_id": owner_id, "number": number, "content": content})
            number += 1

    def read(self, database: Database, owner_id: str, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes from `start` up to `stop`, reading no other pieces than those that hold them.

        Each piece is a read of its own: a slow reader holds neither a connection
        nor a snapshot. Raises ContentLost where the row is gone meanwhile.
        """
        for number in range(start // PIECE, -(-stop // PIECE)):
            found = database.read(partial(self._read_piece, owner_id, number))
            if found is None:
                raise ContentLost(f"{self.table.name} of {owner_id}")
            first = number * PIECE
            yield found[max(0, start - first) : stop - first]

    def _read_piece(self, owner_id: str, number: int, db: sa.Connection) -> bytes | None:
        found: bytes | None = db.execute(self._select, {"owner": owner_id, "piece": number}).scalar()
        return found
