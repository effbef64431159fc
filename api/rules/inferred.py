"""The JSON Schema of documents, inferred from them: it describes what they have, and nothing is checked against it."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

Schema = dict[str, Any]

# Types of JSON Schema in the order in which a union lists them, with the types of Python that hold them.
_TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
_NULL = type(None)
# An object of an object with more members than this is a table by keys, and its members are no part of the schema.
MOST_NESTED = 100


def inferred(documents: Sequence[dict[str, Any]]) -> Schema:
    """Return the JSON Schema (draft 2020-12) of these documents, which each of them meets.

    A member has the types that were seen, and is required where all documents have it; other members are allowed.
    Objects and arrays in the documents are described in the same way, at any depth.
    """
    return _of_objects(documents)


def _of_objects(found: Sequence[dict[str, Any]], most: int | None = None) -> Schema:
    columns: dict[str, list[Any]] = {}
    for each in found:
        for name, value in each.items():
            if name in columns:
                columns[name].append(value)
            else:
                columns[name] = [value]
                if most and len(columns) > most:
                    return {"type": "object", "additionalProperties": True}
    schema: Schema = {"type": "object", "properties": {name: _of(values) for name, values in columns.items()}}
    if required := [name for name, values in columns.items() if len(values) == len(found)]:
        schema["required"] = required
    return {**schema, "additionalProperties": True}


def _of(values: Sequence[Any]) -> Schema:
    seen = {*map(type, values)}
    types = [name for kind, name in _TYPES.items() if kind in seen]
    if "number" in types and "integer" in types:
        types.remove("integer")
    if _NULL in seen:
        types.append("null")
    schema: Schema = {"type": types[0] if len(types) == 1 else types}
    if dict in seen:
        objects = [value for value in values if type(value) is dict]
        schema |= {key: part for key, part in _of_objects(objects, MOST_NESTED).items() if key != "type"}
    if list in seen:
        items = [*chain.from_iterable(value for value in values if type(value) is list)]
        if items:
            schema["items"] = _of(items)
    return schema
