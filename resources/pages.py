"""The target of the forms on pages. Each form calls the resource itself, like any other client.

curl -i -X OPTIONS http://127.0.0.1:8000/pages/articles
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import quote

from flask import Response, current_app

from api.describe.browsable import CHANGES, answer_page, refused_form_page
from api.describe.forms import (
    KEY,
    METHOD,
    NAME,
    NONE_THERE,
    PARTLY,
    PASSWORD,
    TAG,
    TEXT,
    TOKEN,
    TYPE,
    content_of,
)
from api.kit import (
    Answer,
    Invalid,
    MethodNotAllowed,
    PreconditionFailed,
    Problem,
    RequestParser,
    Resource,
    Unauthenticated,
    UploadParser,
    answers,
    current_request,
    link_prefix,
)
from api.rules.dispositions import content_disposition
from api.rules.media import PROBLEM_JSON, parse_content_type
from api.rules.targets import exact_path
from api.web import sessions
from api.web.declared import declared_by
from api.web.failures import not_found
from api.web.page_forms import FormParser, SentForm
from api.web.shown import Shown
from api.web.within import Asked, answer_to, resource_of

# Successful statuses that get their own page if there is no target to redirect to.
SHOWN_AT_ONCE = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED)
PLAIN = "text/plain"
BINARY = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Place:
    """The page of a form, and its action: `method`, or with `naming` a PUT to the name in the form."""

    path: str
    route: str
    resource: Any
    method: str
    naming: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """The request of a form, and its resource; `content` is the submitted object, if it is one."""

    asked: Asked
    resource: Any
    content: Mapping[str, Any] | None = None


class Pages(Resource):
    """The target of the forms on pages."""

    paths = ("/pages/<path:place>",)
    example = {"place": "tokens"}
    offers = {}
    caching = "no-store"
    prefers = False
    for_forms = True
    form = FormParser()

    @answers(303, takes=form, refuses=[Problem], also=SHOWN_AT_ONCE)
    def post(self, place: str) -> Answer:
        """Execute a form of a page, and redirect to the result."""
        request = current_request()
        sessions.refuse_from_elsewhere(request)  # 403
        sent = self.form.form()  # 400 413 415
        page = place_of(f"/{place}", sent)  # 404 405
        if sessions.is_from_own_page(request):
            # Also for an outdated form, so that the person's input is not lost.
            request.page = partial(page_of_refusal, page, sent)
        sessions.check_form(request, sent.text(TOKEN))  # 403
        request.page = partial(page_of_refusal, page, sent)
        wish = wished(page, sent)  # 422
        try:
            answer = answer_to(wish.asked)  # and the refusals of the resource
        except Unauthenticated:
            if page.resource.asks_password and sent.text(PASSWORD):
                # Not a 401 with a challenge: the browser would ask for the password in its own window.
                raise wrong_password() from None
            raise
        except PreconditionFailed:
            if not is_done(wish):
                raise
            return None, HTTPStatus.SEE_OTHER, {"Location": link_prefix() + quote(wish.asked.path)}
        return answer_shown(page, wish, answer) or (None, HTTPStatus.SEE_OTHER, {"Location": leads_to(wish, answer)})


def place_of(path: str, sent: SentForm) -> Place:
    """The page at this path, and the action of the form. Raises NotFound, MethodNotAllowed."""
    method, naming = sent.text(METHOD) or "POST", NAME in sent.fields
    if method == "PUT" and PARTLY in sent.fields:
        method = "PATCH"
    if method not in CHANGES:
        allowed = sorted(CHANGES)
        raise MethodNotAllowed("Forms cannot do this.", allowed=allowed, headers={"Allow": ", ".join(allowed)})
    route, resource = resource_of(Asked("GET" if naming else method, path))
    if resource.for_forms:
        raise not_found()
    return Place(path, route, resource, method, naming)


def wished(page: Place, sent: SentForm) -> Wish:
    """The request of the form. Raises Invalid for a bad name."""
    path, resource = named(page, sent.text(NAME)) if page.naming else (page.path, page.resource)
    declared = declared_by(resource, page.method)
    takes = declared.takes if declared else None
    fields = {}
    if tag := sent.text(TAG):
        fields = {"If-None-Match": "*"} if tag == NONE_THERE else {"If-Match": tag}
    if key := sent.text(KEY):
        fields["Idempotency-Key"] = key
    account = current_request().account
    if page.resource.asks_password and account and (password := sent.text(PASSWORD)):
        fields["Authorization"] = f"Basic {b64encode(f'{account.username}:{password}'.encode()).decode()}"
    if isinstance(takes, RequestParser):
        content = content_of(takes, sent.fields)
        body = BytesIO(json.dumps(changes(page, content), ensure_ascii=False).encode())
        return Wish(Asked(page.method, path, fields, takes.media_types[0], body), resource, content)
    if isinstance(takes, UploadParser):
        return Wish(upload(page.method, path, fields, takes, sent), resource)
    return Wish(Asked(page.method, path, fields), resource)


def changes(page: Place, content: dict[str, Any]) -> dict[str, Any]:
    """The submitted object; for a PATCH, only the members that differ from the current ones."""
    now = read(page.path, page.route, page.resource) if page.method == "PATCH" else None
    return {name: value for name, value in content.items() if now.data.get(name, ...) != value} if now else content


def wrong_password() -> Invalid:
    """The refusal of a form whose password is not that of the signed-in account."""
    return Invalid(errors=[{"pointer": f"#/{PASSWORD}", "code": "wrong", "detail": "This is not your password."}])


def named(page: Place, name: str) -> tuple[str, Any]:
    """The path of a client-named resource, and the resource. Raises Invalid for a bad name."""
    path = f"{page.path}/{name}"
    try:
        route, resource = resource_of(Asked(page.method, path))
        if route.rpartition("/")[0] == page.route and exact_path(quote(path)) == path:
            return path, resource
    except Problem:
        pass
    detail = "This cannot be a part of a path."
    raise Invalid(errors=[{"pointer": f"#/{NAME}", "code": "wrong_form", "detail": detail}])


def upload(method: str, path: str, fields: dict[str, str], takes: UploadParser, sent: SentForm) -> Asked:
    """A request with the chosen file, or the text, as its body."""
    chosen, file = sent.text(TYPE), sent.file
    if file is None:
        text = sent.text(TEXT).replace("\r\n", "\n")
        kind = chosen or PLAIN
        return Asked(method, path, fields, f"{kind}; charset=utf-8" if kind == PLAIN else kind, BytesIO(text.encode()))
    known = parse_content_type(file.content_type)
    own = file.content_type if known and known.essence in takes.media_types else BINARY
    disposition = content_disposition(BINARY, file.filename) or ""
    return Asked(method, path, {**fields, "Content-Disposition": disposition}, chosen or own, file.content)


def is_done(wish: Wish) -> bool:
    """Whether the current state equals that of the form: it was sent twice, and the first one succeeded."""
    if wish.asked.method not in ("PUT", "PATCH") or not wish.content:
        return False
    now = read(wish.asked.path, "", wish.resource)
    return now is not None and all(now.data.get(name, ...) == value for name, value in wish.content.items())


def read(path: str, route: str, resource: Any) -> Shown | None:
    """The answer to GET at this path; None if it is refused."""
    try:
        answer = answer_to(Asked("GET", path))
    except Problem:
        return None
    return Shown("GET", quote(path), route, resource, answer.status_code, list(answer.headers), answer.json)


def answer_shown(page: Place, wish: Wish, answer: Response) -> Response | None:
    """The page of an answer that can only be shown now; None if the browser is redirected."""
    if page.method != "POST" or answer.status_code not in SHOWN_AT_ONCE or answer.json is None:
        return None
    if "Location" in answer.headers and wish.resource.caching != "no-store":
        return None
    path, fields = quote(page.path), list(answer.headers)
    shown = Shown("POST", path, page.route, page.resource, answer.status_code, fields, answer.json)
    content, policy = answer_page(current_app, shown)
    own = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
    return current_app.response_class(content, status=answer.status_code, headers=own)


def leads_to(wish: Wish, answer: Response) -> str:
    """The target after a success: the created or changed resource, or the list of a deleted one."""
    path = wish.asked.path
    if wish.asked.method == "POST":
        # Content-Location is the metadata of a message, which has a page; the message itself has none.
        found: str = answer.headers.get("Content-Location") or answer.headers.get("Location") or link_prefix() + path
        return found
    if wish.asked.method == "DELETE":
        while path := path.rpartition("/")[0]:
            try:
                resource_of(Asked("GET", path))
            except Problem:
                continue
            break
    return link_prefix() + quote(path or "/")


def page_of_refusal(page: Place, sent: SentForm, problem: Problem, document: Mapping[str, Any]) -> bytes:
    """The page of a form that was refused."""
    fields = [("Content-Type", PROBLEM_JSON), *problem.headers]
    shown = Shown(page.method, quote(page.path), page.route, page.resource, problem.status, fields, document)
    changed = isinstance(problem, PreconditionFailed) and not page.naming
    now = read(page.path, page.route, page.resource) if changed else None
    return refused_form_page(current_app, shown, problem, sent.fields, now)
