"""The queries of own collections: json-server's, of both its versions, as one value.

Filters `title=x`, `author.name=x`, `tags[0]=x` (repeated: any of them); `views_gte=1` (0.17) and `views:gte=1` (1.0);
`_where`; `_sort` with `_order`, or with `-`; `_start`, `_end`, `_limit`; `_page` with `_limit` or `_per_page`;
`_embed`, `_expand`; `q`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from api.rules.document_values import Path, path_of
from api.rules.likes import BadPattern, Like
from api.rules.problems import Invalid, InvalidParameter, MalformedJson
from api.rules.strict_json import loads

Parameters = Mapping[str, list[str]]

# `is` and `not` compare the texts of values, as 0.17 does; clients do not name them.
OPERATORS = ("eq", "ne", "lt", "lte", "gt", "gte", "like", "in", "contains", "startsWith", "endsWith")
# Our own lists write `startswith`.
_SPELLED = {each.lower(): each for each in OPERATORS}
# The operators of 0.17 are the ends of names.
_ENDING = re.compile("(.+)_(ne|lt|lte|gt|gte|like)")
_COLON = re.compile("(.+):([A-Za-z]+)")
_WHOLE = re.compile("0|[1-9][0-9]{0,8}")
_UNDERSCORED = ("_sort", "_order", "_start", "_end", "_limit", "_page", "_per_page", "_embed", "_expand", "_where")
PER_PAGE = 10
MOST_CONDITIONS = 100


class Filter(NamedTuple):
    """A member, an operator, and the texts that were sent. With `like`, the compiled patterns."""

    name: str
    path: Path
    operator: str
    texts: tuple[str, ...]
    likes: tuple[Like, ...] = ()


class Order(NamedTuple):
    """A member to sort by."""

    name: str
    path: Path
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. `start` and `end` are a slice, `page` and `size` a page; `numbered` is the page of 1.0."""

    filters: tuple[Filter, ...] = ()
    where: Any = None
    order: tuple[Order, ...] = ()
    start: int | None = None
    end: int | None = None
    page: int | None = None
    size: int = PER_PAGE
    numbered: bool = False
    embed: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    q: str | None = None

    @property
    def is_cut(self) -> bool:
        """Whether only a part was asked for, so that the answer tells the total."""
        return self.page is not None or self.end is not None

    @property
    def members(self) -> list[tuple[str, str, Path]]:
        """The members that are filtered or sorted by: the parameter, the name, and the path."""
        found = [(each.name, each.name, each.path) for each in self.filters]
        found += [("_sort", each.name, each.path) for each in self.order]
        return found + [("_where", name, path_of(name)) for name in where_members(self.where)]


@dataclass(slots=True)
class _Reading:
    """A query that is being read, with the faults that were found."""

    parameters: Parameters
    faults: list[dict[str, str]] = field(default_factory=list)

    def refuse(self, parameter: str, code: str, detail: str) -> None:
        self.faults.append({"parameter": parameter, "code": code, "detail": detail})

    def one(self, name: str) -> str | None:
        values = self.parameters.get(name)
        if values and len(values) > 1:
            self.refuse(name, "repeated", "Send this only once.")
        return values[0] if values else None

    def number(self, name: str, least: int = 0) -> int | None:
        text = self.one(name)
        if text is None:
            return None
        if not _WHOLE.fullmatch(text) or int(text) < least:
            self.refuse(name, "out_of_range", f"This must be a whole number from {least}.")
            return least
        return int(text)

    def names(self, name: str) -> list[str]:
        return [each for text in self.parameters.get(name, ()) for each in text.split(",") if each]

    def listed(self, name: str) -> list[str]:
        return text.split(",") if (text := self.one(name)) else []


def parse(parameters: Parameters, is_member: Callable[[str], bool]) -> Query:
    """Parse the parameters. `is_member` tells whether documents are known to have a member of this name.

    Raises InvalidParameter with all faults.
    """
    reading = _Reading(parameters)
    filters = [
        read
        for name, texts in parameters.items()
        if name not in _UNDERSCORED and name != "q" and (read := _filter(reading, name, texts, is_member))
    ]
    page, start, end = reading.number("_page", 1), reading.number("_start"), reading.number("_end")
    limit, size = reading.number("_limit"), reading.number("_per_page", 1)
    if page is not None and (start is not None or end is not None):
        reading.refuse("_page", "not_here", "This does not go together with _start or _end.")
    if size is not None and limit is not None:
        reading.refuse("_per_page", "not_here", "This does not go together with _limit.")
    if page is not None and limit == 0:
        reading.refuse("_limit", "out_of_range", "A page has at least one document.")
    if page is None and end is None and limit is not None:
        end = (start or 0) + limit
    query = Query(
        filters=tuple(filters),
        where=_where(reading),
        order=_order(reading),
        start=start,
        end=end,
        page=1 if page is None and size is not None else page,
        size=size or limit or PER_PAGE,
        numbered=size is not None,
        embed=tuple(dict.fromkeys(reading.names("_embed"))),
        expand=tuple(dict.fromkeys(reading.names("_expand"))),
        q=parameters.get("q", [None])[0],
    )
    if reading.faults:
        raise InvalidParameter(errors=reading.faults)
    return query


def _filter(reading: _Reading, name: str, texts: list[str], is_member: Callable[[str], bool]) -> Filter | None:
    member, operator = name, "is"
    if not is_member(name):
        if colon := _COLON.fullmatch(name):
            member, operator = colon[1], _SPELLED.get(colon[2].lower(), colon[2])
        elif ending := _ENDING.fullmatch(name):
            member, operator = ending[1], "not" if ending[2] == "ne" else ending[2]
        elif name.startswith("_"):
            reading.refuse(name, "unknown", "There is no such parameter here.")
            return None
    if operator not in (*OPERATORS, "is", "not"):
        reading.refuse(name, "unknown", f"The operators are {', '.join(OPERATORS)}.")
        return None
    values = tuple(each.strip() for text in texts for each in text.split(",")) if operator == "in" else tuple(texts)
    likes: tuple[Like, ...] = ()
    if operator == "like":
        try:
            likes = tuple(Like(text) for text in texts)
        except BadPattern as error:
            reading.refuse(name, "bad_pattern", f"This pattern is not understood: {error}.")
    return Filter(member, path_of(member), operator, values, likes)


def _order(reading: _Reading) -> tuple[Order, ...]:
    names, orders = reading.listed("_sort"), [each.lower() for each in reading.listed("_order")]
    if set(orders) - {"asc", "desc", ""}:
        reading.refuse("_order", "not_a_choice", "This must be asc or desc, for each member of _sort.")
    if orders and not names:
        reading.refuse("_order", "not_here", "This needs _sort.")
    found = []
    for place, name in enumerate(names):
        plain = name.removeprefix("-")
        down = name.startswith("-") or (place < len(orders) and orders[place] == "desc")
        found.append(Order(plain, path_of(plain), down))
    return tuple(found)


def _where(reading: _Reading) -> Any:
    """The condition in `_where`, which counts instead of all filters."""
    text = reading.one("_where")
    if text is None:
        return None
    try:
        condition = loads(text.encode())
        conditions = _count_conditions(condition)
    except (MalformedJson, Invalid) as error:
        reading.refuse("_where", "malformed", f"This must be JSON: {error}")
        return None
    except _BadCondition as error:
        reading.refuse("_where", "malformed", str(error))
        return None
    if conditions > MOST_CONDITIONS:
        reading.refuse("_where", "too_long", f"This may have {MOST_CONDITIONS} conditions.")
    return condition


class _BadCondition(ValueError):
    pass


def _count_conditions(where: Any) -> int:
    """The number of conditions. Raises _BadCondition for one that is not understood."""
    if not isinstance(where, dict):
        raise _BadCondition('A condition must be an object, such as {"views": {"gt": 1}}.')
    total = 0
    for name, value in where.items():
        if name in ("and", "or"):
            if not isinstance(value, list):
                raise _BadCondition(f"`{name}` must have an array of conditions.")
            total += sum(map(_count_conditions, value))
        elif name == "not" or (isinstance(value, dict) and value and not set(value) & set(OPERATORS)):
            total += _count_conditions(value)
        elif isinstance(value, dict):
            if unknown := set(value) - set(OPERATORS) | ({"like"} & set(value)):
                raise _BadCondition(f"There is no operator {min(unknown)[:40]} in a condition.")
            if "in" in value and not isinstance(value["in"], list):
                raise _BadCondition("`in` must have an array of values.")
            total += len(value) or 1
        else:
            total += 1
    return total


def where_members(where: Any, within: str = "") -> list[str]:
    """The names of the members in a `_where`."""
    found: list[str] = []
    for name, value in where.items() if isinstance(where, dict) else ():
        if name in ("and", "or"):
            found += [each for part in value for each in where_members(part, within)]
        elif name == "not":
            found += where_members(value, within)
        elif isinstance(value, dict) and value and not set(value) & set(OPERATORS):
            found += where_members(value, f"{within}{name}.")
        else:
            found.append(within + name)
    return found
