"""What can be asked of an operation: the parameters of its path and its query, and the header fields that it heeds."""

from typing import Annotated, Any, get_origin, get_type_hints

from pydantic import TypeAdapter

from api.describe.names import words
from api.describe.operations import Operation
from api.describe.schemas import Schema, Schemas
from api.rules.idempotency import LONGEST
from api.web.fields import MAX_ID
from api.web.routing import CONVERTERS

# The path parameters' schemas, by converter.
CONVERTED: dict[str, Schema] = {
    "id": {"type": "integer", "format": "int64", "minimum": 1, "maximum": MAX_ID},
    "int": {"type": "integer", "minimum": 0},
    "float": {"type": "number"},
    "uuid": {"type": "string", "format": "uuid"},
    "name": {"type": "string", "pattern": f"^{CONVERTERS['name'].regex}$"},
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
    "contains": "has this in it, whatever the case of ASCII letters.",
    "startswith": "starts with this, whatever the case of ASCII letters.",
}
QUERY = {
    "limit": "How many at most; `all` for the whole list, as CSV and NDJSON only.",
    "cursor": "Where the page starts: what a link of another page has.",
    "sort": "Members to sort by, in their order; `-` turns one around.",
    "fields": "The members to show, and no others.",
    "count": "Whether to count how many there are in all.",
    "q": "Words that must all occur.",
}


def _asked(name: str, description: str, *examples: str, **schema: Any) -> dict[str, Any]:
    shown = {"examples": list(examples)} if examples else {}
    text = {"type": "string", **schema, **shown}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": text}


# A star, or a list of quoted tags (RFC 9110 §13.1.1). Not `anyOf`: openapi-python-client leaves out what has it here.
# A quote stands in brackets: where it does not, what Specmatic reads patterns with takes it for the start of a text.
_TAG = '(W/)?["][!#-~]*["]'
_TAGS = {"format": "entity-tags", "pattern": rf"^(\*|{_TAG}(, ?{_TAG})*)$"}
# A string in quotes (RFC 9651 §3.3.3), or the same without them.
_KEY = rf'^([!#-~][!-~]{{0,{LONGEST - 1}}}|["]([ !#-\[\]-~]|\\["\\]){{1,{LONGEST}}}["])$'
PARAMETERS: dict[str, Any] = {
    "IdempotencyKey": _asked(
        "Idempotency-Key",
        "Names the request, so that it is done once however often it is sent; kept for 24 hours.",
        "8e03978e-40d5-43e8-bc93-6894a57f9324",
        pattern=_KEY,
    ),
    "IfMatch": _asked("If-Match", "Do it only if one of these is the tag of what is there.", "*", '"v1"', **_TAGS),
    # In a read a malformed one is ignored, in a write refused (RFC 9110 §13.1.2).
    "IfNoneMatch": _asked("If-None-Match", "Answer only if none of these is the tag of what is there.", '"v1"'),
    "IfNoneMatchToWrite": _asked(
        "If-None-Match", "Do it only if none of these is the tag of what is there.", '"v0"', "*", **_TAGS
    ),
    "IfModifiedSince": _asked("If-Modified-Since", "Answer only if it has changed since; `If-None-Match` wins."),
    "IfUnmodifiedSince": _asked("If-Unmodified-Since", "Do it only if it has not changed since; `If-Match` wins."),
    "Range": _asked("Range", "The part to send: one range of bytes.", "bytes=0-99"),
    "IfRange": _asked("If-Range", "Send a part only if this is the tag of what is there, else the whole."),
    "Prefer": _asked(
        "Prefer",
        "`return=minimal`: answer without the representation (RFC 7240).",
        "return=representation",
        "return=minimal",
    ),
    "WantReprDigest": _asked("Want-Repr-Digest", "Which digest to send along (RFC 9530).", "sha-256=10"),
    "ContentDigest": _asked(
        "Content-Digest", "Digests of the content, which are then checked (RFC 9530).", format="sf-dictionary"
    ),
}


def path_parameters(operation: Operation) -> list[dict[str, Any]]:
    """The parameters of the path, as the route takes them, whatever the method."""
    return [_in_path(operation, name, CONVERTED[converter]) for name, converter in operation.parameters.items()]


def narrowed_parameters(operation: Operation, schemas: Schemas) -> list[dict[str, Any]]:
    """Those of them that the method takes less of than the route, as its annotations say."""
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
    """What a parameter of the query does."""
    field, _, operator = name.partition(":")
    if text := values.get("description") or QUERY.get(name):
        return str(text)
    return f"`{field}` {OPERATORS[operator]}"


def header_parameters(operation: Operation) -> list[dict[str, str]]:
    """The header fields that an operation takes, as references to PARAMETERS."""
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
