"""A list as a table for people: a column for each member, and links where the JSON has them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from api.describe.links import Links, linked, whole, words
from api.web.representations import Page

# Longer texts are cut: the JSON beside the table has them whole.
LONGEST = 80
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?Z")


@dataclass(frozen=True, slots=True)
class Table:
    """The columns, and the cells of each row."""

    columns: list[str]
    rows: list[list[Markup]]


def table_of(data: Any, links: Links) -> Table | None:
    """The table of a list; None if the data is no list of objects."""
    items = data.get("items") if isinstance(data, Mapping) else None
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        return None
    known = data.columns if isinstance(data, Page) else ()
    columns = [name for name in known if not items or any(name in item for item in items)]
    columns += dict.fromkeys(name for item in items for name in item if name not in known)
    rows = [
        [cell(item.get(name), links.target(("items", place, name), item.get(name))) for name in columns]
        for place, item in enumerate(items)
    ]
    return Table([*columns], rows)


def cell(value: Any, target: str | None) -> Markup:
    """A value in a cell: short, and without line breaks inside a word."""
    text = text_of(value)
    short = text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
    shown = linked(short, target)
    if isinstance(value, list) and not any(isinstance(each, Mapping) for each in value):
        return words(short)
    one_word = " " not in short or _TIME.fullmatch(str(value))
    return whole(shown) if one_word else Markup('<span class="text">{}</span>').format(shown)


def text_of(value: Any) -> str:
    """The text of a value."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return _TIME.sub(r"\1 \2", value) if _TIME.fullmatch(value) else value
    if isinstance(value, list) and value and all(isinstance(each, str | Mapping) for each in value):
        return "; ".join(map(text_of, value)) if isinstance(value[0], Mapping) else ", ".join(map(text_of, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_within(each)}" for name, each in value.items()) or "–"
    return json.dumps(value, ensure_ascii=False)


def _within(value: Any) -> str:
    """The text of a value in an object."""
    return f"({text_of(value)})" if isinstance(value, Mapping) and value else text_of(value)
