"""Turns every exception into a problem, so that clients always get a problem document."""

import logging

from werkzeug.exceptions import MethodNotAllowed as NoSuchMethod
from werkzeug.exceptions import NotFound as NoSuchPath
from werkzeug.routing import RoutingException

from api.rules.problems import InternalError, MethodNotAllowed, NotFound, Problem
from api.rules.tokens import without_tokens
from api.web.request import Request, current_request, link_prefix

log = logging.getLogger("touchstone.web")

NAMES_NOTHING = "a path with an encoded slash, an empty segment, a dot segment or broken encoding names no resource."


def as_problem(error: Exception, request: Request) -> Problem:
    """Return the problem for an exception. An internal error is logged with its trace."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, NoSuchMethod):
        allowed = sorted(error.valid_methods or ())
        detail = f"{without_tokens(request.path)} has no {request.method}."
        return MethodNotAllowed(detail, allowed=allowed, headers={"Allow": ", ".join(allowed)})
    if isinstance(error, NoSuchPath | RoutingException):
        return not_found()
    log.error("internal error", exc_info=error, extra={"fields": {"request_id": request.request_id}})
    return InternalError()


def not_found() -> NotFound:
    """The 404 for this request's path, as it was sent, with the path that was perhaps meant."""
    request = current_request()
    if request.sent_path is None:
        path = request.sent_target.partition("?")[0]
        return NotFound(f"There is nothing at {without_tokens(path):.200}: {NAMES_NOTHING}")
    mount = request.environ.get("SCRIPT_NAME", "")
    detail = f"There is nothing at {mount}{without_tokens(request.path)}."
    meant = request.path.rstrip("/").lower()
    if meant and meant != request.path and request.app.url_map.bind("").test(meant, method="OPTIONS"):
        detail += f" Did you mean {link_prefix()}{meant}?"
    return NotFound(detail)
