"""JSON Schemas of requests and answers for OpenAPI 3.1 (JSON Schema 2020-12)."""

from collections.abc import Mapping
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
    "description": "One fault: its place, a code for programs, and a sentence for people.",
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
    "errors": {"type": "array", "items": {"$ref": PLACE + "Fault"}, "description": "All faults."},
    "line": {"type": "integer", "minimum": 1},
    "column": {"type": "integer", "minimum": 1},
    "limit": {"type": "integer", "description": "The limit that was exceeded."},
    "length": {"type": "integer", "description": "The length of the content in bytes."},
    "allowed": {**_NAMES, "description": "The methods of the resource."},
    "available": {**_NAMES, "description": "The media types that the resource is available in."},
    "supported": {**_NAMES, "description": "The media types or codings that are supported."},
    "required_scopes": {**_NAMES, "description": "The scopes that a token needs for the request."},
    "existing": {
        "type": "string",
        "format": "uri-reference",
        "description": "The resource that has the name.",
    },
    "current_etag": {"type": "string", "description": "The tag of the current version."},
}


def problem_schema() -> Schema:
    """The schema of every problem document (RFC 9457 §3.1)."""
    slugs = sorted({f"/problems/{slug}" for slug in catalogue()})
    return {
        "type": "object",
        "description": "A refusal: the cause and what to do about it (RFC 9457).",
        "properties": {
            "type": {
                "type": "string",
                "format": "uri-reference",
                "description": f"A page that explains the problem: {', '.join(slugs)}, or about:blank.",
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
    """The schemas of a document's components, each generated once.

    Every object and every choice of values has a name, because a generated client needs a type for each. Generators
    make up names for inline schemas; some do not declare them, and others change them when paths change.
    """

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {"Problem": problem_schema(), "Fault": _FAULT}

    def named(self, name: str, schema: Schema) -> Schema:
        """A reference to this schema as a component; its name gets a number if another schema has the name."""
        names = (f"{name}{number}" for number in count(2))
        while self.components.setdefault(name, schema) != schema:
            name = next(names)
        return reference(name)

    def of(self, model: type[BaseModel]) -> Schema:
        """A reference to the schema of a model, as a component with the model's name."""
        if model.__name__ not in self.components:
            self.components[model.__name__] = {}  # a model may contain itself
            schema = TypeAdapter(model).json_schema(ref_template=PLACE + "{model}", mode="serialization")
            for name, inner in schema.pop("$defs", {}).items():
                self.components[name] = self._tidied(inner, subject(name))
            self.components[model.__name__] = self._tidied(schema, subject(model.__name__))
        return reference(model.__name__)

    def part_of(self, model: type[BaseModel]) -> Schema:
        """A reference to the model's schema for answers to `fields`: the same members, all optional."""
        whole = self.components[name_in(self.of(model))]
        part = {key: value for key, value in whole.items() if key != "required"}
        part |= {"description": "The members that `fields` selected.", "minProperties": 1}
        return self.named(f"{subject(model.__name__)}Fields", part)

    def either(self, whole: Schema, part: Schema) -> Schema:
        """A reference to a choice: the whole representation, or the members that `fields` selects."""
        description = "All members, or those that `fields` selected."
        name = f"{name_in(whole).removesuffix('Out')}OrFields"
        return self.named(name, {"description": description, "anyOf": [whole, part]})

    def page(self, item: Schema, name: str, members: Mapping[str, Any]) -> Schema:
        """A reference to a page of a list of these items in JSON (CONTRACT §4), which can have more `members`."""
        return self.named(f"{name}Page", page(item, members))

    def bare_list(self, item: Schema, name: str) -> Schema:
        """A reference to a list as json-server answers it: an array, or with `_per_page` an object with `data`."""
        return self.named(f"{name}List", bare_page(item))

    def envelope(self, data: Schema, name: str, *, of_page: Mapping[str, Any] | None = None) -> Schema:
        """Version 2 of an answer: the content in `data`, with links and meta (CONTRACT §8).

        `of_page` has the members that a page of a list can have besides `next` and `total`; None: it is no list.
        """
        counted: Schema = {"version": {"type": "integer", "minimum": 1}}
        named = "Meta"
        if of_page is not None:
            counted, named = {"next": _NEXT, "total": _TOTAL, **of_page}, f"{name}Meta" if of_page else "PageMeta"
        meta = {"type": "object", "properties": counted, "additionalProperties": False}
        return self._enveloped(
            name,
            {
                ENVELOPE: data if of_page is None else {"type": "array", "items": data},
                "links": {"type": "object", "additionalProperties": {"type": "string", "format": "uri-reference"}},
                "meta": self.named(named, meta),
            },
        )

    def sent_envelope(self, data: Schema) -> Schema:
        """Version 2 of a request body."""
        return self._enveloped(name_in(data), {ENVELOPE: data})

    def _enveloped(self, name: str, members: Schema) -> Schema:
        schema = {"type": "object", "properties": members, "required": [*members], "additionalProperties": False}
        return self.named(f"{name}Envelope", schema)

    def merge_patch(self, model: type[BaseModel]) -> Schema:
        """A merge patch of a model: any of its members; null resets one to its default (RFC 7396)."""
        whole = self.components[name_in(self.of(model))]
        members = {
            name: {"anyOf": [_without_default(inner), {"type": "null"}]}
            if name not in whole.get("required", ())
            else inner
            for name, inner in whole["properties"].items()
        }
        patch = {
            "type": "object",
            "description": "The members to change; null resets one to its default (RFC 7396).",
            "properties": members,
            "additionalProperties": False,
        }
        return self.named(f"{subject(model.__name__)}MergePatch", patch)

    def json_patch(self) -> Schema:
        """A JSON Patch (RFC 6902)."""
        operation = self.named("JsonPatchOperation", self._tidied(_PATCH_OPERATION, "JsonPatch"))
        return {
            "type": "array",
            "description": "Operations, applied in order, all or none (RFC 6902).",
            "maxItems": OPERATION_LIMIT,
            "items": operation,
        }

    def tidied(self, schema: Schema, name: str) -> Schema:
        """A schema from pydantic, adapted for the document; a choice of values becomes a component with this name."""
        tidy = self._tidied(schema, name)
        if "enum" not in tidy:
            return tidy
        choice: Schema = {key: tidy.pop(key) for key in ["type", "enum"] if key in tidy}
        return {**self.named(name, choice), **tidy}

    def _tidied(self, schema: Schema, name: str) -> Schema:
        """The schema without pydantic's titles, and without null defaults that only mean `absent`."""
        tidy: Schema = {}
        for key, value in schema.items():
            match key, value:
                case "title", _:
                    pass
                case "const", bool():
                    pass  # openapi-generator turns it into the text `true`, and its client refuses the answer
                case "default" | "enum" | "examples" | "if" | "then" | "else", _:
                    tidy[key] = value  # values, and conditions without types of members
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
    """The name of the referenced component."""
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
_TOTAL: Schema = {"type": "integer", "minimum": 0, "description": "The total number of items, with `count=true`."}


def page(item: Schema, members: Mapping[str, Any]) -> Schema:
    """A page of a list in JSON (CONTRACT §4), which can have more `members`."""
    return {
        "type": "object",
        "properties": {"items": {"type": "array", "items": item}, "next": _NEXT, "total": _TOTAL, **members},
        "required": ["items", "next"],
        "additionalProperties": False,
    }


def bare_page(item: Schema) -> Schema:
    """A list as json-server answers it: an array, or with `_per_page` an object with `data`."""
    return {"anyOf": [{"type": "array", "items": item}, numbered_page(item)]}


def numbered_page(item: Schema) -> Schema:
    """A page of json-server 1.0: the numbers of pages, the number of all `items`, and those of this page in `data`."""
    number: Schema = {"type": "integer", "minimum": 1}
    other: Schema = {"type": ["integer", "null"], "minimum": 1}
    numbers = {"first": number, "prev": other, "next": other, "last": number, "pages": number}
    members = {**numbers, "items": {"type": "integer", "minimum": 0}, "data": {"type": "array", "items": item}}
    return {"type": "object", "properties": members, "required": [*members], "additionalProperties": False}


def xml(root: str, **schema: Any) -> Schema:
    """The schema of XML: a string, with the name of the root element."""
    return {"type": "string", "xml": {"name": root}, **schema}


def uploaded(media_type: str) -> Schema:
    """The schema of content that is stored as received: any JSON or form, and any text or bytes that are not empty."""
    match media_type:
        case "application/octet-stream":
            return {"type": "string", "format": "binary", "minLength": 1}
        case "text/plain":
            return {"type": "string", "minLength": 1}
        case "application/xml" | "text/xml":
            return xml("message", description="Any XML; the root can have any name and content.", minLength=1)
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
