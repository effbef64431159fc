"""Reading OpenAPI documents."""

from collections.abc import Iterator
from typing import Any

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def resolved(document: dict[str, Any], thing: dict[str, Any]) -> dict[str, Any]:
    """The target of a reference; anything else unchanged."""
    while "$ref" in thing:
        found: Any = document
        for word in thing["$ref"].removeprefix("#/").split("/"):
            found = found[word]
        thing = found
    return thing
