"""One departure from json-server."""

import re
from typing import NamedTuple

from tests.collections.comparing import Compared

BOTH, OLD, NEW = ("0.17", "1.0"), ("0.17",), ("1.0",)


class Departure(NamedTuple):
    """Recorded requests of `versions` that match `requests` are answered otherwise, with one of `statuses`.

    `example` is one of them. `theirs` says what json-server answers, `ours` what this server does and why.
    """

    versions: tuple[str, ...]
    example: str
    theirs: str
    ours: str
    requests: str
    statuses: tuple[int, ...]

    def covers(self, compared: Compared) -> bool:
        """Whether this departure explains the answer to a recorded request."""
        name = compared.name.removeprefix(compared.version + " ")
        return (
            compared.version in self.versions
            and compared.ours.status in self.statuses
            and re.search(self.requests, name) is not None
        )
