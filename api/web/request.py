"""The request as resources see it: Flask's, and what the front knows beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

import flask
from flask.globals import request_ctx
from werkzeug.utils import cached_property

from api.rules import environ_keys
from api.rules.accounts import Account
from api.rules.correlation import request_id
from api.rules.problems import InvalidHeader, InvalidParameter, Problem
from api.rules.targets import as_ascii, exact_path

if TYPE_CHECKING:
    from api.web.application import Application, Services

# What jQuery adds to a GET so that no cache answers it; it means nothing to a resource.
CACHE_BUSTER = "_"
# What a query holds as it is (RFC 3986 §3.4), percent-encoding included.
QUERY = "%!$&'()*+,;=:@/?"
# As many as a form may have fields; a query of 8 KiB has room for 4,096.
MOST_PARAMETERS = 1000
# Lone surrogates stand for bytes that are not UTF-8; NUL is a character that no text column takes.
NO_TEXT = re.compile("[\0\ud800-\udfff]")


class Request(flask.Request):
    """One request.

    `app` is the application that answers: to ask for it here costs less than through Flask's proxy;
    `representation` is the media type chosen for its answer, once it is;
    `account` who asks, once that is known: None who is not signed in;
    `rate_limit` the fields that tell what the client has left, where there is a limit;
    `upload` a body that is not in `body`, since it may be large, and `content_digest` its SHA-256;
    `resource` the class that answers; `keyed` whether it has an Idempotency-Key that counts, which was
    then `claimed`, and its answer `kept`; and `fingerprint` what tells it from other requests, once that is known.
    `takes_session` tells whether a browser's session counts, `form_owner` is whom the forms of the page are made
    for, `new_cookie` a Set-Cookie field for the answer; `page` makes the page of a refusal that has one of its own.
    """

    app: Application
    representation: str = "application/json"
    body: bytes | None = None
    upload: Any = None
    content_digest: bytes | None = None
    resource: Any = None
    keyed: bool = False
    claimed: bool = False
    kept: bool = False
    fingerprint: bytes | None = None
    account: Account | None = None
    takes_session: bool = False
    form_owner: str | None = None
    new_cookie: str | None = None
    page: Callable[[Problem, Mapping[str, Any]], bytes] | None = None
    rate_limit: Mapping[str, str] = MappingProxyType({})

    @cached_property
    def request_id(self) -> str:
        """The client's X-Request-Id where it is well-formed, else one made here."""
        known: str = self.environ.get(environ_keys.REQUEST_ID) or request_id(self.environ.get("HTTP_X_REQUEST_ID"))
        self.environ[environ_keys.REQUEST_ID] = known
        return known

    @property
    def within(self) -> bool:
        """Whether this is what a form asks for, on behalf of the request that brought the form (`api.web.within`)."""
        return environ_keys.WITHIN in self.environ

    @property
    def over_tls(self) -> bool:
        """Whether the client speaks TLS, to this server or to the proxy in front of it."""
        return self.scheme == "https" or self.app.services.settings.public_url.startswith("https:")

    @cached_property
    def host(self) -> str:
        """The host that was called, with its port if one was sent (RFC 9110 §7.2).

        Werkzeug's own is empty for names such as `my_service`, which the front accepts.
        """
        environ = self.environ
        sent: str = environ.get("HTTP_HOST", "")
        return sent or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"

    @property
    def query(self) -> str:
        """The query as it was sent; bytes that are not UTF-8 are lone surrogates."""
        query: str = self.environ.get("QUERY_STRING", "")
        return query if query.isascii() else query.encode("latin-1").decode("utf-8", "surrogateescape")

    @property
    def target(self) -> str:
        """The path with its query, as a link below the mount."""
        query = as_ascii(self.environ.get("QUERY_STRING", ""))
        return quote(self.path) + (f"?{quote(query, safe=QUERY)}" if query else "")

    @property
    def sent_target(self) -> str:
        """The request target as it was sent, in ASCII."""
        return as_ascii(self.environ.get("REQUEST_URI") or self.environ.get("RAW_URI") or self.full_path)

    @property
    def sent_method(self) -> str:
        """The method to the letter: Flask's own is in capitals whatever was sent."""
        method: str = self.environ["REQUEST_METHOD"]
        return method

    @property
    def mimetype(self) -> str:
        """The media type of the body in lower case, without parameters; empty where none was sent.

        Werkzeug's takes a time that grows with the square of the field's length.
        """
        content_type: str = self.environ.get("CONTENT_TYPE", "")
        return content_type.partition(";")[0].strip().lower()

    @cached_property
    def sent_path(self) -> str | None:
        """The path as it was sent, decoded once; None where it can name nothing (CONTRACT §11)."""
        target = self.environ.get("REQUEST_URI", self.environ.get("RAW_URI"))
        return exact_path(target) if target is not None else self.path

    @cached_property
    def sent_fields(self) -> list[tuple[str, str]]:
        """The header field lines as they were sent, names in lower case."""
        lines: list[tuple[str, str]] | None = self.environ.get(environ_keys.FIELDS)
        return lines if lines is not None else [(name.lower(), value) for name, value in self.headers]

    def field(self, name: str) -> str | None:
        """The value of a header field; None where it is absent. Field names are in lower case here.

        Raises InvalidHeader where a field that may stand once stands twice.
        """
        value: str | None = self.environ.get("HTTP_" + name.upper().replace("-", "_"))
        if value is not None and "," in value and sum(each == name for each, _ in self.sent_fields) > 1:
            raise InvalidHeader(errors=[{"header": name, "code": "repeated", "detail": "This field may stand once."}])
        return value

    @cached_property
    def parameters(self) -> dict[str, list[str]]:
        """The query parameters by name, in the order sent, without jQuery's cache buster.

        Raises InvalidParameter where they are not UTF-8 or hold NUL, which no text column takes, or where there are
        more than MOST_PARAMETERS.
        """
        query = self.query
        if not query:
            return {}
        if query.count("&") >= MOST_PARAMETERS:
            raise InvalidParameter(f"The query has more than {MOST_PARAMETERS:,} parameters.", errors=[])
        found: dict[str, list[str]] = {}
        wrong = []
        # What is not UTF-8 comes out as lone surrogates, so that the parameter can be named.
        for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):
            if NO_TEXT.search(name + value):
                shown = NO_TEXT.sub("\ufffd", name)
                wrong.append({"parameter": shown, "code": "no_text", "detail": "This must be UTF-8, without NUL."})
            elif name != CACHE_BUSTER:
                found.setdefault(name, []).append(value)
        if wrong:
            raise InvalidParameter(errors=wrong)
        return found

    def prefers_minimal(self) -> bool:
        """Whether `Prefer: return=minimal` was sent (RFC 7240 §4.2); the first `return` counts (§2)."""
        asked: str | None = self.environ.get("HTTP_PREFER")
        if not asked or "return" not in asked.lower():
            return False
        for preference in asked.split(","):
            name, _, value = preference.partition(";")[0].partition("=")
            if name.strip().lower() == "return":
                return value.strip().strip('"').lower() == "minimal"
        return False


def current_request() -> Request:
    """The request being answered."""
    # Asked for so often that each step through Flask's proxy shows.
    found: Any = request_ctx._get_current_object().request  # type: ignore[attr-defined]  # a proxy, typed as what it is for
    return found  # type: ignore[no-any-return]  # Flask types its own class; the app is made with ours


def services() -> Services:
    """The services of the application that answers the current request."""
    return current_request().app.services


def no_parameters() -> None:
    """Refuse any query parameter: 400. For methods that take none, after all that comes first (CONTRACT §2)."""
    if sent := current_request().parameters:
        raise InvalidParameter(
            errors=[
                {"parameter": name, "code": "unknown", "detail": "There is no such parameter here."} for name in sent
            ]
        )
