"""How own data is served, the files from which it is read, and what is wrong with them."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

# Characters of the id of a document.
LONGEST_ID = 256
JSON_SERVER, TOUCHSTONE = "json-server", "touchstone"
STYLES = (JSON_SERVER, TOUCHSTONE)
OPEN, READ, SIGNED_IN = "open", "read", "signed-in"
ACCESS = (OPEN, READ, SIGNED_IN)


@dataclass(frozen=True, slots=True)
class Options:
    """How collections are served.

    `style` is that of lists and deletions. With the `access` `open` nothing requires signing in, with `read` only
    writing does, with `signed-in` reading does too. `id_member` is the member with the id of a document; `key_suffix`
    ends the names of members with the id of another document: `Id` in `postId`.
    """

    style: str = JSON_SERVER
    access: str = OPEN
    id_member: str = "id"
    key_suffix: str = "Id"


class DataFault(ValueError):
    """Data that cannot be served. Its text is one sentence with the place, without the name of the file.

    `path` is the place as members and positions.
    """

    def __init__(self, sentence: str, *path: str | int) -> None:
        super().__init__(sentence)
        self.path = path


class Files(NamedTuple):
    """The file of the data, of the schemas, and the OpenAPI document; None for those that are not given."""

    data: Path | None = None
    schema: Path | None = None
    openapi: Path | None = None

    @classmethod
    def of(cls, *names: str) -> "Files":
        """Return the files with these names; an empty name is no file."""
        return cls(*(Path(name) if name else None for name in names))
