"""The request for resources: Flask's request, and more information from the front."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

import flask
from flask.globals import request_ctx
from werkzeug.utils import cached_property

from api.rules import environ_keys
from api.rules.correlation import request_id
from api.rules.problems import InvalidHeader, InvalidParameter, Problem
from api.rules.spaces import DATA
from api.rules.targets import as_ascii, exact_path

if TYPE_CHECKING:
    from api.rules.accounts import Account
    from api.store.spaces import Place
    from api.web.application import Application, Services
    from api.web.forms import Form

# A parameter that jQuery adds to a GET to avoid caches. Resources ignore it.
CACHE_BUSTER = "_"
# Characters that a query contains unescaped (RFC 3986 §3.4), including the percent sign.
QUERY = "%!$&'()*+,;=:@/?"
# The same limit as for the fields of a form; a query of 8 KiB has room for 4,096.
MOST_PARAMETERS = 1000
# Lone surrogates represent bytes that are not UTF-8. NUL cannot be stored in text columns.
NO_TEXT = re.compile("[\0\ud800-\udfff]")


class Request(flask.Request):
    """One request.

    `app` is the application that serves the request (faster than through Flask's proxy);
    `representation` the media type chosen for the response, once it is known;
    `account` the account of the request, once it is known, or None if not signed in;
    `rate_limit` the fields that show what the client has left, if there is a limit;
    `upload` a body that is not in `body`, because it may be large, and `content_digest` its SHA-256;
    `resource` the class that serves the request; `keyed` whether it has an Idempotency-Key that counts, `claimed`
    whether that key was claimed, and `kept` whether its response was stored; `fingerprint` identifies the request;
    `takes_session` whether a browser's session counts; `form_owner` the cookie that the forms of the page are made for;
    `new_cookie` a Set-Cookie field for the response; `page` renders the page of a refusal that has its own page;
    `parsed_form` the form in the body, once it is parsed;
    `controls` the id of the space whose token was sent; `unsettled` the last change of the resource, if it is in the
    current second.
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
    controls: str | None = None
    unsettled: datetime | None = None
    rate_limit: Mapping[str, str] = MappingProxyType({})
    parsed_form: Form | None = None

    @cached_property
    def request_id(self) -> str:
        """The client's X-Request-Id if it is well-formed, otherwise a new one."""
        known: str = self.environ.get(environ_keys.REQUEST_ID) or request_id(self.environ.get("HTTP_X_REQUEST_ID"))
        self.environ[environ_keys.REQUEST_ID] = known
        return known

    @property
    def space(self) -> Place | None:
        """The space that the request is in; None outside the spaces."""
        place: Place | None = self.environ.get(environ_keys.SPACE)
        return place

    @property
    def within(self) -> bool:
        """Whether a form of another request caused this request (`api.web.within`)."""
        return environ_keys.WITHIN in self.environ

    @property
    def over_tls(self) -> bool:
        """Whether the client uses TLS, to this server or to the proxy in front of it."""
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
        """The method exactly as sent; Flask's own is always in capitals."""
        method: str = self.environ["REQUEST_METHOD"]
        return method

    @property
    def mimetype(self) -> str:
        """The media type of the body in lower case, without parameters; empty if none was sent.

        Werkzeug's version takes quadratic time in the length of the field.
        """
        content_type: str = self.environ.get("CONTENT_TYPE", "")
        return content_type.partition(";")[0].strip().lower()

    @cached_property
    def sent_path(self) -> str | None:
        """The path as it was sent, decoded once; None if it cannot name a resource (CONTRACT §11)."""
        target = self.environ.get("REQUEST_URI", self.environ.get("RAW_URI"))
        return exact_path(target) if target is not None else self.path

    @cached_property
    def sent_fields(self) -> list[tuple[str, str]]:
        """The header field lines as they were sent, names in lower case."""
        lines: list[tuple[str, str]] | None = self.environ.get(environ_keys.FIELDS)
        return lines if lines is not None else [(name.lower(), value) for name, value in self.headers]

    def field(self, name: str) -> str | None:
        """Return the value of a header field, or None if it is absent. `name` is in lower case.

        Raises InvalidHeader if a field that is allowed only once occurs twice.
        """
        value: str | None = self.environ.get("HTTP_" + name.upper().replace("-", "_"))
        if value is not None and "," in value and sum(each == name for each, _ in self.sent_fields) > 1:
            raise InvalidHeader(errors=[{"header": name, "code": "repeated", "detail": "Send this field only once."}])
        return value

    @cached_property
    def parameters(self) -> dict[str, list[str]]:
        """The query parameters by name, in the order sent, without jQuery's cache buster.

        Raises InvalidParameter if they are not UTF-8 or contain NUL, which text columns cannot store, or if there are
        more than MOST_PARAMETERS.
        """
        query = self.query
        if not query:
            return {}
        if query.count("&") >= MOST_PARAMETERS:
            raise InvalidParameter(f"The query has more than {MOST_PARAMETERS:,} parameters.", errors=[])
        found: dict[str, list[str]] = {}
        wrong = []
        # Bytes that are not UTF-8 become lone surrogates, so that the parameter can be named in the problem.
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
    """Return the request that is being served."""
    # Called so often that each step through Flask's proxy is measurable.
    found: Any = request_ctx._get_current_object().request  # type: ignore[attr-defined]  # a proxy, typed as its target
    return found  # type: ignore[no-any-return]  # Flask types its own class; the app is made with ours


def in_space() -> bool:
    """Whether there is a request, and it is in a space."""
    return bool(request_ctx) and current_request().space is not None


def services() -> Services:
    """Return the services of the application that serves the current request."""
    return current_request().app.services


def server_prefix() -> str:
    """Return the start of links to this server or space: PUBLIC_URL, or the mount path. Never the client's Host."""
    request = current_request()
    public: str = request.app.services.settings.public_url
    if not public:
        mount: str = request.environ.get("SCRIPT_NAME", "")
        return mount.removesuffix(request.app.mount)
    return f"{public}{DATA}/{request.space.id}" if request.space else public


def link_prefix() -> str:
    """Return the start of links to the resources of this application: `server_prefix`, and its own mount path."""
    return server_prefix() + current_request().app.mount


def no_parameters() -> None:
    """Raise 400 for any query parameter. For methods without parameters, after all earlier checks (CONTRACT §2)."""
    if sent := current_request().parameters:
        raise InvalidParameter(
            errors=[
                {"parameter": name, "code": "unknown", "detail": "There is no such parameter here."} for name in sent
            ]
        )
