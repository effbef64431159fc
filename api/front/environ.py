"""An ASGI scope as a WSGI environment (PEP 3333), and what is refused by its head alone."""

import sys
import time
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIEnvironment

from api.front.asgi import Scope
from api.front.settings import FrontSettings
from api.rules.problems import HeaderFieldsTooLarge, InvalidHost, NotImplementedHere, UriTooLong
from api.rules.request_ids import request_id
from api.rules.targets import valid_host

PROTOCOLS = {"1": "HTTP/1.0", "1.0": "HTTP/1.0", "1.1": "HTTP/1.1", "2": "HTTP/2.0"}

SAME: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}


def environ_of(scope: Scope) -> WSGIEnvironment:
    """The environment of a request, all but its body.

    `touchstone.fields` has the field lines as they came. In the `HTTP_` variables
    repeated lines are joined (RFC 9110 §5.3), and names with an underscore are left out: they would
    pass for the same names with a hyphen. Nothing comes from the environment of the process.
    """
    path, query = scope["raw_path"], scope["query_string"]
    target = (path + b"?" + query if query else path).decode("latin-1")
    fields: list[tuple[str, str]] = []
    environ = SAME.copy()
    environ["REQUEST_METHOD"] = scope["method"]
    environ["REQUEST_URI"] = target
    environ["PATH_INFO"] = (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1")
    environ["QUERY_STRING"] = query.decode("latin-1")
    environ["SERVER_PROTOCOL"] = PROTOCOLS[scope["http_version"]]
    environ["SERVER_NAME"], environ["SERVER_PORT"] = scope["server"]
    environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = scope["client"]
    environ["wsgi.url_scheme"] = scope["scheme"]
    environ["wsgi.errors"] = sys.stderr
    environ["touchstone.arrived"] = time.perf_counter()
    environ["touchstone.fields"] = fields
    for raw_name, raw_value in scope["headers"]:
        name, variable = _names(raw_name)
        value = raw_value.decode("latin-1")
        if name == "host" and not value:
            continue  # the server below makes an empty one up where there is none
        fields.append((name, value))
        if variable in environ:
            environ[variable] += ("; " if name == "cookie" else ", ") + value
        elif variable:
            environ[variable] = value
    environ["touchstone.request_id"] = request_id(environ.get("HTTP_X_REQUEST_ID"))
    return environ


@lru_cache(maxsize=1024)  # clients choose the names, so there is a bound
def _names(raw: bytes) -> tuple[str, str]:
    name = raw.decode("latin-1").lower()
    if "_" in name:
        return name, ""
    variable = name.upper().replace("-", "_")
    return name, variable if name in ("content-type", "content-length") else "HTTP_" + variable


def check_head(environ: WSGIEnvironment, settings: FrontSettings) -> None:
    """Refuse a request by its head, in the order of CONTRACT §2.

    Raises `UriTooLong`, `HeaderFieldsTooLarge`, `InvalidHost` (RFC 9112 §3.2), or
    `NotImplementedHere` for a transfer coding other than chunked (RFC 9112 §6.1).
    """
    if len(environ["REQUEST_URI"]) > settings.max_target:
        raise UriTooLong(limit=settings.max_target)
    fields = environ["touchstone.fields"]
    if len(fields) > settings.max_fields:
        raise HeaderFieldsTooLarge("There are too many header fields.", limit=settings.max_fields)
    for name, value in fields:
        if len(name) + len(value) > settings.max_field:
            raise HeaderFieldsTooLarge("A header field is too large.", limit=settings.max_field)
    host = environ.get("HTTP_HOST")
    if not (valid_host(host) if host is not None else environ["SERVER_PROTOCOL"] == "HTTP/1.0"):
        raise InvalidHost
    coding = environ.get("HTTP_TRANSFER_ENCODING")
    if coding is not None and coding.lower() != "chunked":
        raise NotImplementedHere("The only transfer coding that this server knows is chunked.")
