"""Compat: a resource of the toolbox, with the rules of httpbin where these differ from the contract.

class Uuid(Compat):
    paths = ("/uuid",)

    @answers(200, ("uuid",))
    def get(self) -> Answer:
        "Return a random UUID."
        return {"uuid": str(uuid4())}, 200, {}

A module of `resources/toolbox/` imports from here, not from `api.kit`, so that `run.py httpbin` starts without
SQLAlchemy and pydantic. What else is slow to import is imported at its first use.
"""

from collections.abc import Iterable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, ClassVar

import flask_restful
from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as AnyResponse

from api.rules import cors, environ_keys, plain_json
from api.rules.fields import HSTS, SECURITY
from api.rules.parameters import LARGEST, Number, Parameter, Text, read_all
from api.rules.problems import ContentTooLarge, InvalidParameter, Problem, RateLimited, rendered
from api.rules.targets import exact_path
from api.web.admission import check_method_and_fields, check_target, is_for_the_server, is_preflight
from api.web.application import BODILESS
from api.web.declared import answers, check_declared, declared_by
from api.web.failures import as_problem
from api.web.forms import URLENCODED
from api.web.received import arguments
from api.web.request import Request, current_request, link_prefix, server_prefix, services
from api.web.routed import Routed
from api.web.routing import route_strictly
from api.web.throttling import check_requests

MOUNT = "/httpbin"
HTML = "text/html; charset=utf-8"
JSON = "application/json"
# What pages of other origins may do at the root, as httpbin says it.
METHODS = "GET, POST, PUT, DELETE, PATCH, OPTIONS"
MAX_AGE = "3600"
# How a route marks a parameter that may have slashes.
FREE = "<path:"
# What a method returns: data, status and header fields, or a finished Response.
Triple = tuple[Any, int, Mapping[str, str] | Headers]
Answer = Triple | AnyResponse


class Compat(Routed):
    """A resource of the toolbox, at its `paths` below the mount.

    - A method returns (data, status, headers). `data` is a dict or list (JSON in httpbin's form), text or bytes (with a
      Content-Type in `headers`; otherwise HTML), an iterator of bytes (chunked), or None (no content). `headers` is a
      mapping, or a werkzeug `Headers` for repeated fields. 204 and 304 get no content. Or it returns a Response.
    - `parameters` declares those of the path and of the query (`Number`, `Text`). The method gets them by name, read
      and checked; faults are 400 `invalid-parameter`. Any other query parameter is accepted. `fields` declares those
      of a form in the body, `forms` its media types, and `once` that it refuses repeated ones. This is for the OpenAPI
      document: the method reads the form itself.
    - Accept, Authorization and cookies are data: nothing is negotiated, and nobody is signed in.
    - The body is read by `api.web.received.body`, with any Content-Type. `largest` names the setting of its cap.
    - There is no standing Cache-Control, and Vary only has Origin where Origin was sent. CORS is that of the contract
      at the prefix, and that of httpbin at the root (`Application.alone`).
    - Raise a Problem for an error; `@answers(status, members, also=…, refuses=…)` declares the rest. `members` are the
      names of the members of a JSON answer (`api.describe.toolbox` has their schemas; `?` marks those that may be
      absent), or a media type.
    - `group`, `example`, `sends`, `body` and `shows` make its example: in the index page, docs/toolbox.md and the
      Postman collection, and which the tests run.
    - Links in answers start with `mount_path()`, so that they work at the prefix, in spaces and at the root.
    """

    parameters: ClassVar[tuple[Parameter, ...]] = ()
    fields: ClassVar[tuple[Parameter, ...]] = ()
    forms: ClassVar[tuple[str, ...]] = (URLENCODED,)
    once: ClassVar[bool] = False
    # The setting with the largest size of its bodies.
    largest: ClassVar[str] = "toolbox_max_body"
    refuses_anywhere = (ContentTooLarge,)
    # The heading of the index page that it stands under.
    group: ClassVar[str] = ""
    # The header fields and the body of its example, which answers with the declared status, or with `shows`.
    sends: ClassVar[Mapping[str, str]] = {}
    body: ClassVar[str] = "greeting=hello"
    shows: ClassVar[int] = 0

    def dispatch_request(self, **place: str) -> Any:
        """Count the request, check its body's length and its parameters, and run the method."""
        request = current_request()
        request.resource = type(self)
        if request.method == "OPTIONS":
            return self.options()
        check_requests(request)  # 429
        settings = services().settings
        check_length(request, getattr(settings, self.largest))  # 413
        method = getattr(self, "get" if request.method == "HEAD" else request.method.lower(), None) or self.head
        others = {each.name for each in self.parameters}
        parameters = [each.within(settings) for each in self.parameters]
        values, faults = read_all(parameters, place, arguments(request))
        if faults:
            raise InvalidParameter(errors=faults)
        return method(**{name: value for name, value in place.items() if name not in others}, **values)

    def options(self, **place: Any) -> Any:
        """Return the methods that this resource supports: 204 as everywhere, or 200 at the root, as httpbin does."""
        status = HTTPStatus.OK if current_request().app.alone else HTTPStatus.NO_CONTENT
        return None, status, {"Allow": ", ".join(self.allowed)}


def answers_anywhere(resource: type[Compat]) -> tuple[type[Problem], ...]:
    """The refusals that any method of a resource may have: for its parameters, and the length of the body."""
    return (*((InvalidParameter,) if resource.parameters else ()), *resource.refuses_anywhere, RateLimited)


def refusal(parameter: str, detail: str, code: str = "wrong_form") -> InvalidParameter:
    """The 400 for one parameter, of the path or the query, that a method itself found wrong."""
    name = parameter.encode("utf-8", "replace").decode()  # JSON cannot show bytes that are not UTF-8
    return InvalidParameter(errors=[{"parameter": name, "code": code, "detail": detail}])


def check_length(request: Request, cap: int) -> None:
    """Raise ContentTooLarge for a body of more than `cap` bytes, also for methods that do not read it."""
    if environ_keys.BODY_REFUSED in request.environ or (request.content_length or 0) > cap:
        raise ContentTooLarge(limit=cap)


def mount_path() -> str:
    """The path that the toolbox is mounted at, with that of the space: `/in/a/httpbin`, or empty at the root.

    With PUBLIC_URL, the path of that comes first. It has no host: redirects stay on the host that the client called.
    """
    prefix = link_prefix()
    return "/" + prefix.partition("://")[2].partition("/")[2] if "://" in prefix else prefix


class CompatApi(flask_restful.Api):  # type: ignore[misc]  # flask_restful has no types
    """Routes URLs to the resources of the toolbox, and renders their answers."""

    def _init_app(self, app: Flask) -> None:
        route_strictly(app.url_map)
        app.before_request(admit)
        app.after_request(complete)
        app.register_error_handler(Exception, self.handle_error)

    def output(self, resource: Any) -> Any:
        """Wrap a resource's view, so that what the method returns becomes a Response."""

        @wraps(resource)  # Flask reads the name and the methods
        def view(**place: str) -> AnyResponse:
            answer = resource(**place)
            if not isinstance(answer, AnyResponse):
                return respond(*answer)
            check_declared(current_request(), answer.status_code)
            return answer

        return view

    def handle_error(self, error: Exception) -> AnyResponse:
        """Turn any failure into a problem document: in XML if the client prefers it, otherwise in JSON."""
        request = current_request()
        problem = as_problem(error, request)
        check_declared(request, problem)
        status, headers, body = rendered(
            problem,
            accept=request.environ.get("HTTP_ACCEPT"),
            request_id=request.request_id,
            prefix=server_prefix(),
        )
        request.environ[environ_keys.PROBLEM] = problem.slug
        return request.app.response_class(body, status=status, headers=Headers(headers))


def respond(data: Any, status: int, headers: Mapping[str, str] | Headers) -> AnyResponse:
    """Create the Response for what a method returned."""
    request = current_request()
    check_declared(request, status)
    fields = Headers(headers)
    if status in BODILESS:
        fields.remove("Content-Type")
        return request.app.response_class(None, status=status, headers=fields)
    content: Iterable[bytes]
    if isinstance(data, dict | list):
        data = plain_json.written(data)
        fields.setdefault("Content-Type", JSON)
    elif isinstance(data, str):
        data = data.encode()
    fields.setdefault("Content-Type", HTML)
    if data is None or isinstance(data, bytes):
        content = [data or b""]
        fields.setdefault("Content-Length", str(len(data or b"")))
    else:
        content = data
    return request.app.response_class(content, status=int(status), headers=fields)


def admit() -> AnyResponse | None:
    """Check the request as it was sent, before the result of routing counts (CONTRACT §2, 1–5)."""
    request = current_request()
    check_method_and_fields(request)
    if is_for_the_server(request) or (is_preflight(request) and not request.app.alone):
        return respond(None, HTTPStatus.NO_CONTENT, {})
    allow_encoded_slashes(request)
    check_target(request)
    if request.url_rule:
        # At the root too, so that logs of both have the same names.
        request.environ[environ_keys.ROUTE] = MOUNT + request.url_rule.rule
    return None


def allow_encoded_slashes(request: Request) -> None:
    """Accept encoded slashes in the last part of a path that may have slashes, as httpbin does: `/anything/a%2Fb`."""
    target, rule = request.environ.get("REQUEST_URI"), request.url_rule
    if request.sent_path is None and target is not None and rule and FREE in rule.rule:
        before = request.environ.get("SCRIPT_NAME", "") + rule.rule.partition(FREE)[0]
        request.sent_path = exact_path(target, fixed=before.count("/"))


def complete(answer: AnyResponse) -> AnyResponse:
    """Add the fields of every answer: the request id, security, CORS, what is left of a rate limit."""
    request = current_request()
    fields = answer.headers
    fields.setdefault("X-Request-Id", request.request_id)
    for name, value in SECURITY.items():
        fields.setdefault(name, value)
    for name, value in request.rate_limit.items():
        fields[name] = value
    if request.over_tls:
        fields.set(*HSTS)
    origin = request.environ.get("HTTP_ORIGIN")
    if request.app.alone:
        fields.update(cors_at_the_root(request, origin))
    else:
        origins = services().settings.cors_origins
        preflight = is_preflight(request) and answer.status_code == HTTPStatus.NO_CONTENT
        fields.update(cors.preflight_fields(origin, origins) if preflight else cors.answer_fields(origin, origins))
        if not cors.varies(origins):
            origin = None
    if origin is not None:
        fields["Vary"] = f"{fields['Vary']}, Origin" if "Vary" in fields else "Origin"
    return answer


def cors_at_the_root(request: Request, origin: str | None) -> dict[str, str]:
    """The fields of CORS as httpbin has them: on every answer, with credentials, which are nobody's here."""
    found = {"Access-Control-Allow-Origin": origin or "*", "Access-Control-Allow-Credentials": "true"}
    if request.method == "OPTIONS":
        found |= {"Access-Control-Allow-Methods": METHODS, "Access-Control-Max-Age": MAX_AGE}
        if asked := request.environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"):
            found["Access-Control-Allow-Headers"] = asked
    return found


__all__ = [
    "HTML",
    "JSON",
    "LARGEST",
    "MOUNT",
    "Answer",
    "Compat",
    "CompatApi",
    "Headers",
    "Number",
    "Text",
    "Triple",
    "answers",
    "answers_anywhere",
    "current_request",
    "declared_by",
    "mount_path",
    "refusal",
    "services",
]
