"""Converts an ASGI scope to a WSGI environment (PEP 3333), and checks the request's head."""

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

# Names up to this many bytes are cached. The longest registered name has 42.
LONGEST_KNOWN = 64
# Largest origin in bytes: a scheme, a host name of 253, and a port.
LONGEST_ORIGIN = 270

SAME: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
    environ_keys.FRONT: True,
}


def environ_of(scope: Scope) -> WSGIEnvironment:
    """Return the environment of a request, without its body.

    `touchstone.fields` has the field lines as received. In the `HTTP_` variables, repeated lines are
    joined (RFC 9110 §5.3). Names with an underscore are left out, because they would be mistaken for the
    same names with a hyphen. The environment of the process is not used.
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
    if "http.response.trailers" in scope.get("extensions", ()):
        environ[environ_keys.EXTENSIONS] = True
    for raw_name, raw_value in scope["headers"]:
        name, variable = (_known_names if len(raw_name) <= LONGEST_KNOWN else _names)(raw_name)
        value = raw_value.decode("latin-1")
        if name == "host" and not value:
            continue  # the server below adds an empty Host if there is none
        fields.append((name, value))
        if variable in environ:
            # HTTP/2 clients split Cookie, which has its own separator (RFC 9113 §8.2.3).
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


_known_names = lru_cache(maxsize=1024)(_names)  # bounded, because clients choose the names


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
    """Return the scope of a request with too large a head, reduced to what refusing and logging it requires.

    Only the Origin field is kept: it decides whether a page may read the response.
    """
    origin = [each for each in scope["headers"] if each[0] == b"origin" and len(each[1]) <= LONGEST_ORIGIN][:1]
    return {**scope, "raw_path": scope["raw_path"][: settings.max_target], "query_string": b"", "headers": origin}


def check_head(environ: WSGIEnvironment) -> None:
    """Check the head of a request, in the order of CONTRACT §2.

    Raises `InvalidHost` (RFC 9112 §3.2), or `NotImplementedHere` for a transfer coding other
    than chunked (RFC 9112 §6.1).
    """
    host = environ.get("HTTP_HOST")
    if not (valid_host(host) if host is not None else environ["SERVER_PROTOCOL"] == "HTTP/1.0"):
        raise InvalidHost
    coding = environ.get("HTTP_TRANSFER_ENCODING")
    if coding is not None and coding.lower() != "chunked":
        raise NotImplementedHere("This server supports only the chunked transfer coding.")
