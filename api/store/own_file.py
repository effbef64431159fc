"""The file of the operator's own data: read when it has changed, and loaded whole or not at all."""

import hashlib
import json
from collections.abc import Collection as Names
from pathlib import Path

from api.rules.own_data import MOST_BYTES, Collection, DataFault, Filled, Options, read_data
from api.store.database import Database
from api.store.documents import loaded_from, replace_all

# What tells that a file has changed: the time of its last change, its size, and which file it is.
Sign = tuple[int, int, int]


class OwnFile:
    """A file of collections. `reserved` are the names that none of them may have.

    Each process keeps the sign of the file that it has read last.
    """

    def __init__(self, path: Path, options: Options, reserved: Names[str]) -> None:
        self.path = path
        self._options = options
        self._reserved = reserved
        self._sign: Sign | None = None

    def changed(self) -> bool:
        """Whether the file has changed since it was read last. It takes 2 µs."""
        return self.sign() != self._sign

    def sign(self) -> Sign | None:
        """The sign of the file as it is now; None if there is none."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def read(self) -> tuple[list[Filled], str]:
        """Read the file: the collections, and the digest of the content. Raises DataFault with the name of the file.

        Whatever the result is, the file counts as read until it changes again.
        """
        self._sign = self.sign()
        try:
            if self._sign and self._sign[1] > MOST_BYTES:
                raise DataFault(f"It has {self._sign[1]:,} bytes, and may have {MOST_BYTES:,}.")
            content = self.path.read_bytes()
            data = read_data(content, id_member=self._options.id_member, reserved=self._reserved)
        except OSError as error:
            raise DataFault(f"{self.path} cannot be read ({error.strerror}): check the path.") from None
        except DataFault as fault:
            raise DataFault(f"{self.path}: {fault}") from None
        return data, digest(content, self._options)

    def collections(self) -> tuple[Collection, ...]:
        """The collections in the file. Raises DataFault."""
        return tuple(each.collection for each in self.read()[0])

    def load(self, database: Database) -> tuple[Collection, ...]:
        """Put the content of the file in the place of all documents, unless it was loaded already.

        Returns the collections. Raises DataFault, Unavailable, LostRace; nothing has changed then.
        """
        data, source = self.read()
        try:
            with database.transaction(at_once=True) as db:
                database.alone(db)
                if loaded_from(db) != source:
                    replace_all(db, data, source)
        except BaseException:
            self._sign = None  # it has not been loaded, so the next request tries again
            raise
        return tuple(each.collection for each in data)


def digest(content: bytes, options: Options) -> str:
    """What names the content of a file, as these options read it."""
    how = json.dumps([options.id_member]).encode()
    return hashlib.sha256(how + content).hexdigest()
