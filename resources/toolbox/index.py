"""The index: every endpoint on one page, with forms to try it, and the documents for programs.

curl -i http://127.0.0.1:8000/httpbin/spec.json
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from flask import current_app

from api.rules.planted import TOKEN
from api.rules.problems import MalformedBody, NotFound
from api.web.compat import HTML, Answer, Compat, Text, answers, current_request, mount_path, refusal
from api.web.forms import read_form
from api.web.received import body
from api.web.rehearsal import rehearse
from api.web.request import link_prefix, server_prefix

PAGE = "text/html"
FIELDS = 20


class Index(Compat):
    """Every endpoint, with forms to try it."""

    paths = ("/", "/docs")
    group = "Documents"

    @answers(200, PAGE)
    def get(self) -> Answer:
        """Return the page with every endpoint."""
        return page(None)


class Spec(Compat):
    """The OpenAPI document of the toolbox."""

    paths = ("/spec.json",)
    group = "Documents"

    @answers(200, ("openapi", "info", "paths"))
    def get(self) -> Answer:
        """Return the OpenAPI document of the toolbox by itself."""
        from api.describe.toolbox import document

        return document(current_app, link_prefix()), HTTPStatus.OK, {}


class Postman(Compat):
    """The Postman collection of the toolbox."""

    paths = ("/postman.json",)
    group = "Documents"

    @answers(200, ("info", "item", "variable"))
    def get(self) -> Answer:
        """Return the Postman collection of the toolbox by itself."""
        from api.describe.toolbox import collection

        return collection(current_app, base_url()), HTTPStatus.OK, {}


class Try(Compat):
    """What a form of the index page does."""

    paths = ("/try",)
    group = "Documents"
    body = "id=get_get"
    fields = (Text("id", "The operation of the form.", required=True),)

    @answers(200, PAGE, refuses=[MalformedBody, NotFound])
    def post(self) -> Answer:
        """Make the request of a form, and show it and its answer as on the wire."""
        from api.describe.endpoints import WITH_BODY, endpoints

        request = current_request()
        form = read_form(body(request), request.environ.get("CONTENT_TYPE", ""))
        sent = {name: values[0] for name, values in form.fields.items()}
        found = next((each for each in endpoints(current_app) if each.id == sent.get("id")), None)
        if found is None or found.route == "/try":
            raise NotFound("There is no such endpoint.")
        values = {name: sent.get(f"p.{name}", found.value(name)) for name in found.in_path}
        query = {name.removeprefix("q."): value for name, value in sent.items() if name.startswith("q.") and value}
        asked = "&".join(filter(None, (urlencode(query), quote(sent.get("more", ""), safe="%&=+:/?@!$'()*,;[]~"))))
        content = sent.get("body", "").encode() if found.method in WITH_BODY else b""
        fields = typed_fields(sent.get("fields", ""))
        if content and "content-type" not in {name.lower() for name in fields}:
            fields["content-type"] = "application/x-www-form-urlencoded"
        done = rehearse(request, found.method, found.filled(values), asked, fields, content)
        return page({"endpoint": found, "name": found.path, "filled": sent, **done._asdict()})


def typed_fields(text: str) -> dict[str, str]:
    """The header fields that were typed, by name. Raises InvalidParameter."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.partition(":")
        if not (colon and TOKEN.fullmatch(name) and value.isprintable() and len(found) < FIELDS):
            raise refusal("fields", "Each line is a header field, such as `Accept: text/plain`.")
        try:
            found[name] = value.strip().encode("utf-8").decode("latin-1")
        except UnicodeEncodeError:
            raise refusal("fields", "This is no text.") from None
    return found


def page(tried: Mapping[str, Any] | None) -> Answer:
    """The page: with every endpoint, or with the answer of one that was `tried`."""
    from api.describe.endpoints import WITH_BODY, endpoints
    from api.describe.pages import page as filled
    from api.describe.pages import policy

    groups: dict[str, list[Any]] = {}
    for each in () if tried else endpoints(current_app):
        if each.route not in ("/try", "/docs"):
            groups.setdefault(each.resource.group, []).append(each)
    content = filled(
        "toolbox.html",
        prefix=server_prefix(),
        mount=mount_path(),
        origin=base_url(),
        groups=groups.items(),
        tried=tried,
        with_body=WITH_BODY,
    )
    return content, HTTPStatus.OK, {"Content-Type": HTML, "Content-Security-Policy": policy()}


def base_url() -> str:
    """The URL of the toolbox: PUBLIC_URL, or the address where this server listens; never the client's Host."""
    environ, prefix = current_request().environ, link_prefix()
    return prefix if "://" in prefix else f"http://{environ['SERVER_NAME']}:{environ['SERVER_PORT']}{prefix}"
