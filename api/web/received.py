"""What a request has, in the form of httpbin: its parameters, header fields, body, address and URL."""

import base64
import re
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.http import parse_cookie

from api.rules import plain_json
from api.rules.problems import MalformedBody
from api.rules.tokens import without_tokens
from api.web.forms import FORM_TYPES, URLENCODED, Form, read_form
from api.web.request import Request

# Fields that proxies add. They are shown only with the parameter `show_env`.
HIDDEN = frozenset(
    {
        "x-varnish",
        "x-request-start",
        "x-heroku-queue-depth",
        "x-real-ip",
        "x-forwarded-proto",
        "x-forwarded-protocol",
        "x-forwarded-ssl",
        "x-forwarded-port",
        "x-heroku-queue-wait-time",
        "x-forwarded-for",
        "x-heroku-dynos-in-use",
        "x-forwarded-host",
        "x-request-id",
        "via",
        "total-route-time",
        "connect-time",
    }
)
BINARY = "application/octet-stream"
# Cookies of Touchstone itself; in a space, its id follows.
OWN_COOKIE = re.compile(r"(?:session|visitor)(?:-[a-z0-9-]+)?")
# Sites whose scripts may see what the browser adds by itself.
OWN_SITES = ("same-origin", "none")


def arguments(request: Request) -> dict[str, list[str]]:
    """The query parameters by name, in the order sent. Bytes that are not UTF-8 become U+FFFD."""
    found: dict[str, list[str]] = {}
    query = request.environ.get("QUERY_STRING", "")
    if query:
        text = query if query.isascii() else query.encode("latin-1").decode("utf-8", "replace")
        for name, value in parse_qsl(text, keep_blank_values=True):
            found.setdefault(name, []).append(value)
    return found


def one_or_all(values: dict[str, list[Any]]) -> dict[str, Any]:
    """Each single value by itself, and repeated ones as a list."""
    return {name: each[0] if len(each) == 1 else each for name, each in values.items()}


def headers(request: Request, *, hidden: bool = False) -> dict[str, str]:
    """The header fields: names in Title-Case, lines of one name joined. `hidden` includes those of proxies.

    Credentials of Touchstone that a browser added by itself are left out.
    """
    found: dict[str, str] = {}
    for name, value in request.sent_fields:
        if name in HIDDEN and not hidden:
            continue
        title = "-".join(word.capitalize() for word in name.split("-"))
        value = without_credentials(request, name, value)
        found[title] = f"{found[title]}{'; ' if name == 'cookie' else ','}{value}" if title in found else value
    return found


def without_credentials(request: Request, name: str, value: str) -> str:
    """The value of a field without Touchstone's own credentials, which a browser may have added for another site."""
    if name == "cookie":
        return without_tokens(value)
    site = request.environ.get("HTTP_SEC_FETCH_SITE")
    if name == "authorization" and site is not None and site not in OWN_SITES:
        return f"{value.partition(' ')[0]} …"
    return value


def cookies(request: Request) -> dict[str, str]:
    """The cookies by name, without those of Touchstone; of a repeated one, the first."""
    sent = parse_cookie(request.environ.get("HTTP_COOKIE", ""))
    return {name: without_tokens(value) for name, value in sent.items() if not OWN_COOKIE.fullmatch(name)}


def origin(request: Request) -> str | None:
    """The address of the client: X-Forwarded-For as told, otherwise that of the connection."""
    told: str | None = request.environ.get("HTTP_X_FORWARDED_FOR")
    return told or request.remote_addr


def url(request: Request) -> str:
    """The URL of the request. Its scheme is that of X-Forwarded-Proto, which is only shown, never used."""
    environ = request.environ
    told = environ.get("HTTP_X_FORWARDED_PROTO") or environ.get("HTTP_X_FORWARDED_PROTOCOL")
    if not told and environ.get("HTTP_X_FORWARDED_SSL") == "on":
        told = "https"
    return request.url if told is None else f"{told}://{request.url.partition('://')[2]}"


def body(request: Request) -> bytes:
    """The body as it was sent, not decoded. Its length has been checked (`Compat`)."""
    if request.body is None:
        length = request.content_length
        terminated = request.environ.get("wsgi.input_terminated")
        request.body = request.environ["wsgi.input"].read(length) if length or terminated else b""
    return request.body


def seen(request: Request, *names: str) -> dict[str, Any]:
    """The named members of httpbin's answers. Raises ContentTooLarge for a form of over 1,000 fields."""
    return {name: MEMBERS[name](request) for name in names}


def data(request: Request) -> str:
    """The body as text, or as a `data:` URL; empty for forms."""
    return "" if request.mimetype in FORM_TYPES else text_or_url(body(request), BINARY)


def form(request: Request) -> dict[str, Any]:
    """The fields of a form."""
    return one_or_all(_form(request).fields)


def files(request: Request) -> dict[str, Any]:
    """The files of a form: their content as text, or as a `data:` URL."""
    return one_or_all(
        {
            name: [text_or_url(file.content, file.content_type) for file in each]
            for name, each in _form(request).files.items()
        }
    )


def text_or_url(content: bytes, content_type: str) -> str:
    """UTF-8 as text, other content as a `data:` URL (RFC 2397)."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"data:{content_type};base64,{base64.b64encode(content).decode()}"


def _json(request: Request) -> Any:
    try:
        return plain_json.read(body(request).decode())
    except UnicodeDecodeError:
        return None


def _form(request: Request) -> Form:
    if request.mimetype not in FORM_TYPES:
        return Form()
    if request.parsed_form is None:
        request.parsed_form = _any_form(body(request), request.environ["CONTENT_TYPE"])
    return request.parsed_form


def _any_form(content: bytes, content_type: str) -> Form:
    # As httpbin reads it: of a form that is broken, it shows what it can, and never refuses it.
    try:
        return read_form(content, content_type)
    except MalformedBody:
        if not content_type.lower().startswith(URLENCODED):
            return Form()
    found = Form()
    for name, value in parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True):
        found.fields.setdefault(name, []).append(value)
    return found


MEMBERS = {
    "args": lambda request: one_or_all(arguments(request)),
    "data": data,
    "files": files,
    "form": form,
    "headers": headers,
    "json": _json,
    "method": lambda request: request.method,
    "origin": origin,
    "url": url,
}
# The members of the answers to requests with a body.
D7 = ("args", "data", "files", "form", "headers", "json", "origin", "url")
GET = ("args", "headers", "origin", "url")
