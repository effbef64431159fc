"""Large contents in pieces, so that neither writing nor reading needs the whole content in memory."""

from collections.abc import Iterator
from functools import partial
from typing import IO

import sqlalchemy as sa

from api.store.columns import metadata
from api.store.database import Database

# Bytes. Large enough to make the cost of a statement negligible, small enough to hold a hundred at once in memory.
PIECE = 256 * 1024


class ContentLost(RuntimeError):
    """A content was deleted while it was being read."""


class Pieces:
    """The contents of a table's rows, in a table named `<table>_pieces`; they are deleted with the row."""

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
        """Write the whole `file` as the content of an existing row, in the transaction of the row."""
        file.seek(0)
        number = 0
        while content := file.read(PIECE):
            db.execute(self._insert, {"owner_id": owner_id, "number": number, "content": content})
            number += 1

    def read(self, database: Database, owner_id: str, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `stop`; read only the pieces that contain them.

        Each piece is a separate read, so a slow reader holds neither a connection
        nor a snapshot. Raises ContentLost if the row is deleted meanwhile.
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
