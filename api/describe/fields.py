"""The header fields of answers in documents: the fields of each answer, and their meanings."""

from http import HTTPStatus
from typing import Any

from api.describe.operations import Operation
from api.rules.problems import InvalidCursor

MEANINGS = {
    200: "Success.",
    201: "Created; its path is in `Location`.",
    204: "Success, without content.",
    206: "The requested range.",
    303: "Success; continue at `Location`.",
    304: "Not changed; use the stored copy.",
}


def _said(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string", **schema}}


HEADERS: dict[str, Any] = {
    "Accept-Patch": _said("The accepted types of patches (RFC 5789)."),
    "Accept-Post": _said("The accepted types of bodies for POST."),
    "Accept-Ranges": _said("The unit of ranges."),
    "Allow": _said("The methods of the resource."),
    "Cache-Control": _said("The rules for caches."),
    "Content-Disposition": _said("Whether a browser shows or saves the content, and the file name (RFC 6266)."),
    "Content-Location": _said("The path of the content of this answer."),
    "Content-Range": _said("The bytes of this answer, and the total size."),
    "ETag": _said("The tag of this representation, for If-Match and If-None-Match."),
    "Idempotent-Replayed": _said("`true`: the answer of an earlier request with this Idempotency-Key."),
    "Last-Modified": _said("The time of the last change."),
    "Link": _said("Links to other pages and related resources (RFC 8288)."),
    "Location": _said("The path of the new resource."),
    "Preference-Applied": _said("The preference that the server applied (RFC 7240)."),
    "Repr-Digest": _said("The digest requested by `Want-Repr-Digest` (RFC 9530)."),
    "Retry-After": _said("Seconds to wait."),
    "Vary": _said("The request fields that the answer depends on."),
    "WWW-Authenticate": _said("The ways to sign in."),
    "X-Request-Id": _said("The id of the request, also in the log."),
}


def headers_of(operation: Operation, status: int) -> dict[str, Any]:
    """The header fields to document for an answer."""
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
