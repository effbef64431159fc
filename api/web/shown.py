"""What a page shows: an answer, as a client that is no browser gets it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer, before it is rendered: to `method` on `target`, a path below the mount, perhaps with a query.

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
        """The value of a header field; empty where there is none."""
        return next((value for each, value in self.fields if each.lower() == name.lower()), "")
