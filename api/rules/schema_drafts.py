"""JSON Schemas of older drafts, and of OpenAPI 3.0 and Swagger 2.0, written as draft 2020-12 has them."""

from collections.abc import Callable, Mapping
from typing import Any

Schema = dict[str, Any]

# Keywords whose value is a schema, a list of schemas, or an object of schemas.
ONE = frozenset(
    [
        "items",
        "additionalItems",
        "additionalProperties",
        "unevaluatedItems",
        "unevaluatedProperties",
        "contains",
        "propertyNames",
        "not",
        "if",
        "then",
        "else",
        "contentSchema",
    ]
)
LIST = frozenset(["allOf", "anyOf", "oneOf", "prefixItems", "items"])
NAMED = frozenset(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"])
_LIMITS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))


def modern(schema: Any, *, refers_alone: bool = False) -> Any:
    """Return a schema of draft 4 to 2019-09 as one of 2020-12.

    With `refers_alone`, `$ref` makes its siblings void, as until draft 7.
    """

    def one(old: Schema) -> Schema:
        if refers_alone and "$ref" in old:
            return {"$ref": old["$ref"]} | {key: old[key] for key in ("$defs", "definitions") if key in old}
        new = dict(old)
        for limit, exclusive in _LIMITS:
            if isinstance(new.get(exclusive), bool) and new.pop(exclusive) and limit in new:
                new[exclusive] = new.pop(limit)
        if isinstance(new.get("items"), list):
            new["prefixItems"] = new.pop("items")
            if "additionalItems" in new:
                new["items"] = new.pop("additionalItems")
        new.pop("additionalItems", None)
        new.pop("id", None)
        for name, value in new.pop("dependencies", {}).items():
            word = "dependentRequired" if isinstance(value, list) else "dependentSchemas"
            new[word] = {**new.get(word, {}), name: value}
        return new

    return changed(schema, one)


def of_openapi(schema: Any) -> Any:
    """Return a schema of OpenAPI 3.0 or Swagger 2.0 as one of 2020-12. References to components point into `$defs`.

    Members that only the server sets are no longer required: a request need not have them.
    """

    def one(old: Schema) -> Schema:
        new = {
            key: value for key, value in old.items() if key not in ("nullable", "discriminator", "xml", "externalDocs")
        }
        if "$ref" in old and isinstance(old["$ref"], str):
            new["$ref"] = old["$ref"].replace("#/components/schemas/", "#/$defs/").replace("#/definitions/", "#/$defs/")
        if "example" in new:
            new.setdefault("examples", [new.pop("example")])
        if old.get("nullable") is True:
            kinds = new.get("type")
            if kinds is not None:
                new["type"] = [*(kinds if isinstance(kinds, list) else [kinds]), "null"]
                if "enum" in new and None not in new["enum"]:
                    new["enum"] = [*new["enum"], None]
            elif "$ref" in new or "allOf" in new:
                new = {"anyOf": [new, {"type": "null"}]}
        properties = new.get("properties")
        if isinstance(properties, dict) and isinstance(new.get("required"), list):
            set_by_server = {
                name for name, each in properties.items() if isinstance(each, dict) and each.get("readOnly") is True
            }
            new["required"] = [name for name in new["required"] if name not in set_by_server]
        return new

    return modern(changed(schema, one))


def changed(schema: Any, one: Callable[[Schema], Schema]) -> Any:
    """Return the schema with `one` applied to each object of it, the inner ones first."""
    if not isinstance(schema, Mapping):
        return schema
    found: Schema = {}
    for key, value in schema.items():
        if key in LIST and isinstance(value, list):
            found[key] = [changed(each, one) for each in value]
        elif key in ONE:
            found[key] = changed(value, one)
        elif key in NAMED and isinstance(value, Mapping):
            found[key] = {name: changed(each, one) for name, each in value.items()}
        else:
            found[key] = value
    return one(found)
