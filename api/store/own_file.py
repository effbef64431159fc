"""The file of the operator's own data: read when it has changed, and loaded whole or not at all."""

import hashlib
import json
import os
from collections.abc import Collection as Names
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.rules.json_schema import SchemaFault, read_schemas, where
from api.rules.openapi_collections import Described, read_openapi
from api.rules.own_data import MOST_BYTES, Collection, Filled, collected, parsed
from api.rules.own_options import DataFault, Files, Options
from api.store.database import Database, LostRace
from api.store.documents import loaded_from, replace_all

# The signs of a file: the time of its last change, its size, its inode.
Signs = tuple[tuple[int, int, int] | None, ...]
# Attempts to read files that change meanwhile.
ATTEMPTS = 5


class OwnFile:
    """The files of collections. `reserved` are the names that none of them may have.

    `seen` are the signs of the files whose content is served; `api.web.own_data` and `SpaceData` set them. `left_out`
    has a sentence for each part of the OpenAPI document that is not served.
    """

    def __init__(self, files: Files, options: Options, reserved: Names[str]) -> None:
        self.files = files
        self.left_out: list[str] = []
        self._options = options
        self._reserved = reserved
        self.seen: Signs = ()

    def changed(self) -> bool:
        """Whether a file has other signs than those that were seen. It takes 2 µs a file."""
        return self.signs() != self.seen

    def signs(self) -> Signs:
        """The signs of the files as they are now; None for each that is not there."""
        return tuple(_sign(path) for path in self.files if path)

    def read(self) -> tuple[list[Filled], str]:
        """Return the collections, and the digest of the content. Raises DataFault with the name of the file."""
        data, schema, openapi = self.files
        described, schemas, contents = Described(), {}, []
        if openapi:
            contents.append(_content(openapi))
            with _naming(openapi):
                described = read_openapi(contents[-1], self._reserved)
                self.left_out = described.left_out
        if schema:
            contents.append(_content(schema))
            with _naming(schema):
                schemas = read_schemas(parsed(contents[-1]))
        if data:
            contents.append(_content(data))
        with _naming(data or schema or openapi):
            found = {} if data is None else parsed(contents[-1])
            if isinstance(found, dict):
                found = {
                    **found,
                    **{name: {} if single else [] for name, single in described.names.items() if name not in found},
                }
            given = {**described.schemas, **schemas}
            filled = collected(found, id_member=self._options.id_member, reserved=self._reserved, schemas=given)
        return filled, digest(b"\0".join(contents), self._options)

    def collections(self) -> tuple[Collection, ...]:
        """The collections in the file. Raises DataFault."""
        return tuple(each.collection for each in self.read()[0])

    def load(self, database: Database) -> tuple[tuple[Collection, ...], Signs]:
        """Put the content of the file in the place of all documents, unless it was loaded already.

        Returns the collections, and the signs of what was read. Raises DataFault, Unavailable, LostRace; nothing has
        changed then.
        """
        for _ in range(ATTEMPTS):
            signs = self.signs()
            data, source = self.read()
            with database.transaction(at_once=True) as db:
                database.alone(db)
                if self.signs() != signs:
                    continue  # another process may have loaded what is there now, and it must not be undone
                if loaded_from(db) != source:
                    replace_all(db, data, source)
            return tuple(each.collection for each in data), signs
        raise LostRace


def _sign(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            # Pipes and devices have no size.
            content = b"" if size > MOST_BYTES else file.read(MOST_BYTES + 1)
    except OSError as error:
        raise DataFault(f"{path} cannot be read ({error.strerror}): check the path.") from None
    if (size := max(size, len(content))) > MOST_BYTES:
        raise DataFault(f"{path}: It has {size:,} bytes, and may have {MOST_BYTES:,}.")
    return content


@contextmanager
def _naming(path: Path | None) -> Iterator[None]:
    """Put the name of the file before the sentence of a fault."""
    try:
        yield
    except SchemaFault as fault:
        raise DataFault(f"{path}: {where(fault)}") from None
    except DataFault as fault:
        raise DataFault(f"{path}: {fault}") from None


def digest(content: bytes, options: Options) -> str:
    """What names the content of a file, as these options read it."""
    how = json.dumps([options.id_member]).encode()
    return hashlib.sha256(how + content).hexdigest()
