"""What a page shows: the response that a client other than a browser would get."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Shown:
    """A response before rendering: to `method` on `target`, a path relative to the mount path, perhaps with a query.

    `route` is the path as the resource declares it.
    """

    method: str
    target: str
    route: str
    resource: Any
    status: int
    fields: Sequence[tuple[str, str]]
    data: Any

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]

    def field(self, name: str) -> str:
        """Return the value of a header field; empty if it is absent."""
        return next((value for each, value in self.fields if each.lower() == name.lower()), "")
