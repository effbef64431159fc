"""Content returned as it was received: conditions, one byte range, digests (RFC 9110 §14, RFC 9530)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import chain

from flask import Response, current_app

from api.rules.clock import http_date
from api.rules.conditions import range_applies
from api.rules.digests import repr_digest, wanted
from api.rules.dispositions import content_disposition
from api.rules.problems import RangeNotSatisfiable
from api.rules.ranges import Part, read_range
from api.store.pieces import ContentLost
from api.web.declared import check_declared
from api.web.failures import not_found
from api.web.preconditions import is_current
from api.web.request import Request, current_request

# Content from clients is not trusted: a browser may show it only without scripts, forms and an origin.
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that never change: their type, length, SHA-256 (hexadecimal), creation time, and file name.

    `read` returns the bytes from its first argument up to its second.
    """

    content_type: str
    length: int
    sha256: str
    created_at: str
    filename: str | None
    read: Callable[[int, int], Iterable[bytes]]

    @property
    def etag(self) -> str:
        """The strong tag: half of the digest, which is long enough to be unique."""
        return f'"{self.sha256[:32]}"'


def served(content: Content, caching: str) -> Response:
    """Respond to a GET with the content: all of it (200), a part of it (206), or 304.

    Raises PreconditionFailed (412), RangeNotSatisfiable (416).
    """
    request = current_request()
    modified = http_date(datetime.fromisoformat(content.created_at))
    fields = {
        "ETag": content.etag,
        "Cache-Control": caching,
        # Also on a 304: it replaces the field that a cache has stored (RFC 9111 §4.3.4).
        "Content-Security-Policy": POLICY,
    }
    if is_current(request, {**fields, "Last-Modified": modified}):
        check_declared(request, HTTPStatus.NOT_MODIFIED)
        return current_app.response_class(status=HTTPStatus.NOT_MODIFIED, headers=fields)
    fields |= {
        "Last-Modified": modified,
        "Content-Type": content.content_type,
        "Accept-Ranges": "bytes",
    }
    if disposition := content_disposition(content.content_type, content.filename):
        fields["Content-Disposition"] = disposition
    if (field := request.environ.get("HTTP_WANT_REPR_DIGEST")) and wanted(field):
        fields["Repr-Digest"] = repr_digest(content.sha256)
    part = asked_part(request, content, modified)
    status = HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK
    start, stop = part or Part(0, content.length)
    if part:
        fields["Content-Range"] = f"bytes {start}-{stop - 1}/{content.length}"
    fields["Content-Length"] = str(stop - start)
    body: Iterable[bytes] = ()
    if request.method == "GET":
        pieces = iter(content.read(start, stop))
        try:
            # Read it now, so that content deleted after its row was read gives 404.
            first = next(pieces, b"")
        except ContentLost:
            raise not_found() from None
        body = chain([first], pieces)
    return current_app.response_class(body, status=status, headers=fields)


def asked_part(request: Request, content: Content, last_modified: str) -> Part | None:
    """Return the part that a GET requests and may have, or None for the whole content (RFC 9110 §14.2)."""
    field: str | None = request.environ.get("HTTP_RANGE")
    if field is None or request.method != "GET":
        return None
    if not range_applies(request.environ.get("HTTP_IF_RANGE"), etag=content.etag, last_modified=last_modified):
        return None
    part = read_range(field, content.length)
    if part and part.start == part.stop:
        raise RangeNotSatisfiable(length=content.length, headers={"Content-Range": f"bytes */{content.length}"})
    return part
