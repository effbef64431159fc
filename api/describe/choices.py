"""Choices of values: some are components of the OpenAPI document, and others are inlined where they are used."""

from collections.abc import Iterator
from typing import Any

from api.describe.schemas import PLACE, Schema


def tidy_choices(document: dict[str, Any]) -> None:
    """Inline each choice that has no default anywhere; the others remain components, one for the same values.

    For Go, openapi-generator names the constants of a component by their values alone. Two components with a common
    value, such as `id` or `admin`, then do not compile. Inlined choices become plain strings. But an inlined choice
    with a default becomes a name that the generated code does not declare.
    """
    components: dict[str, Schema] = document["components"]["schemas"]
    with_default = {each["$ref"] for each in objects(document) if "$ref" in each and "default" in each}
    plain = {PLACE + name: schema for name, schema in components.items() if "enum" in schema}
    inlined = plain.keys() - with_default
    first: dict[str, str] = {}  # the first component with the same values
    same = {place: first.setdefault(str(plain[place]), place) for place in sorted(plain.keys() - inlined)}
    for place in [*inlined, *(place for place, other in same.items() if place != other)]:
        del components[place.removeprefix(PLACE)]
    for each in objects(document):
        place = each.get("$ref", "")
        if place in inlined:
            each |= plain[each.pop("$ref")]
        elif place in same:
            each["$ref"] = same[place]


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value, including the value itself."""
    if isinstance(value, dict):
        yield value
    for inner in [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)
