"""Turns every exception into a problem, so that clients always get a problem document."""

import logging

from werkzeug.exceptions import MethodNotAllowed as NoSuchMethod
from werkzeug.exceptions import NotFound as NoSuchPath
from werkzeug.routing import RoutingException

from api.rules.problems import InternalError, MethodNotAllowed, Problem
from api.rules.tokens import without_tokens
from api.web.request import Request
from api.web.resource import not_found

log = logging.getLogger("touchstone.web")


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
