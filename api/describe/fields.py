"""Header fields and query parameters as documents tell of them: which go where, and what each means."""

from http import HTTPStatus
from typing import Any

from api.describe.operations import Operation
from api.rules.idempotency import LONGEST
from api.rules.problems import InvalidCursor

MEANINGS = {
    200: "Here it is.",
    201: "Created; `Location` tells where.",
    204: "Done; there is nothing to tell.",
    206: "The range that was asked for.",
    304: "The client has it already.",
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


def _said(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string", **schema}}


HEADERS: dict[str, Any] = {
    "Accept-Patch": _said("The types of patch that are taken (RFC 5789)."),
    "Accept-Post": _said("The types of content that POST takes."),
    "Accept-Ranges": _said("The unit in which a part can be asked for."),
    "Allow": _said("The methods that the resource has."),
    "Cache-Control": _said("Who may keep the answer."),
    "Content-Disposition": _said("Whether a browser shows it or saves it, and under which name (RFC 6266)."),
    "Content-Location": _said("Where what the answer holds is found."),
    "Content-Range": _said("Which bytes these are, and of how many."),
    "ETag": _said("The tag of this representation, for If-Match and If-None-Match."),
    "Idempotent-Replayed": _said("`true`: the answer of an earlier request with this Idempotency-Key."),
    "Last-Modified": _said("When it was last changed."),
    "Link": _said("Links to other pages, and to what belongs to it (RFC 8288)."),
    "Location": _said("Where the new resource is."),
    "Preference-Applied": _said("The preference that was followed (RFC 7240)."),
    "Repr-Digest": _said("The digest that `Want-Repr-Digest` asked for (RFC 9530)."),
    "Retry-After": _said("Seconds to wait."),
    "Vary": _said("The request fields that the answer depends on."),
    "WWW-Authenticate": _said("How to sign in."),
    "X-Request-Id": _said("The id of the request, by which the log has it."),
}


def _asked(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, **_said(description, **schema)}


# A list of quoted tags, or a star.
_TAGS = r'^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$'
PARAMETERS: dict[str, Any] = {
    "IdempotencyKey": _asked(
        "Idempotency-Key",
        "Names the request, so that it is done once however often it is sent; kept for 24 hours.",
        pattern="^[!#-~]+$",
        maxLength=LONGEST,
    ),
    "IfMatch": _asked("If-Match", "Do it only if one of these is the tag of what is there.", pattern=_TAGS),
    "IfNoneMatch": _asked("If-None-Match", "Do it only if none of these is the tag of what is there.", pattern=_TAGS),
    "IfModifiedSince": _asked("If-Modified-Since", "Answer only if it has changed since; `If-None-Match` wins."),
    "IfUnmodifiedSince": _asked("If-Unmodified-Since", "Do it only if it has not changed since; `If-Match` wins."),
    "Range": _asked("Range", "The part to send: one range of bytes."),
    "IfRange": _asked("If-Range", "Send a part only if this is the tag of what is there, else the whole."),
    "Prefer": _asked("Prefer", "`return=minimal`: answer without the representation (RFC 7240)."),
    "WantReprDigest": _asked("Want-Repr-Digest", "Which digest to send along: `sha-256=10` (RFC 9530)."),
    "ContentDigest": _asked("Content-Digest", "The digest of the content, which is then checked (RFC 9530)."),
}


def parameters_of(operation: Operation) -> list[str]:
    """The header fields that an operation takes, as references to PARAMETERS."""
    method, resource = operation.method, operation.resource
    reads = method in ("GET", "HEAD")
    names = []
    if operation.takes_key:
        names.append("IdempotencyKey")
    if operation.takes_conditions:
        names += ["IfMatch", "IfNoneMatch", "IfUnmodifiedSince"]
    if reads:
        names.append("IfModifiedSince")
    if reads and not resource.offers:
        names += ["Range", "IfRange", "WantReprDigest"]
    if method in ("POST", "PUT", "PATCH") and resource.prefers and operation.declared:
        names.append("Prefer")
    takes = operation.declared.takes if operation.declared else None
    if method == "POST" and hasattr(takes, "receive"):
        names.append("ContentDigest")
    return [f"#/components/parameters/{name}" for name in names]


def headers_of(operation: Operation, status: int) -> dict[str, Any]:
    """The header fields of an answer that tell something of it."""
    method, resource = operation.method, operation.resource
    reads = method in ("GET", "HEAD")
    names = {"Cache-Control", "Vary", "X-Request-Id"}
    if status in (200, 206, 304) and reads and resource.caching != "no-store":
        names.add("ETag")
    if status == 201:
        names |= {"Location", "ETag"} if method == "POST" else {"Location"}
        names |= {"Content-Location", "Preference-Applied"} if resource.prefers else set()
    if status in (200, 206) and reads and not resource.offers:
        names |= {"Accept-Ranges", "Content-Disposition", "Last-Modified", "Repr-Digest"}
    if status == 200 and reads and InvalidCursor in operation.refuses:
        names.add("Link")
    if status in (200, 201, 204) and operation.takes_key:
        names.add("Idempotent-Replayed")
    if status == 200 and method == "PATCH" and operation.takes_key:
        names.add("ETag")
    if method == "OPTIONS" and status == HTTPStatus.NO_CONTENT:
        names |= {"Allow"} | ({"Accept-Post"} if "POST" in resource.allowed else set())
        names |= {"Accept-Patch"} if "PATCH" in resource.allowed else set()
    names |= {401: {"WWW-Authenticate"}, 206: {"Content-Range"}, 416: {"Content-Range"}}.get(status, set())
    names |= {429: {"Retry-After"}, 503: {"Retry-After"}}.get(status, set())
    return {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(names)}
