"""The checks of a request as it was sent, before the result of routing counts (CONTRACT §2, 1–5)."""

from api.rules import environ_keys
from api.rules.fields import LISTS, MOST_MEMBERS, has_too_many_members
from api.rules.problems import InvalidHeader, InvalidParameter, NoSuchSpace, NotImplementedHere
from api.rules.targets import IANA_METHODS, is_utf8
from api.web.failures import not_found
from api.web.request import Request


def check_method_and_fields(request: Request) -> None:
    """Refuse an overlong list in a field (400), an unknown method (501), and a fault that nobody carries out (501)."""
    if request.method != "OPTIONS":  # OPTIONS reads no field
        refuse_overlong(request)
    if request.sent_method not in IANA_METHODS:
        raise NotImplementedHere(f"There is no method {request.sent_method:.40}.")
    if "HTTP_TOUCHSTONE_FAULT" in request.environ and environ_keys.FRONT not in request.environ:
        # A test that expects its fault must not pass without it.
        raise NotImplementedHere("Faults need the server of `run.py serve`.")


def check_target(request: Request) -> None:
    """Refuse a space that does not exist, and a target that can name nothing (404, 400)."""
    if environ_keys.NO_SPACE in request.environ:
        raise NoSuchSpace(f"There is no space {request.environ[environ_keys.NO_SPACE]:.64}.")
    if not is_utf8(request.environ.get("REQUEST_URI", "")):
        raise InvalidParameter("The request target has bytes that are not UTF-8.", errors=[])
    if request.sent_path is None:
        raise not_found()


def is_for_the_server(request: Request) -> bool:
    """Whether this is `OPTIONS *`, which asks about the server as a whole (RFC 9110 §9.3.7)."""
    return request.method == "OPTIONS" and request.environ.get("REQUEST_URI") == "*"


def refuse_overlong(request: Request) -> None:
    """Raise InvalidHeader (400) for a field with more members than any client needs, before reading it."""
    environ = request.environ
    for variable, name in LISTS.items():
        if variable in environ and has_too_many_members(environ[variable]):
            detail = f"It may have at most {MOST_MEMBERS} members and parameters."
            raise InvalidHeader(errors=[{"header": name, "code": "too_many", "detail": detail}])


def is_preflight(request: Request) -> bool:
    """Whether this is a CORS preflight, which asks what a page of another origin may send."""
    environ = request.environ
    return request.method == "OPTIONS" and "HTTP_ORIGIN" in environ and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
