"""Which requests a fault rule or a query of the journal matches: by method, path, query, header and body."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs


@dataclass(slots=True)
class Head:
    """The head of a request.

    `path` is decoded, and within the space. `fields` are the header lines, with names in lower case.
    """

    method: str
    path: str
    query: str
    fields: Sequence[tuple[str, str]]
    _parameters: dict[str, list[str]] | None = None

    @property
    def parameters(self) -> dict[str, list[str]]:
        """The query parameters, decoded."""
        if self._parameters is None:
            self._parameters = parse_qs(self.query, keep_blank_values=True, errors="replace")
        return self._parameters

    @property
    def is_preflight(self) -> bool:
        """Whether this is a CORS preflight, which browsers send by themselves (Fetch, CORS-preflight request)."""
        return self.method == "OPTIONS" and any(name == "origin" for name, _ in self.fields)


@dataclass(frozen=True)
class Match:
    """The requests that have all of these. An empty member matches every request.

    `path` is exact, or a route (`/articles/<id>`, where `<…>` is one segment that is not empty), or a prefix that ends
    with `*`. `query` and `header` are values by name; of repeated ones, one value has to be equal. Names of header
    fields match in any case. `body_contains` is a part of the body in UTF-8.

    There are no regular expressions, because a client could send one that runs for hours.
    """

    methods: tuple[str, ...] = ()
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
    body_contains: str = ""

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> "Match":
        """The match of valid JSON, where members may be absent."""
        return cls(
            tuple(members.get("methods") or ()),
            members.get("path") or "",
            members.get("query") or {},
            {name.lower(): value for name, value in (members.get("header") or {}).items()},
            members.get("body_contains") or "",
        )

    def matches_head(self, head: Head) -> bool:
        """Whether the head of a request matches. A preflight matches only a match that names OPTIONS."""
        if self.methods:
            if head.method not in self.methods:
                return False
        elif head.is_preflight:
            return False
        return (
            (not self.path or self.matches_path(head.path))
            and all(value in head.parameters.get(name, ()) for name, value in self.query.items())
            and all((name, value) in head.fields for name, value in self.header.items())
        )

    def matches_body(self, body: bytes) -> bool:
        """Whether the body matches."""
        return self._part in body

    def matches_path(self, path: str) -> bool:
        """Whether a path matches."""
        if self.path.endswith("*"):
            return path.startswith(self.path[:-1])
        if self._segments is None:
            return path == self.path
        segments = path.split("/")
        return len(segments) == len(self._segments) and all(
            bool(sent) if is_variable(wanted) else sent == wanted
            for sent, wanted in zip(segments, self._segments, strict=True)
        )

    @cached_property
    def _segments(self) -> list[str] | None:
        """The segments of a path with variables; None for other paths."""
        segments = self.path.split("/")
        return segments if any(map(is_variable, segments)) else None

    @cached_property
    def _part(self) -> bytes:
        return self.body_contains.encode()


def is_variable(segment: str) -> bool:
    """Whether a segment of a path stands for any value: `<id>`."""
    return len(segment) > 2 and segment[0] == "<" and segment[-1] == ">"
