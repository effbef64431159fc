"""The query of a page as controls: search, order, page size and filters, from the parser that the method declares."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from api.describe.forms import Input
from api.describe.members import Member
from api.describe.operations import Operation
from api.web.queries import DEFAULT_LIMIT

SIZES = ("10", "50", "100")
# Parameters that are no filters: their controls are above the filters, or they have none.
GENERAL = ("q", "sort", "limit", "count", "fields", "cursor")
WORDS = {"contains": "contains", "gte": "from", "lt": "before"}
Query = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Controls:
    """The controls of a page: those that are always visible, the filters, and the parameters without a control.

    `asked` means that at least one parameter was sent.
    """

    general: list[Input]
    filters: list[Input]
    hidden: list[tuple[str, str]]
    asked: bool

    @property
    def filtered(self) -> bool:
        """Whether a filter was sent."""
        return any(each.text for each in self.filters)


def controls_of(operation: Operation | None, query: Query) -> Controls | None:
    """The controls for a GET, filled with the `query` that was sent; None if it has no parameters but `fields`."""
    asks = operation.declared.asks if operation and operation.declared else None
    if asks is None:
        return None
    known: dict[str, Any] = asks.json_schema()["properties"]
    general, filters = list(_general(known, query)), list(_filters(known, query))
    if not general and not filters:
        return None
    named = {each.name for each in (*general, *filters)}
    hidden = [(name, values[0]) for name, values in query.items() if name not in named and name != "cursor"]
    return Controls(general, filters, hidden, asked=bool(query))


def _general(known: Mapping[str, Any], query: Query) -> Iterator[Input]:
    if "q" in known:
        yield _input("q", "Search", "search", query)
    if "sort" in known:
        choices = known["sort"]["items"]["enum"]
        labels = {each: spelled(each.removeprefix("-")) + ", descending" * each.startswith("-") for each in choices}
        yield replace(_choice("sort", "Order", query, choices), labels={"": "Usual order", **labels})
    if "limit" in known:
        yield replace(_choice("limit", "Page size", query, SIZES), labels={"": str(DEFAULT_LIMIT)})
    if "count" in known:
        texts = [text for text in query.get("count", []) if text == "true"]
        yield Input("count", "Count all", "flag", texts=texts)


def _filters(known: Mapping[str, Any], query: Query) -> Iterator[Input]:
    for name, schema in known.items():
        if ":" in name or name in GENERAL:
            continue
        member = Member(name, {**schema, "default": None}, required=False)
        found = [
            operator
            for operator in (("gte", "lt") if member.kind == "moment" else ("contains",))
            if f"{name}:{operator}" in known
        ]
        for operator in found or [""]:
            kind = "line" if member.kind == "prose" else member.kind
            full = f"{name}:{operator}" if operator else name
            label = f"{spelled(name)} {WORDS.get(operator, '')}".rstrip()
            made = (
                _choice(full, label, query, map(str, member.choices))
                if kind == "choice"
                else _input(full, label, kind, query)
            )
            yield replace(made, texts=member.text(made.text) if made.text else [])


def spelled(name: str) -> str:
    """The name of a member for people."""
    return name.replace("_", " ").capitalize()


def _choice(name: str, label: str, query: Query, known: Iterable[str]) -> Input:
    """A choice among known values, nothing, and the value that was sent."""
    sent = query.get(name, [""])[:1]
    choices = list(dict.fromkeys(["", *known, *sent]))
    return Input(name, label, "choice", texts=sent, choices=choices, labels={"": "Any"})


def _input(name: str, label: str, kind: str, query: Query) -> Input:
    limits = {"step": "any"} if kind == "moment" else {"min": 0} if kind == "number" else {}
    return Input(name, label, kind, texts=query.get(name, [])[:1], limits=limits)
