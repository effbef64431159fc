"""Api: routes URLs to resources, renders the responses, and turns every failure into a problem."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from functools import partial, wraps
from http import HTTPStatus
from typing import Any

import flask_restful
from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.exceptions import NotFound
from werkzeug.routing import RoutingException
from werkzeug.wrappers import Response as AnyResponse

from api.rules import cors, environ_keys
from api.rules.media import HTML
from api.rules.problems import rendered
from api.web.admission import check_method_and_fields, check_target, is_for_the_server, is_preflight
from api.web.answer_fields import complete, finish, standing_fields
from api.web.declared import check_declared
from api.web.failures import as_problem, not_found
from api.web.idempotency import REPLAYED
from api.web.preconditions import UNTAGGED, is_current
from api.web.representations import CONTENT_TYPES, Stream
from api.web.request import Request, current_request
from api.web.resource import Resource, link_prefix
from api.web.routing import CONVERTERS, route_strictly
from api.web.shown import Shown

# Fields about the representation that a page shows, not about the page itself.
NOT_OF_THE_PAGE = frozenset({"ETag", "Last-Modified", "Content-Range"})
TRIPLE = "Return (data, status, headers), for example: return article, 200, {}"


class Api(flask_restful.Api):  # type: ignore[misc]  # flask_restful has no types
    """The class-based API of Flask-RESTful, with an exact contract.

    It differs from its parent where the parent departs from HTTP: the representation is
    chosen before the method runs, every refusal is a problem document, and a
    method returns all three of (data, status, headers).
    """

    def _init_app(self, app: Flask) -> None:
        # The parent replaces the handlers of the app, returns HTML if its own fail, and breaks with Flask 3.2.
        app.url_map.converters.update(CONVERTERS)
        route_strictly(app.url_map)
        app.before_request(admit)
        app.after_request(complete)
        app.register_error_handler(Exception, self.handle_error)

    def output(self, resource: Any) -> Any:
        """Wrap a resource's view, so that what the method returns becomes a Response."""
        view_class: type[Resource] = resource.view_class

        @wraps(resource)  # Flask reads the name and the methods
        def view(**ids: Any) -> AnyResponse:
            answer = resource(**ids)
            if isinstance(answer, AnyResponse):
                request = current_request()
                if not request.kept:  # otherwise it was already rendered here, to be stored
                    for name, value in standing_fields(request, view_class).items():
                        answer.headers.setdefault(name, value)
                    finish(answer.headers, request)
                if REPLAYED not in answer.headers:  # a replayed response was checked the first time
                    check_declared(request, answer.status_code)
                return answer
            return self.make_response(*triple(answer, view_class), resource=view_class)

        return view

    def render(self, answer: Any) -> AnyResponse:
        """Render what the running method is about to return."""
        resource: type[Resource] = current_request().resource
        return self.make_response(*triple(answer, resource), resource=resource)

    def make_response(
        self, data: Any, status: int, headers: Mapping[str, str], *, resource: type[Resource]
    ) -> AnyResponse:
        """Render what a method returned: in the chosen representation, with its validators and standing fields."""
        request = current_request()
        fields = {**standing_fields(request, resource), **headers}
        reading = status == HTTPStatus.OK and request.method in ("GET", "HEAD")
        if data is not None and request.representation == HTML and HTML not in resource.offers:
            return self.make_page(data, status, fields, resource=resource)
        if reading and "ETag" in fields and is_current(request, fields):
            return respond(request, None, HTTPStatus.NOT_MODIFIED, fields)
        if data is None:
            return respond(request, None, status, fields)
        if resource.prefers and not reading and status in (HTTPStatus.OK, HTTPStatus.CREATED):
            if request.prefers_minimal():
                fields["Preference-Applied"] = "return=minimal"
                fields.pop("Content-Location", None)
                return respond(request, None, status if status == HTTPStatus.CREATED else HTTPStatus.NO_CONTENT, fields)
            if "Location" in fields:
                # The content is the new resource itself, not a report about it (RFC 9110 §8.7).
                fields.setdefault("Content-Location", fields["Location"])
        media_type = request.representation
        if isinstance(data, Stream):
            if reading:
                is_current(request, {"ETag": UNTAGGED})
            return respond(request, data.chunks(media_type), status, fields, media_type)
        content = resource.offers[media_type](data, resource.noun, partial(links_of, request, fields))
        if reading and "ETag" not in fields and resource.caching != "no-store":
            fields["ETag"] = weak_tag(content)
            if is_current(request, fields):
                return respond(request, None, HTTPStatus.NOT_MODIFIED, fields)
        return respond(request, content, status, fields, media_type)

    def make_page(self, data: Any, status: int, fields: dict[str, str], *, resource: type[Resource]) -> AnyResponse:
        """Render a page for people: it shows the response that other clients get, and has forms for allowed changes."""
        request = current_request()
        own = {name: value for name, value in fields.items() if name not in NOT_OF_THE_PAGE}
        own["Cache-Control"] = "no-store"
        # The forms differ each time, so the page has no tag of its own, and only `*` matches it.
        if status == HTTPStatus.OK and is_current(request, {"ETag": UNTAGGED}):
            return respond(request, None, HTTPStatus.NOT_MODIFIED, own)
        plain = next(iter(resource.offers))
        content = resource.offers[plain](data, resource.noun, partial(links_of, request, fields))
        told = {**fields, "Content-Type": CONTENT_TYPES.get(plain, plain), "Content-Length": str(len(content))}
        if status == HTTPStatus.OK and resource.caching != "no-store":
            told.setdefault("ETag", weak_tag(content))
        finish(told, request)
        shown = Shown("GET", request.target, route_of(request), resource, status, list(told.items()), data)
        page, own["Content-Security-Policy"] = request.app.services.resource_page(shown)
        if status == HTTPStatus.PARTIAL_CONTENT:
            own["Content-Range"] = f"bytes 0-{len(page) - 1}/{len(page)}"
        return respond(request, page, status, own, HTML)

    def handle_error(self, error: Exception) -> AnyResponse:
        """Turn any failure into a problem document. Failures of the server are also logged."""
        request = current_request()
        problem = as_problem(error, request)
        check_declared(request, problem)
        status, headers, body = rendered(
            problem,
            accept=request.environ.get("HTTP_ACCEPT"),
            request_id=request.request_id,
            prefix=link_prefix(),
            page=request.app.services.problem_page,
        )
        request.environ[environ_keys.PROBLEM] = problem.slug
        fields = Headers(headers)  # some of them may occur twice
        finish(fields, request)
        return request.app.response_class(body, status=status, headers=fields)


def admit() -> AnyResponse | None:
    """Check the request as it was sent, before the result of routing counts (CONTRACT §2, 1–5)."""
    request = current_request()
    check_method_and_fields(request)
    if is_preflight(request):
        # Before routing and credentials: browsers send none with a preflight (Fetch, CORS-preflight fetch).
        allowed = cors.preflight_fields(request.environ["HTTP_ORIGIN"], request.app.services.settings.cors_origins)
        return respond(request, None, HTTPStatus.NO_CONTENT, {**standing_fields(request, Resource), **dict(allowed)})
    if is_for_the_server(request):
        return respond(request, None, HTTPStatus.NO_CONTENT, standing_fields(request, Resource))
    check_target(request)
    if request.space and not offered_in_spaces(request):
        raise not_found()
    if request.url_rule:
        # The log and the metrics group all requests by the template of their path.
        request.environ[environ_keys.ROUTE] = request.url_rule.rule
    return None


def offered_in_spaces(request: Request) -> bool:
    """Whether the resource of a request in a space exists there. Unknown paths are judged later."""
    endpoint = request.endpoint
    if endpoint is None:  # there may be a resource without this method
        with suppress(RoutingException, NotFound):
            endpoint = request.app.url_map.bind("").match(request.path, method="OPTIONS")[0]
    view = request.app.view_functions.get(endpoint or "")
    return getattr(getattr(view, "view_class", Resource), "in_spaces", True)


def triple(answer: Any, resource: type[Resource]) -> tuple[Any, int, Mapping[str, str]]:
    """Return what a method returned, or raise TypeError with a sentence that says what to write."""
    if not (isinstance(answer, tuple) and len(answer) == 3):
        raise _not_a_triple(resource, f"returned {answer!r:.80}.")
    data, status, headers = answer
    if not isinstance(status, int) or isinstance(status, bool):
        raise _not_a_triple(resource, f"answered with status {status!r}. Use an int or http.HTTPStatus.")
    if not isinstance(headers, Mapping):
        raise _not_a_triple(resource, f"answered with headers {headers!r:.80}.")
    return data, status, headers


def _not_a_triple(resource: type[Resource], what: str) -> TypeError:
    return TypeError(f"{resource.__name__}.{current_request().method.lower()} {what} {TRIPLE}")


def respond(
    request: Request, content: Any, status: int, fields: dict[str, str], media_type: str | None = None
) -> AnyResponse:
    """Create the Response. Without content it has no Content-Type (CONTRACT §3)."""
    check_declared(request, status)
    finish(fields, request)
    if status == HTTPStatus.NOT_MODIFIED:
        fields.pop("Last-Modified", None)  # the client already has it, with the content (RFC 9110 §15.4.5)
    if media_type is not None:
        fields["Content-Type"] = CONTENT_TYPES.get(media_type, media_type)
    if isinstance(content, bytes):
        fields["Content-Length"] = str(len(content))
        content = [content]
    return request.app.response_class(content, status=int(status), headers=fields)


def route_of(request: Request) -> str:
    """Return the path of the request as its resource declares it."""
    return str(request.url_rule)


def weak_tag(content: bytes) -> str:
    """Return the weak tag of a representation without a version: a digest of its bytes."""
    return f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


def links_of(request: Request, fields: Mapping[str, str]) -> dict[str, str]:
    """Return the links of a response by relation, for envelopes: those of the Link field, and `self`."""
    links = {"self": fields.get("Content-Location") or fields.get("Location") or own_url(request)}
    for link in filter(None, fields.get("Link", "").split(", <")):
        target, _, parameters = link.lstrip("<").partition(">")
        links[parameters.partition('rel="')[2].partition('"')[0]] = target
    return links


def own_url(request: Request) -> str:
    """Return the URL of the request itself, in the form of our links."""
    return link_prefix() + request.target
