"""The files from which own data is read."""

from pathlib import Path
from typing import NamedTuple


class Files(NamedTuple):
    """The file of the data, of the schemas, and the OpenAPI document; None for those that are not given."""

    data: Path | None = None
    schema: Path | None = None
    openapi: Path | None = None

    @classmethod
    def of(cls, *names: str) -> "Files":
        """Return the files with these names; an empty name is no file."""
        return cls(*(Path(name) if name else None for name in names))
