"""Every route of the server, each with one example URL, for tests that run on all of them."""

import json
import re
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import httpx

from api.app import find_resources
from api.describe.operations import Operation
from api.describe.samples import RUN
from api.describe.steps import body_of
from api.rules.media import HTML
from api.web.declared import declared_by
from api.web.resource import Resource

# `{article}`, `{user}`, … are resources that the test creates.
TOLD = {
    "/": "/",
    "/hello": "/hello",
    "/echo": "/echo",
    "/echo/<path:anything>": "/echo/any/path",
    "/status/<int:code>": "/status/200",
    "/users": "/users",
    "/users/<id:user_id>": "/users/{user}",
    "/users/me": "/users/me",
    "/tokens": "/tokens",
    "/tokens/<id:token_id>": "/tokens/{token}",
    "/secrets": "/secrets",
    "/secrets/<name:secret_name>": "/secrets/{secret}",
    "/admin/audit": "/admin/audit",
    "/articles": "/articles",
    "/articles/<id:article_id>": "/articles/{article}",
    "/messages": "/messages",
    "/messages/<uuid:message_id>": "/messages/{message}",
    "/messages/<uuid:message_id>/metadata": "/messages/{message}/metadata",
    "/messages/<uuid:message_id>/parts/<int:number>": "/messages/{message}/parts/1",
    "/.well-known/api-catalog": "/.well-known/api-catalog",
    "/favicon.ico": "/favicon.ico",
    "/sign-in": "/sign-in",
    "/sign-out": "/sign-out",
    "/pages/<path:place>": "/pages/articles",
    "/docs": "/docs",
    "/docs/<name:file_name>": "/docs/swagger-ui.css",
    "/openapi.json": "/openapi.json",
    "/openapi.yaml": "/openapi.yaml",
    "/postman/tour.json": "/postman/tour.json",
    "/postman/collection.json": "/postman/collection.json",
    "/postman/environment.json": "/postman/environment.json",
    "/problems": "/problems",
    "/problems/<slug>": "/problems/not-found",
}


def derived(route: str, resource: type[Resource]) -> str:
    """The example URL of a route that is not listed here; `{made}` is the id of a created resource."""
    return re.sub("<(?:[^<>:]+:)?([^<>]+)>", lambda name: resource.example.get(name[1], "{made}"), route)


def make(http: httpx.Client, route: str, **options: Any) -> str:
    """Create the resource for the parameter of a route that has no example, by a POST to its collection; return its id.

    A resource below it that PUT or another POST creates is created, too.
    """
    collection = EXAMPLES[route].partition("{")[0].rstrip("/")
    sent = sound(collection, "POST")
    answer = http.post(collection, content=sent["content"], headers={**sent["headers"], **options.pop("headers", {})})
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    made = answer.headers["Location"].rpartition("/")[2]
    put = declared_by(ROUTES[route], "PUT")
    if put and put.status == HTTPStatus.CREATED and not EXAMPLES[route].endswith("{made}"):
        assert http.put(EXAMPLES[route].format(made=made)).status_code == HTTPStatus.CREATED
    nested = route.rpartition("/")[0]
    post = declared_by(ROUTES[nested], "POST") if "{made}" in EXAMPLES.get(nested, "") else None
    if post and post.status == HTTPStatus.CREATED:
        answer = http.post(EXAMPLES[nested].format(made=made), **sound(nested, "POST"))
        assert answer.status_code == HTTPStatus.CREATED, answer.text
    return made


ROUTES: dict[str, type[Resource]] = {path: resource for resource in find_resources() for path in resource.paths}
# A new resource needs no line here: its path parameter comes from its `example`, or from a create in its collection.
EXAMPLES = {route: TOLD.get(route) or derived(route, resource) for route, resource in ROUTES.items()}
# Routes for the forms of pages only. Programs do not send these forms, and tests/pages tests the routes.
FORMS = [route for route in ROUTES if ROUTES[route].for_forms]
# Routes that only act: they have no GET.
ACTIONS = [route for route in ROUTES if route not in FORMS and "GET" not in ROUTES[route].allowed]
KNOWN = [route for route in ROUTES if route not in (*FORMS, *ACTIONS)]
# Routes with their own parameters, or with any.
STRICT = [route for route in KNOWN if not route.startswith("/echo")]
# Routes whose content differs from read to read, and routes without a rate limit.
MOVING = ["/metrics"]
# Routes whose default is HTML.
PAGES = [route for route in KNOWN if HTML in ROUTES[route].reads[:1]]
PROBES = [route for route in KNOWN if ROUTES[route].for_probes]
# Routes that serve stored content regardless of Accept; the others have representations.
VERBATIM = [route for route in KNOWN if not ROUTES[route].offers]
NEGOTIATED = [route for route in KNOWN if route not in VERBATIM]

BODIES = {"POST": "application/json", "PUT": "application/json", "PATCH": "application/merge-patch+json"}


def methods(route: str) -> list[str]:
    """The methods of a route, including HEAD, without OPTIONS."""
    return [method for method in ROUTES[route].allowed if method != "OPTIONS"]


def answers_without_content(route: str, method: str) -> bool:
    """Whether a success of this method is 204, or stored content, so that Accept does not matter."""
    declared = declared_by(ROUTES[route], method)
    return route in VERBATIM or (declared is not None and declared.status == HTTPStatus.NO_CONTENT)


def every(routes: list[str], *, content: bool = False) -> list[tuple[str, str]]:
    """Each method of each of the routes; with `content` only those whose success has content.

    With all routes that have GET, those that only act are included.
    """
    return [
        (route, method)
        for route in (*routes, *(ACTIONS if set(routes) >= set(STRICT) else ()))
        for method in methods(route)
        if not (content and answers_without_content(route, method))
    ]


def sound(route: str, method: str) -> dict[str, Any]:
    """The body and type of a valid request with this method, if it takes a body."""
    if method not in BODIES:
        return {}
    if route == "/messages":
        return {"content": b"A message", "headers": {"Content-Type": "text/plain"}}
    if route in FORMS:
        # As valid as possible without the token of a page.
        form = {"/sign-in": b"username=john&password=john", "/sign-out": b""}.get(route, b"_method=POST&title=A+title")
        return {"content": form, "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
    mark = uuid4().hex[:12]
    if route not in TOLD:
        kind, content = body_of(Operation(method, route, ROUTES[route]))
        return {"content": content.replace(RUN, mark).encode(), "headers": {"Content-Type": kind}} if kind else {}
    account = {"username": mark, "name": "A name", "email": f"{mark}@example.org"}
    content = {
        "/users": {**account, "password": f"password-{mark}"},
        "/users/<id:user_id>": account,
        "/users/me": account,
        "/tokens": {},
        "/secrets/<name:secret_name>": {"value": "a value"},
    }.get(route, {"title": "A title", "body": "A body"})
    return {"content": json.dumps(content).encode(), "headers": {"Content-Type": BODIES[method]}}
