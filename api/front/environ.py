"""An ASGI scope as a WSGI environment (PEP 3333), and what is refused by its head alone."""

import sys
import time
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIEnvironment

from api.front.asgi import Scope
from api.front.settings import FrontSettings
from api.rules import environ_keys
from api.rules.correlation import request_id
from api.rules.problems import HeaderFieldsTooLarge, InvalidHost, NotImplementedHere, Problem, UriTooLong
from api.rules.targets import valid_host

PROTOCOLS = {"1": "HTTP/1.0", "1.0": "HTTP/1.0", "1.1": "HTTP/1.1", "2": "HTTP/2.0"}

# Bytes of a name that is remembered: the longest that is registered has 42.
LONGEST_KNOWN = 64
# Bytes of an origin: a scheme, a name of 253, and a port.
LONGEST_ORIGIN = 270

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
    environ[environ_keys.ARRIVED] = time.perf_counter()
    environ[environ_keys.FIELDS] = fields
    for raw_name, raw_value in scope["headers"]:
        name, variable = (_known_names if len(raw_name) <= LONGEST_KNOWN else _names)(raw_name)
        value = raw_value.decode("latin-1")
        if name == "host" and not value:
            continue  # the server below makes an empty one up where there is none
        fields.append((name, value))
        if variable in environ:
            # Clients of HTTP/2 split Cookie at its own separator (RFC 9113 §8.2.3).
            environ[variable] += ("; " if name == "cookie" else ", ") + value
        elif variable:
            environ[variable] = value
    environ[environ_keys.REQUEST_ID] = request_id(environ.get("HTTP_X_REQUEST_ID"))
    return environ


def _names(raw: bytes) -> tuple[str, str]:
    name = raw.decode("latin-1").lower()
    if "_" in name:
        return name, ""
    variable = name.upper().replace("-", "_")
    return name, variable if name in ("content-type", "content-length") else "HTTP_" + variable


_known_names = lru_cache(maxsize=1024)(_names)  # clients choose the names, so there is a bound


def field_sizes(scope: Scope) -> list[int]:
    """The bytes of each field line, name and value; all lines of Cookie count as one (RFC 9113 §8.2.3)."""
    sizes = [len(name) + len(value) for name, value in scope["headers"] if name != b"cookie"]
    if len(sizes) < len(scope["headers"]):
        # Clients of HTTP/2 split it; all its lines are one field.
        sizes.append(len("cookie") - 2 + sum(2 + len(value) for name, value in scope["headers"] if name == b"cookie"))
    return sizes


def oversize(scope: Scope, sizes: list[int], settings: FrontSettings) -> Problem | None:
    """What a request is refused with for the size of its head alone, before anything of it is read; None: it fits.

    `sizes` are its `field_sizes`. That is `UriTooLong` or `HeaderFieldsTooLarge`, in the order of CONTRACT §2.
    """
    query = len(scope["query_string"])
    if len(scope["raw_path"]) + (query + 1 if query else 0) > settings.max_target:
        return UriTooLong(limit=settings.max_target)
    if len(sizes) > settings.max_fields:
        return HeaderFieldsTooLarge("There are too many header fields.", limit=settings.max_fields)
    if max(sizes, default=0) > settings.max_field:
        return HeaderFieldsTooLarge("A header field is too large.", limit=settings.max_field)
    if sum(sizes) > settings.max_header:
        return HeaderFieldsTooLarge("The header fields are too large together.", limit=settings.max_header)
    return None


def without_fields(scope: Scope, settings: FrontSettings) -> Scope:
    """The scope of a request whose head is too large: all that is needed to refuse and to log it.

    Of the fields that is Origin alone, which tells whether a page may read the refusal.
    """
    origin = [each for each in scope["headers"] if each[0] == b"origin" and len(each[1]) <= LONGEST_ORIGIN][:1]
    return {**scope, "raw_path": scope["raw_path"][: settings.max_target], "query_string": b"", "headers": origin}


def check_head(environ: WSGIEnvironment) -> None:
    """Refuse a request by its head, in the order of CONTRACT §2.

    Raises `InvalidHost` (RFC 9112 §3.2), or `NotImplementedHere` for a transfer coding other
    than chunked (RFC 9112 §6.1).
    """
    host = environ.get("HTTP_HOST")
    if not (valid_host(host) if host is not None else environ["SERVER_PROTOCOL"] == "HTTP/1.0"):
        raise InvalidHost
    coding = environ.get("HTTP_TRANSFER_ENCODING")
    if coding is not None and coding.lower() != "chunked":
        raise NotImplementedHere("The only transfer coding that this server knows is chunked.")
