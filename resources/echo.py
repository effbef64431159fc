"""Returns the received request, so that a client can see what it really sends.

curl -i -X PUT http://127.0.0.1:8000/echo/any/path -H 'Content-Type: application/json' -d '{"a": 1}'
"""

import base64
from typing import Annotated, Any

from pydantic import Field

from api.kit import (
    LEFT_OUT,
    Answer,
    ContentTooLarge,
    Invalid,
    MalformedBody,
    MalformedJson,
    Resource,
    Strict,
    UnsupportedEncoding,
    answers,
    current_request,
    representations,
)
from api.rules.charsets import decoded
from api.rules.media import parse_content_type
from api.rules.strict_json import loads
from api.rules.tokens import without_tokens
from api.web.body import checked_body
from api.web.forms import FORM_TYPES, read_form
from api.web.representations import Links
from api.web.request import Request


def as_text(data: Any, noun: str, links: Links) -> bytes:
    """One line: the method."""
    return f"ECHO: {data['method']}".encode()


class EchoOut(Strict):
    """The received request. The body is in one of: json, form and files, text, or base64."""

    method: str
    url: str
    path: str
    args: dict[str, str | list[str]]
    headers: dict[str, str]
    content_type: str | None
    content_length: int | None
    origin: str | None
    json_: Annotated[Any, Field(alias="json")] = LEFT_OUT
    form: dict[str, str | list[str]] = LEFT_OUT
    files: dict[str, Any] = LEFT_OUT
    text: str = LEFT_OUT
    base64: str = LEFT_OUT


class Echo(Resource):
    """The received request: method, URL, fields and body."""

    paths = ("/echo", "/echo/<path:anything>")
    example = {"anything": "anything"}
    offers = {**representations.ITEM, representations.TEXT: as_text}
    caching = "no-store"
    prefers = False

    @answers(200, EchoOut, refuses=[ContentTooLarge, Invalid, MalformedBody, MalformedJson, UnsupportedEncoding])
    def get(self, anything: str = "") -> Answer:
        """Return the received request."""
        request = current_request()
        body = received_body(request)
        received: dict[str, Any] = {
            # HEAD must describe the answer to GET, to the byte (RFC 9110 §9.3.2).
            "method": "GET" if request.method == "HEAD" else request.method,
            "url": f"{request.scheme}://{request.host}{request.sent_target}",
            "path": request.path,
            "args": {name: one_or_all(values) for name, values in request.parameters.items()},
            "headers": {name: joined(name, values) for name, values in sent_headers(request).items()},
            "content_type": request.environ.get("CONTENT_TYPE") or None,
            "content_length": request.content_length,
            "origin": request.remote_addr,
        }
        return received | body, 200, {}

    post = put = patch = delete = get


def sent_headers(request: Request) -> dict[str, list[str]]:
    """The field lines by name, in the order sent."""
    headers: dict[str, list[str]] = {}
    for name, value in request.sent_fields:
        # Scripts of a page must not read the session cookie, so it is not echoed.
        headers.setdefault(name, []).append(without_tokens(value) if name == "cookie" else value)
    return headers


def joined(name: str, values: list[str]) -> str:
    """The lines of one field as one value (RFC 9110 §5.3); clients of HTTP/2 split Cookie (RFC 9113 §8.2.3)."""
    return ("; " if name == "cookie" else ", ").join(values)


def one_or_all(values: list[Any]) -> Any:
    """A single value by itself, several as a list."""
    return values[0] if len(values) == 1 else values


def received_body(request: Request) -> dict[str, Any]:
    """The body as json, form and files, text, or base64; empty without a body."""
    media_type = parse_content_type(request.environ.get("CONTENT_TYPE", ""))
    essence = request.mimetype
    is_json = essence == "application/json" or essence.endswith("+json")
    parsed = is_json or essence in FORM_TYPES
    settings = request.app.services.settings
    body = checked_body(request, media_types=None, cap=settings.max_json_body if parsed else settings.max_body)
    if not body:
        return {}
    if is_json:
        return {"json": loads(body, exact=True)}
    if essence in FORM_TYPES:
        form = read_form(body, request.environ["CONTENT_TYPE"])
        shown = {"form": {name: one_or_all(values) for name, values in form.fields.items()}}
        files = {
            name: one_or_all(
                [
                    {"filename": file.filename, "content_type": file.content_type, **text_or_base64(file.content)}
                    for file in files
                ]
            )
            for name, files in form.files.items()
        }
        return {**shown, "files": files}
    if essence.startswith("text/"):
        if media_type is None:
            raise MalformedBody("The Content-Type is malformed.")
        return {"text": as_declared(body, media_type.parameters.get("charset", "utf-8"))}
    return {"base64": base64.b64encode(body).decode()}


def as_declared(body: bytes, charset: str) -> str:
    """The body, decoded in its declared charset. Raises MalformedBody for an unknown charset or other content."""
    text = decoded(body, charset)
    if text is None:
        raise MalformedBody(f"The body is not text in {charset:.40}.")
    return text


def text_or_base64(content: bytes) -> dict[str, str]:
    """A file's content as text if it is UTF-8, otherwise in Base64."""
    try:
        return {"text": content.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}
