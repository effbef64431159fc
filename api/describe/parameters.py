"""The parameters of operations: those of the path and the query, and the supported header fields."""

from typing import Annotated, Any, get_origin, get_type_hints

from pydantic import TypeAdapter

from api.describe.names import words
from api.describe.operations import Operation
from api.describe.schemas import Schema, Schemas
from api.rules.idempotency import LONGEST
from api.web.fields import MAX_ID
from api.web.routing import CONVERTERS

# The schemas of path parameters, by converter.
CONVERTED: dict[str, Schema] = {
    "id": {"type": "integer", "format": "int64", "minimum": 1, "maximum": MAX_ID},
    "int": {"type": "integer", "minimum": 0},
    "float": {"type": "number"},
    "uuid": {"type": "string", "format": "uuid"},
    "space": {"type": "string", "pattern": f"^{CONVERTERS['space'].regex}$"},
    "name": {"type": "string", "pattern": f"^{CONVERTERS['name'].regex}$"},
    "document": {"type": "string", "minLength": 1, "pattern": "^[^/]+$"},
    "path": {"type": "string", "minLength": 1},
    "string": {"type": "string", "minLength": 1},
}
OPERATORS = {
    "": "equals this.",
    "lt": "is less than this.",
    "lte": "is this or less.",
    "gt": "is more than this.",
    "gte": "is this or more.",
    "ne": "is not this.",
    "in": "is one of these.",
    "contains": "contains this; the case of ASCII letters is ignored.",
    "startswith": "starts with this; the case of ASCII letters is ignored.",
}
QUERY = {
    "limit": "Maximum number of items; `all` returns the whole list, in CSV and NDJSON only.",
    "cursor": "Start of the page: the value from a link of another page.",
    "sort": "Members to sort by, in this order; `-` before one sorts it in descending order.",
    "fields": "Members to return; all others are left out.",
    "count": "Whether to return the total number of items.",
    "q": "Words that each item must contain.",
}


def _asked(name: str, description: str, *examples: str, **schema: Any) -> dict[str, Any]:
    shown = {"examples": list(examples)} if examples else {}
    text = {"type": "string", **schema, **shown}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": text}


# A star, or a list of quoted tags (RFC 9110 §13.1.1). Not `anyOf`: openapi-python-client omits parameters with it.
# The quote is in brackets, because Specmatic's reader of patterns takes a plain quote as the start of a string.
_TAG = '(W/)?["][!#-~]*["]'
_TAGS = {"format": "entity-tags", "pattern": rf"^(\*|{_TAG}(, ?{_TAG})*)$"}
# A string with quotes (RFC 9651 §3.3.3), or without.
_KEY = rf'^([!#-~][!-~]{{0,{LONGEST - 1}}}|["]([ !#-\[\]-~]|\\["\\]){{1,{LONGEST}}}["])$'
PARAMETERS: dict[str, Any] = {
    "IdempotencyKey": _asked(
        "Idempotency-Key",
        "Identifies the request: repetitions with the same key within 24 hours get the first answer again.",
        "8e03978e-40d5-43e8-bc93-6894a57f9324",
        pattern=_KEY,
    ),
    "IfMatch": _asked("If-Match", "Continue only if the current tag is one of these.", "*", '"v1"', **_TAGS),
    # A malformed one is ignored in a read and refused in a write (RFC 9110 §13.1.2).
    "IfNoneMatch": _asked("If-None-Match", "Return it only if the current tag is none of these.", '"v1"'),
    "IfNoneMatchToWrite": _asked(
        "If-None-Match",
        "Continue only if the current tag is none of these.",
        '"v0"',
        "*",
        **_TAGS,
    ),
    "IfModifiedSince": _asked("If-Modified-Since", "Return it only if it has changed since; `If-None-Match` wins."),
    "IfUnmodifiedSince": _asked("If-Unmodified-Since", "Continue only if it has not changed since; `If-Match` wins."),
    "Range": _asked("Range", "The range to return: one range of bytes.", "bytes=0-99"),
    "IfRange": _asked("If-Range", "Return the range only if this is the current tag; otherwise the whole content."),
    "Prefer": _asked(
        "Prefer",
        "`return=minimal`: an answer without the representation (RFC 7240).",
        "return=representation",
        "return=minimal",
    ),
    "WantReprDigest": _asked("Want-Repr-Digest", "The digest to return (RFC 9530).", "sha-256=10"),
    "ContentDigest": _asked(
        "Content-Digest", "Digests of the content, which the server checks (RFC 9530).", format="sf-dictionary"
    ),
}


def path_parameters(operation: Operation) -> list[dict[str, Any]]:
    """The parameters of the path as its route declares them, for all methods."""
    return [_in_path(operation, name, CONVERTED[converter]) for name, converter in operation.parameters.items()]


def narrowed_parameters(operation: Operation, schemas: Schemas) -> list[dict[str, Any]]:
    """The path parameters whose values the method's annotations restrict further than the route."""
    method = getattr(operation.resource, operation.method.lower(), None)
    hints = get_type_hints(method, include_extras=True) if method else {}
    return [
        _in_path(
            operation, name, schemas.tidied(TypeAdapter(hints[name]).json_schema(), operation.subject + words(name))
        )
        for name in operation.parameters
        if get_origin(hints.get(name)) is Annotated
    ]


def _in_path(operation: Operation, name: str, schema: Schema) -> dict[str, Any]:
    description = f"The {name.replace('_', ' ')}."
    parameter = {"name": name, "in": "path", "required": True, "description": description, "schema": schema}
    if value := operation.resource.example.get(name):
        is_number = CONVERTED[operation.parameters[name]].get("type") == "integer"
        parameter["example"] = int(value) if is_number else value
    return parameter


def query_parameters(operation: Operation, schemas: Schemas) -> list[dict[str, Any]]:
    """The parameters of the query, from the parser that the method declares."""
    asks = operation.declared.asks if operation.declared else None
    if asks is None:
        return []
    schema = asks.json_schema()
    found = []
    for name, values in schema["properties"].items():
        known = {key: value for key, value in values.items() if key != "description"}
        tidy = schemas.tidied(known, operation.subject + words(name.partition(":")[0]))
        parameter = {"name": name, "in": "query", "description": said_of(name, values), "schema": tidy}
        if known.get("type") == "array":
            parameter |= {"style": "form", "explode": False}
        if name == "fields":
            parameter["example"] = known["items"]["enum"][:2]
        found.append(parameter)
    return found


def said_of(name: str, values: Schema) -> str:
    """The description of a query parameter."""
    field, _, operator = name.partition(":")
    if text := values.get("description") or QUERY.get(name):
        return str(text)
    return f"`{field}` {OPERATORS[operator]}"


def header_parameters(operation: Operation) -> list[dict[str, str]]:
    """The header fields that an operation supports, as references to PARAMETERS."""
    method, resource, reads = operation.method, operation.resource, operation.reads
    names = []
    if operation.takes_key:
        names.append("IdempotencyKey")
    if operation.takes_conditions:
        names += ["IfMatch", "IfNoneMatch" if reads else "IfNoneMatchToWrite", "IfUnmodifiedSince"]
    if reads:
        names.append("IfModifiedSince")
    if reads and not resource.offers:
        names.append("WantReprDigest")
    if method == "GET" and not resource.offers:
        names += ["Range", "IfRange"]
    if method in ("POST", "PUT", "PATCH") and resource.prefers and operation.declared:
        names.append("Prefer")
    takes = operation.declared.takes if operation.declared else None
    if method == "POST" and hasattr(takes, "receive"):
        names.append("ContentDigest")
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]
