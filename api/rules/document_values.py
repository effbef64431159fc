"""Values of documents as json-server compares them: paths to members, texts of values, comparisons, order."""

import re
from collections.abc import Iterator, Mapping
from math import isnan
from typing import Any

from api.rules.strict_json import Numeral

Path = tuple[str, ...]
ABSENT: Any = object()
# Keywords of given schemas that may tell of members too.
_ELSEWHERE = frozenset({"$ref", "allOf", "anyOf", "oneOf", "if", "patternProperties", "dependentSchemas"})
_STEPS = re.compile(r"\[(\d{1,6})\]|([^.\[\]]+)")


def path_of(name: str) -> Path:
    """The path in `author.name` or `tags[0]`."""
    return tuple(index or member for index, member in _STEPS.findall(name)) or (name,)


def at(document: Any, name: str, path: Path) -> Any:
    """The value of a member, or of the member with the whole name; ABSENT if there is none."""
    if len(path) > 1 and isinstance(document, dict) and name in document:
        return document[name]
    value = document
    for step in path:
        if isinstance(value, dict):
            value = value.get(step, ABSENT)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return ABSENT
    return value


def schema_has(schema: Mapping[str, Any], path: Path) -> bool:
    """Whether a JSON Schema of documents names this member."""
    here: Any = schema
    for step in path:
        properties = here.get("properties", {}) if isinstance(here, Mapping) else {}
        if step in properties:
            here = properties[step]
        elif step.isdigit() and isinstance(here, Mapping) and isinstance(here.get("items"), Mapping):
            here = here["items"]
        else:
            return isinstance(here, Mapping) and _may_have(here)
    return True


def _may_have(schema: Mapping[str, Any]) -> bool:
    """Whether a schema tells of members in another way than by `properties`."""
    if "properties" not in schema and schema.get("additionalProperties") and "object" in schema.get("type", ()):
        return True
    return not _ELSEWHERE.isdisjoint(schema)


def text_of(value: Any) -> str:
    """The text of a value, as JavaScript writes it."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case Numeral():
            return repr(value)
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
        case list():
            return ",".join("" if each is None else text_of(each) for each in value)
        case dict():
            return "[object Object]"
    return str(value)


def number_of(value: Any) -> float:
    """The number of a value or a text; NaN if it has none."""
    if isinstance(value, bool | int | float):
        return float(value)
    text = value.strip() if isinstance(value, str) else text_of(value).strip()
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text) or not text.isascii():
        return float("nan")
    return float(text)


def is_text(value: Any, text: str) -> bool:
    """Whether the text of a value is this one; null and an absent member have none."""
    return value is not ABSENT and value is not None and text_of(value) == text


def is_meant(value: Any, text: str) -> bool:
    """Whether a value is what a text means, which may be null, a flag or a number; or is this text."""
    if value is None or isinstance(value, bool):
        return text == {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return number_of(text) == value
    return bool(value == text)


def compared(value: Any, text: str) -> int | None:
    """-1, 0 or 1 for a value below, at or above the text of a query; None if they cannot be compared.

    Texts compare as texts, everything else as numbers.
    """
    if value is ABSENT or value is None:
        return None
    if isinstance(value, str | list | dict):
        own = text_of(value)
        return (own > text) - (own < text)
    other = number_of(text)
    return None if isnan(other) else (value > other) - (value < other)


def order_key(value: Any) -> tuple[int, Any]:
    """The place of a value in an order: numbers, texts, anything else, null, absent."""
    match value:
        case bool():
            return 0, int(value)
        case int() | float():
            return 0, value
        case str():
            return 1, value
        case None:
            return 3, 0
    return (4, 0) if value is ABSENT else (2, text_of(value))


def texts_in(value: Any) -> Iterator[str]:
    """The texts of all values inside a value; zero, false, null and empty texts count as nothing."""
    if isinstance(value, dict):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)
    elif value:
        yield text_of(value)
