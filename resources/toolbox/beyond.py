"""What comes before or after an answer: early hints, and trailers. Both need `run.py httpbin`.

curl -i http://127.0.0.1:8000/httpbin/trailers?X-Sum=3
"""

from http import HTTPStatus
from urllib.parse import parse_qsl

from api.rules import environ_keys
from api.rules.planted import fields_fault
from api.rules.problems import NotImplementedHere
from api.web.compat import Answer, Compat, answers, current_request, refusal
from api.web.received import GET, arguments, seen
from api.web.request import Request

# Fields that say how to read or route a message, or who sends it, cannot follow it (RFC 9110 §6.5.1).
BEFORE = frozenset(
    {
        "authorization",
        "cache-control",
        "content-encoding",
        "content-range",
        "content-type",
        "expires",
        "host",
        "location",
        "max-forwards",
        "proxy-authenticate",
        "range",
        "retry-after",
        "set-cookie",
        "te",
        "vary",
        "www-authenticate",
    }
)
HINT = "</style.css>; rel=preload; as=style"


class Trailers(Compat):
    """Fields after the content."""

    paths = ("/trailers",)
    group = "Response fields"
    shows = HTTPStatus.NOT_IMPLEMENTED  # at the prefix

    @answers(200, GET, refuses=[NotImplementedHere])
    def get(self) -> Answer:
        """Answer in chunks, with each parameter as a trailer (RFC 9110 §6.5)."""
        request = extensible()
        wanted = parse_qsl(request.query, keep_blank_values=True, errors="surrogateescape")
        for name, _ in wanted:
            if name.lower() in BEFORE:
                raise refusal(name, "This field cannot be a trailer (RFC 9110 §6.5.1).")
        if fault := fields_fault(wanted):
            raise refusal(*fault)
        request.environ[environ_keys.TRAILERS] = wanted
        names = ", ".join(dict.fromkeys(name for name, _ in wanted))
        return seen(request, *GET), HTTPStatus.OK, {"Trailer": names} if names else {}


class EarlyHints(Compat):
    """A 103 before the answer."""

    paths = ("/early-hints",)
    group = "Response fields"
    shows = HTTPStatus.NOT_IMPLEMENTED  # at the prefix

    @answers(200, GET, also=(103,), refuses=[NotImplementedHere])
    def get(self) -> Answer:
        """Send 103 with each `link` as a Link field (RFC 8297), then the answer; without one, with a style sheet."""
        request = extensible()
        links = arguments(request).get("link", [HINT])
        if fault := fields_fault([("link", each) for each in links]):
            raise refusal(*fault)
        request.environ[environ_keys.EARLY_HINTS] = links
        return seen(request, *GET), HTTPStatus.OK, {}


def extensible() -> Request:
    """The request. Raises NotImplementedHere unless the server below can send more than an answer."""
    request = current_request()
    if environ_keys.EXTENSIONS not in request.environ:
        raise NotImplementedHere("Only `run.py httpbin` sends trailers and early hints, and only over HTTP/1.1.")
    return request
