"""The header fields that the server adds to the fields of a method or a problem (CONTRACT §3, §9).

`standing_fields` are on every response. `finish` adds what depends on the caller. `complete` runs last, and adds what
depends on the status and on the session of a browser.
"""

from http import HTTPStatus

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as AnyResponse

from api.rules import cors, environ_keys
from api.rules.authorization import without_basic
from api.rules.fields import HSTS, SECURITY
from api.web.request import Request, current_request
from api.web.resource import Resource

# The X-Requested-With of jQuery and similar libraries.
SCRIPT = "XMLHttpRequest"
# The modes of fetch() and XMLHttpRequest, which have the destination `empty` (Fetch Metadata §2).
SCRIPT_MODES = ("cors", "same-origin", "no-cors")


def standing_fields(request: Request, resource: type[Resource]) -> dict[str, str]:
    """Return the fields of every response (CONTRACT §3)."""
    writes = resource.prefers and request.method in ("POST", "PUT", "PATCH")
    return {
        "X-Request-Id": request.request_id,
        **SECURITY,
        "Cache-Control": resource.caching,
        "Vary": "Accept, Prefer" if writes else "Accept",
    }


def finish(fields: dict[str, str] | Headers, request: Request) -> None:
    """Add the fields of CORS and rate limits, and complete Vary and Cache-Control."""
    environ, origins = request.environ, request.app.services.settings.cors_origins
    fields["Vary"] += ", Authorization, Origin" if cors.varies(origins) else ", Authorization"
    if "HTTP_ORIGIN" in environ:
        fields.update(cors.answer_fields(environ["HTTP_ORIGIN"], origins))
    for name, value in request.rate_limit.items():
        # A failed login has added its own limit already: these fields are lists.
        fields[name] = f"{fields[name]}, {value}" if fields.get(name, value) != value else value
    if "HTTP_AUTHORIZATION" in environ or request.account:
        caching = fields["Cache-Control"]
        if caching.startswith("public"):
            fields["Cache-Control"] = "private" + caching.removeprefix("public")


def complete(answer: AnyResponse) -> AnyResponse:
    """Add the fields that only some responses have, including refusals."""
    request = current_request()
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        answer.headers["Vary"] += ", X-Requested-With, Sec-Fetch-Mode, Sec-Fetch-Dest"
        if must_not_be_asked(request):
            answer.headers.setlist("WWW-Authenticate", without_basic(answer.headers.getlist("WWW-Authenticate")))
    if request.over_tls:
        answer.headers.set(*HSTS)
    if request.takes_session:
        answer.headers["Vary"] += ", Cookie"
    if request.new_cookie:
        answer.headers["Set-Cookie"] = request.new_cookie
        answer.headers["Cache-Control"] = "no-store"
    if request.resource and request.resource.cacheable and is_cacheable(request, answer.status_code):
        request.environ[environ_keys.CACHEABLE] = True
    return answer


def is_cacheable(request: Request, status: int) -> bool:
    """Whether this answer of a cacheable resource depends only on the request and the database, not on time."""
    return (
        request.method == "GET"
        and status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
        and not (request.account or request.takes_session or request.rate_limit or request.unsettled or request.space)
    )


def must_not_be_asked(request: Request) -> bool:
    """Whether the Basic challenge must be left out, because it would make a browser show its password dialog.

    This applies to scripts of a page, and to a person who opens a page: the page has its own way to sign in. With a
    wrong password the challenge stays, because a browser forgets a remembered password only after such a dialog.
    """
    environ = request.environ
    if environ.get("HTTP_SEC_FETCH_DEST") == "empty" and environ.get("HTTP_SEC_FETCH_MODE") in SCRIPT_MODES:
        return True
    goes = environ.get("HTTP_SEC_FETCH_MODE") == "navigate" and "HTTP_AUTHORIZATION" not in environ
    return goes or environ.get("HTTP_X_REQUESTED_WITH") == SCRIPT
