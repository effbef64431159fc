"""Queries of the journal: which entries match, and what differs in those that nearly do."""

from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from api.rules.matching import Match


class Columns(NamedTuple):
    """The columns of an entry that queries look at; `body` is empty unless a query needs it."""

    n: int
    method: str
    path: str
    status: int | None
    problem: str | None
    fault: str | None
    account: str | None
    sent: str | None
    fields: bytes
    body: bytes | None


@dataclass(frozen=True)
class Query:
    """The entries that have all of these. What is None or empty matches every entry.

    `path` as in Match; `header` are pairs of a name in lower case and a value; `since` is a number: later ones match.
    """

    method: str | None = None
    path: str | None = None
    status: int | None = None
    problem: str | None = None
    account: str | None = None
    fault: str | None = None
    header: tuple[tuple[str, str], ...] = ()
    body_contains: str | None = None
    since: int = 0
    _pairs: list[bytes] = field(init=False, compare=False)
    _match: Match = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pairs", [orjson.dumps(pair) for pair in self.header])
        object.__setattr__(self, "_match", Match(path=self.path or "", body_contains=self.body_contains or ""))

    def matches(self, entry: Columns) -> bool:
        """Whether an entry matches."""
        return (
            (self.method is None or entry.method == self.method)
            and (self.status is None or entry.status == self.status)
            and (self.problem is None or entry.problem == self.problem)
            and (self.account is None or entry.account == self.account)
            and (self.fault is None or entry.fault == self.fault)
            and entry.n > self.since
            and (self.path is None or self._match.matches_path(entry.path))
            # Quotes within JSON strings are escaped, so this text occurs only as a whole pair.
            and all(pair in entry.fields for pair in self._pairs)
            and (self.body_contains is None or self._match.matches_body(entry.body or b""))
        )
