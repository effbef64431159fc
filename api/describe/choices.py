"""Choices of values: some are components of the OpenAPI document, and others are inlined where they are used."""

from collections.abc import Iterator
from typing import Any

from api.describe.schemas import PLACE, Schema


def inline_choices(document: dict[str, Any]) -> None:
    """Inline each choice that has no default anywhere; the others remain components.

    For Go, openapi-generator names the constants of a component by their values alone. Two components with a common
    value, such as `id` or `admin`, then do not compile. Inlined choices become plain strings. But an inlined choice
    with a default becomes a name that the generated code does not declare.
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
    """Every object in a JSON value, including the value itself."""
    if isinstance(value, dict):
        yield value
    for inner in [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)
