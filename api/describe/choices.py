"""Choices of values: which of them are components of the OpenAPI document, and which stand where they are used."""

from collections.abc import Iterator
from typing import Any

from api.describe.schemas import PLACE, Schema


def inline_choices(document: dict[str, Any]) -> None:
    """Put each choice in its place that has no default anywhere; the others stay components.

    For Go, openapi-generator names the constants of a component by their values alone, so that two components with
    a value in common, `id` or `admin`, do not compile. Inline they are plain strings there; but an inline choice
    with a default it writes as a name that nothing declares.
    """
    components: dict[str, Schema] = document["components"]["schemas"]
    with_default = {each["$ref"] for each in objects(document) if "$ref" in each and "default" in each}
    plain = {PLACE + name: schema for name, schema in components.items() if "enum" in schema}
    for place in plain.keys() - with_default:
        del components[place.removeprefix(PLACE)]
    for each in objects(document):
        if each.get("$ref") in plain.keys() - with_default:
            each |= plain[each.pop("$ref")]


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within a JSON value, itself included."""
    if isinstance(value, dict):
        yield value
    for inner in [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)
