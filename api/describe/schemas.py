"""JSON Schemas of what is sent and answered, as OpenAPI 3.1 has them (JSON Schema 2020-12)."""

from typing import Any

from pydantic import BaseModel, TypeAdapter

from api.rules.patches import OPERATION_LIMIT
from api.rules.problems import catalogue
from api.web.parsers import ENVELOPE

Schema = dict[str, Any]
PLACE = "#/components/schemas/"

# The extra members of problem documents (CONTRACT §10).
_FAULT: Schema = {
    "type": "object",
    "description": "One fault: where it is, a code for programs, and a sentence for people.",
    "properties": {
        "pointer": {"type": "string", "description": "A JSON Pointer to the member, in fragment form (RFC 6901 §6)."},
        "parameter": {"type": "string", "description": "The query parameter."},
        "header": {"type": "string", "description": "The header field."},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
    "required": ["code", "detail"],
    "additionalProperties": False,
}
_NAMES: Schema = {"type": "array", "items": {"type": "string"}}
_MEMBERS: dict[str, Schema] = {
    "errors": {"type": "array", "items": _FAULT, "description": "Every fault at once."},
    "line": {"type": "integer", "minimum": 1},
    "column": {"type": "integer", "minimum": 1},
    "limit": {"type": "integer", "description": "The most that is taken."},
    "length": {"type": "integer", "description": "How long the content is, in bytes."},
    "allowed": {**_NAMES, "description": "The methods that the resource has."},
    "available": {**_NAMES, "description": "The media types that it can be had in."},
    "supported": {**_NAMES, "description": "The media types or codings that are taken."},
    "required_scopes": {**_NAMES, "description": "The scopes that a token needs for it."},
    "existing": {"type": "string", "format": "uri-reference", "description": "What has the name already."},
    "current_etag": {"type": "string", "description": "The tag of what is there now."},
}


def problem_schema() -> Schema:
    """The schema of every problem document (RFC 9457 §3.1)."""
    slugs = sorted({f"/problems/{slug}" for slug in catalogue()})
    return {
        "type": "object",
        "description": "A refusal: what went wrong, and what to do now (RFC 9457).",
        "properties": {
            "type": {
                "type": "string",
                "format": "uri-reference",
                "description": f"A page that explains it: {', '.join(slugs)}, or about:blank.",
            },
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "instance": {"type": "string", "format": "uri-reference", "description": "The id of the request."},
            **_MEMBERS,
        },
        "required": ["type", "title", "status", "detail", "instance"],
    }


class Schemas:
    """The schemas of a document's components, each made once."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {"Problem": problem_schema()}

    def of(self, model: type[BaseModel]) -> Schema:
        """A reference to the schema of a model, which becomes a component under the model's name."""
        if model.__name__ not in self.components:
            self.components[model.__name__] = {}  # a model may hold itself
            schema = TypeAdapter(model).json_schema(ref_template=PLACE + "{model}", mode="serialization")
            for name, inner in schema.pop("$defs", {}).items():
                self.components[name] = tidy(inner)
            self.components[model.__name__] = tidy(schema)
        return {"$ref": PLACE + model.__name__}

    def part_of(self, model: type[BaseModel]) -> Schema:
        """What `fields` leaves of a model: the same members, none of which need be there."""
        whole = self.components[self.of(model)["$ref"].removeprefix(PLACE)]
        name = f"{model.__name__.removesuffix('Out')}Fields"
        if name not in self.components:
            part = {key: value for key, value in whole.items() if key != "required"}
            self.components[name] = {**part, "description": "The members that `fields` asked for.", "minProperties": 1}
        return {"anyOf": [{"$ref": PLACE + model.__name__}, {"$ref": PLACE + name}]}


def tidy(schema: Schema) -> Schema:
    """A schema of pydantic's without what it has for forms, and without defaults that stand for `left out`."""
    return {name: _tidied(name, value) for name, value in schema.items() if name != "title"}


def _tidied(name: str, value: Any) -> Any:
    if name == "properties":
        return {member: tidy(_without_null_default(inner)) for member, inner in value.items()}
    if isinstance(value, dict):
        return tidy(value)
    if isinstance(value, list):
        return [tidy(each) if isinstance(each, dict) else each for each in value]
    return value


def _without_null_default(schema: Schema) -> Schema:
    if schema.get("default", ...) is not None or {"type": "null"} in schema.get("anyOf", ()):
        return schema
    return {name: value for name, value in schema.items() if name != "default"}


def page(item: Schema) -> Schema:
    """A page of a list, as JSON has it (CONTRACT §4)."""
    return {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": item},
            "total": {"type": "integer", "minimum": 0, "description": "How many there are in all, with `count=true`."},
        },
        "required": ["items"],
        "additionalProperties": False,
    }


def envelope(data: Schema, *, of_list: bool = False) -> Schema:
    """Version 2 of an answer: what is answered under `data`, beside links and meta (CONTRACT §8)."""
    return {
        "type": "object",
        "properties": {
            ENVELOPE: {"type": "array", "items": data} if of_list else data,
            "links": {"type": "object", "additionalProperties": {"type": "string", "format": "uri-reference"}},
            "meta": {
                "type": "object",
                "properties": {
                    ("total" if of_list else "version"): {"type": "integer", "minimum": 0 if of_list else 1},
                },
                "additionalProperties": False,
            },
        },
        "required": [ENVELOPE, "links", "meta"],
        "additionalProperties": False,
    }


def sent_envelope(data: Schema) -> Schema:
    """Version 2 of what is sent."""
    return {"type": "object", "properties": {ENVELOPE: data}, "required": [ENVELOPE], "additionalProperties": False}


def uploaded(media_type: str) -> Schema:
    """What is kept as it comes: any JSON, any form, any text or bytes but none at all."""
    match media_type:
        case "application/octet-stream":
            return {"type": "string", "format": "binary", "minLength": 1}
        case "text/plain":
            return {"type": "string", "minLength": 1}
        case "multipart/form-data":
            parts = {"propertyNames": {"pattern": r"^[^\x00-\x1f\x7f]+$"}, "additionalProperties": True}
            return {"type": "object", "description": "Parts.", **parts, "examples": [{"text": "Hello"}]}
    return {"description": "Any content of this type."}


_POINTER: Schema = {"type": "string", "format": "json-pointer"}
JSON_PATCH: Schema = {
    "type": "array",
    "description": "Operations one after another; all of them, or none (RFC 6902).",
    "maxItems": OPERATION_LIMIT,
    "items": {
        "type": "object",
        "properties": {
            "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
            "path": {**_POINTER, "description": "A JSON Pointer."},
            "from": {**_POINTER, "description": "A JSON Pointer, for move and copy."},
            "value": {"description": "For add, replace and test."},
        },
        "required": ["op", "path"],
        "if": {"properties": {"op": {"enum": ["add", "replace", "test"]}}},
        "then": {"properties": {"value": {}}, "required": ["value"]},
        "else": {
            "if": {"properties": {"op": {"enum": ["move", "copy"]}}},
            "then": {"properties": {"from": {}}, "required": ["from"]},
        },
    },
}


def merge_patch(model: Schema) -> Schema:
    """A merge patch of a model: any of its members; null removes one (RFC 7396)."""
    members = {
        name: {"anyOf": [inner, {"type": "null"}]} if name not in model.get("required", ()) else inner
        for name, inner in model["properties"].items()
    }
    return {
        "type": "object",
        "description": "The members that change; null resets one to its default (RFC 7396).",
        "properties": members,
        "additionalProperties": False,
    }
