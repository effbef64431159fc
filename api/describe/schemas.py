"""JSON Schemas of what is sent and answered, as OpenAPI 3.1 has them (JSON Schema 2020-12)."""

from itertools import count
from typing import Any

from pydantic import BaseModel, TypeAdapter

from api.describe.names import singular, subject, words
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
    "errors": {"type": "array", "items": {"$ref": PLACE + "Fault"}, "description": "Every fault at once."},
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
    """The schemas of a document's components, each made once.

    Whatever a client's code would need a type of its own for — an object, a choice of values — has a name here:
    generators that make one up for what stands inline may not declare it, or change it with the paths.
    """

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {"Problem": problem_schema(), "Fault": _FAULT}

    def named(self, name: str, schema: Schema) -> Schema:
        """A reference to this schema, which becomes a component under the name; with a number if that is taken."""
        names = (f"{name}{number}" for number in count(2))
        while self.components.setdefault(name, schema) != schema:
            name = next(names)
        return reference(name)

    def of(self, model: type[BaseModel]) -> Schema:
        """A reference to the schema of a model, which becomes a component under the model's name."""
        if model.__name__ not in self.components:
            self.components[model.__name__] = {}  # a model may hold itself
            schema = TypeAdapter(model).json_schema(ref_template=PLACE + "{model}", mode="serialization")
            for name, inner in schema.pop("$defs", {}).items():
                self.components[name] = self._tidied(inner, subject(name))
            self.components[model.__name__] = self._tidied(schema, subject(model.__name__))
        return reference(model.__name__)

    def part_of(self, model: type[BaseModel]) -> Schema:
        """What `fields` leaves of a model: a reference to the same members, none of which need be there."""
        whole = self.components[name_in(self.of(model))]
        part = {key: value for key, value in whole.items() if key != "required"}
        part |= {"description": "The members that `fields` asked for.", "minProperties": 1}
        return self.named(f"{subject(model.__name__)}Fields", part)

    def either(self, whole: Schema, part: Schema) -> Schema:
        """The whole of something, or what `fields` leaves of it."""
        description = "The whole, or the members that `fields` asked for."
        name = f"{name_in(whole).removesuffix('Out')}OrFields"
        return self.named(name, {"description": description, "anyOf": [whole, part]})

    def page(self, item: Schema, name: str) -> Schema:
        """A page of a list of these, as JSON has it (CONTRACT §4)."""
        return self.named(f"{name}Page", page(item))

    def envelope(self, data: Schema, name: str, *, of_list: bool = False) -> Schema:
        """Version 2 of an answer: what is answered under `data`, beside links and meta (CONTRACT §8)."""
        counted: Schema = (
            {"next": _NEXT, "total": _TOTAL} if of_list else {"version": {"type": "integer", "minimum": 1}}
        )
        meta = {"type": "object", "properties": counted, "additionalProperties": False}
        return self._enveloped(
            name,
            {
                ENVELOPE: {"type": "array", "items": data} if of_list else data,
                "links": {"type": "object", "additionalProperties": {"type": "string", "format": "uri-reference"}},
                "meta": self.named("PageMeta" if of_list else "Meta", meta),
            },
        )

    def sent_envelope(self, data: Schema) -> Schema:
        """Version 2 of what is sent."""
        return self._enveloped(name_in(data), {ENVELOPE: data})

    def _enveloped(self, name: str, members: Schema) -> Schema:
        schema = {"type": "object", "properties": members, "required": [*members], "additionalProperties": False}
        return self.named(f"{name}Envelope", schema)

    def merge_patch(self, model: type[BaseModel]) -> Schema:
        """A merge patch of a model: any of its members; null removes one (RFC 7396)."""
        whole = self.components[name_in(self.of(model))]
        members = {
            name: {"anyOf": [_without_default(inner), {"type": "null"}]}
            if name not in whole.get("required", ())
            else inner
            for name, inner in whole["properties"].items()
        }
        patch = {
            "type": "object",
            "description": "The members that change; null resets one to its default (RFC 7396).",
            "properties": members,
            "additionalProperties": False,
        }
        return self.named(f"{subject(model.__name__)}MergePatch", patch)

    def json_patch(self) -> Schema:
        """A JSON Patch (RFC 6902)."""
        operation = self.named("JsonPatchOperation", self._tidied(_PATCH_OPERATION, "JsonPatch"))
        return {
            "type": "array",
            "description": "Operations one after another; all of them, or none (RFC 6902).",
            "maxItems": OPERATION_LIMIT,
            "items": operation,
        }

    def tidied(self, schema: Schema, name: str) -> Schema:
        """A schema of pydantic's for a document; a choice of values becomes a component under this name."""
        tidy = self._tidied(schema, name)
        if "enum" not in tidy:
            return tidy
        choice: Schema = {key: tidy.pop(key) for key in ["type", "enum"] if key in tidy}
        return {**self.named(name, choice), **tidy}

    def _tidied(self, schema: Schema, name: str) -> Schema:
        """The schema without what pydantic has for forms, and without defaults that stand for `left out`."""
        tidy: Schema = {}
        for key, value in schema.items():
            match key, value:
                case "title", _:
                    pass
                case "const", bool():
                    pass  # openapi-generator makes the text `true` of it, and refuses the answer
                case "default" | "enum" | "examples" | "if" | "then" | "else", _:
                    tidy[key] = value  # values; and conditions, which give no member a type
                case "properties", dict():
                    tidy[key] = {
                        member: self.tidied(_without_null_default(inner), name + words(member))
                        for member, inner in value.items()
                    }
                case "items", dict():
                    tidy[key] = self.tidied(value, singular(name))
                case _, dict():
                    tidy[key] = self.tidied(value, name)
                case _, list():
                    tidy[key] = [self.tidied(each, name) if isinstance(each, dict) else each for each in value]
                case _:
                    tidy[key] = value
        return tidy


def reference(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": PLACE + name}


def name_in(schema: Schema) -> str:
    """The name of the component that a reference leads to."""
    return str(schema["$ref"]).removeprefix(PLACE)


def _without_default(schema: Schema) -> Schema:
    return {name: value for name, value in schema.items() if name != "default"}


def _without_null_default(schema: Schema) -> Schema:
    if schema.get("default", ...) is not None or {"type": "null"} in schema.get("anyOf", ()):
        return schema
    return _without_default(schema)


_NEXT: Schema = {
    "type": ["string", "null"],
    "format": "uri-reference",
    "description": "The link of the next page; null on the last one. The same as `next` in Link.",
}
_TOTAL: Schema = {"type": "integer", "minimum": 0, "description": "How many there are in all, with `count=true`."}


def page(item: Schema) -> Schema:
    """A page of a list, as JSON has it (CONTRACT §4)."""
    return {
        "type": "object",
        "properties": {"items": {"type": "array", "items": item}, "next": _NEXT, "total": _TOTAL},
        "required": ["items", "next"],
        "additionalProperties": False,
    }


def xml(root: str, **schema: Any) -> Schema:
    """XML, which is text to a schema; what its root is called readers of documents must be told."""
    return {"type": "string", "xml": {"name": root}, **schema}


def uploaded(media_type: str) -> Schema:
    """What is kept as it comes: any JSON, any form, any text or bytes but none at all."""
    match media_type:
        case "application/octet-stream":
            return {"type": "string", "format": "binary", "minLength": 1}
        case "text/plain":
            return {"type": "string", "minLength": 1}
        case "application/xml" | "text/xml":
            return xml("message", description="Any XML: its root may have any name, and any content.", minLength=1)
        case "multipart/form-data":
            parts = {"propertyNames": {"pattern": r"^[^\x00-\x1f\x7f]+$"}, "additionalProperties": True}
            return {"type": "object", "description": "Parts.", **parts, "examples": [{"text": "Hello"}]}
    return {"description": "Any content of this type."}


_POINTER: Schema = {"type": "string", "format": "json-pointer"}
_PATCH_OPERATION: Schema = {
    "type": "object",
    "properties": {
        "op": {"type": "string", "enum": ["add", "remove", "replace", "move", "copy", "test"]},
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
}
