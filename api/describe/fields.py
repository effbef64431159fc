"""The header fields of answers as documents tell of them: which go where, and what each means."""

from http import HTTPStatus
from typing import Any

from api.describe.operations import Operation
from api.rules.problems import InvalidCursor

MEANINGS = {
    200: "Here it is.",
    201: "Created; `Location` tells where.",
    204: "Done; there is nothing to tell.",
    206: "The range that was asked for.",
    303: "Done; `Location` tells where to go on.",
    304: "The client has it already.",
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


def headers_of(operation: Operation, status: int) -> dict[str, Any]:
    """The header fields of an answer that tell something of it."""
    method, resource = operation.method, operation.resource
    reads = operation.reads
    names = {"Cache-Control", "Vary", "X-Request-Id"}
    if status in (200, 206, 304) and reads and operation.takes_conditions:
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
    names |= {303: {"Location"}}.get(status, set())
    names |= {429: {"Retry-After"}, 503: {"Retry-After"}}.get(status, set())
    return {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(names)}
