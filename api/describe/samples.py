"""Sample request bodies, generated from the models that check them."""

from typing import Any

import orjson
from pydantic import BaseModel, TypeAdapter

from api.rules.media import JSON, JSON_V1, JSON_V2
from api.web.parsers import ENVELOPE
from api.web.uploads import UploadParser

# A variable, in Postman's syntax, that makes values unique in each run of a collection.
RUN = "{{run}}"

# Types of members for which there is a value without an example.
KINDS = ("string", "integer", "number", "boolean", "array")
# For methods that store any body of these types.
BOUNDARY = "touchstone"
UPLOADS = {
    "text/plain": "A message, stored byte for byte.\n",
    "application/json": '{"stored": "byte for byte"}',
    "application/xml": "<message>Stored byte for byte</message>",
    "application/octet-stream": "Any bytes",
    f"multipart/form-data; boundary={BOUNDARY}": (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="note"\r\n\r\nA field\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="hello.txt"\r\n'
        f"Content-Type: text/plain\r\n\r\nHello\r\n--{BOUNDARY}--\r\n"
    ),
}


def sample(model: type[BaseModel]) -> dict[str, Any]:
    """A body that the model accepts, with the required members only, or of any that it knows if it requires none.

    A member with a pattern needs `Field(examples=[…])`, because a value cannot be derived from the pattern.
    """
    schema = TypeAdapter(model).json_schema(mode="serialization")
    properties = schema.get("properties", {})
    names = schema.get("required", ())
    if not names and schema.get("additionalProperties") is True:
        names = [name for name, member in properties.items() if member.get("type") in KINDS]
    return {name: _value(name, _resolved(properties[name], schema)) for name in names}


def changed(model: type[BaseModel]) -> dict[str, Any]:
    """One member of the sample with another value, if it may be any text or number; otherwise the whole sample."""
    properties = TypeAdapter(model).json_schema(mode="serialization").get("properties", {})
    for name, value in sample(model).items():
        constrained = {"pattern", "format", "enum", "x-unique", "writeOnly", "$ref", "anyOf"} & set(properties[name])
        if isinstance(value, str) and not constrained:
            return {name: f"{value}, changed"}
        if type(value) is int and not constrained:
            return {name: value + 1}
    return sample(model)


def as_sent(value: Any, media_type: str = JSON) -> str:
    """The bytes of a body as text, in one of the JSON types."""
    content = {ENVELOPE: value} if media_type == JSON_V2 else value
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()


def uploads(takes: UploadParser) -> dict[str, str]:
    """A body for each accepted type, by its Content-Type; the one with parts is last."""
    known = takes.samples or {**UPLOADS, JSON_V1: UPLOADS[JSON], JSON_V2: UPLOADS[JSON]}
    taken = {kind: body for kind, body in known.items() if kind.partition(";")[0] in takes.media_types}
    return dict(sorted(taken.items(), key=lambda each: each[0].startswith("multipart/")))


def _resolved(member: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in member:
        return dict(schema["$defs"][member["$ref"].rpartition("/")[2]])
    return member


def _value(name: str, member: dict[str, Any]) -> Any:
    if "examples" in member:
        value = member["examples"][0]
        return _unique(value) if member.get("x-unique") else value
    if "enum" in member:
        return member["enum"][0]
    if "default" in member:
        return member["default"]
    match member.get("type"):
        case "string" if member.get("format") == "date-time":
            return "2030-01-01T00:00:00.000Z"
        case "string":
            return f"A {name.replace('_', ' ')}"[: member.get("maxLength")].ljust(member.get("minLength", 0), ".")
        case "integer" | "number":
            return member.get("minimum", 1)
        case "boolean":
            return True
        case "array":
            return []
    return None


def _unique(text: str) -> str:
    name, at, domain = text.partition("@")
    return f"{name}-{RUN}{at}{domain}"
