"""A request within a request: the method that any client would call executes what a form requests.

It passes through every step of a request except the socket: route, credentials, idempotency, transaction, audit,
refusals.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO, Any
from urllib.parse import quote

from flask import Response, current_app

from api.rules import environ_keys
from api.web.declared import check_declared
from api.web.failures import as_problem
from api.web.request import Request, current_request

# What both requests share: the space, so that a form of its page writes to it, and the server below.
SHARED = (environ_keys.SPACE, environ_keys.STORE, environ_keys.FRONT)
# Fields copied from the outer request: they identify the account and the server.
_KEPT = frozenset({"host", "cookie", "authorization"})


def bare_environ(outer: Request) -> dict[str, Any]:
    """The start of an inner request's environment: without the fields, the body and the notes of the outer request."""
    own = ("HTTP_", "CONTENT_", "touchstone.", "werkzeug.", "flask.")
    environ = {name: value for name, value in outer.environ.items() if not name.startswith(own)}
    return environ | {key: outer.environ[key] for key in SHARED if key in outer.environ}


@dataclass(frozen=True, slots=True)
class Asked:
    """The request that a form makes: a method on a path, with these header fields and this body."""

    method: str
    path: str
    fields: Mapping[str, str] = field(default_factory=dict)
    content_type: str = ""
    body: IO[bytes] = field(default_factory=BytesIO)

    def environ(self, outer: Request) -> dict[str, Any]:
        """Return the WSGI environment of this request, derived from that of the outer request."""
        length = self.body.seek(0, 2)
        self.body.seek(0)
        own = {name.lower() for name in self.fields}
        fields = [(name, value) for name, value in outer.sent_fields if name in _KEPT - own]
        fields += [(name.lower(), value) for name, value in self.fields.items()]
        environ = bare_environ(outer)
        for name, value in fields:
            variable = "HTTP_" + name.upper().replace("-", "_")
            environ[variable] = f"{environ[variable]}; {value}" if variable in environ else value
        target = quote(self.path)
        return environ | {
            "REQUEST_METHOD": self.method,
            "REQUEST_URI": outer.environ.get("SCRIPT_NAME", "") + target,
            "PATH_INFO": self.path.encode().decode("latin-1"),
            "QUERY_STRING": "",
            "CONTENT_TYPE": self.content_type,
            "CONTENT_LENGTH": str(length),
            "wsgi.input": self.body,
            environ_keys.WITHIN: True,
            environ_keys.FIELDS: fields,
            environ_keys.HAS_BODY: length > 0,
            environ_keys.REQUEST_ID: outer.request_id,
        }


@contextmanager
def asking(asked: Asked) -> Iterator[Request]:
    """Enter the context of the inner request, and yield it. Exceptions inside are raised as Problems."""
    outer = current_request().environ
    environ = asked.environ(current_request())
    with current_app.request_context(environ):
        inner = current_request()
        try:
            yield inner
        except Exception as error:
            problem = as_problem(error, inner)
            check_declared(inner, problem)
            raise problem from None
        finally:
            # The log has one line for both requests.
            if done := environ.get(environ_keys.IDEMPOTENCY):
                outer[environ_keys.IDEMPOTENCY] = done


def answer_to(asked: Asked) -> Response:
    """Return the resource's response. Raises a Problem if the resource refuses."""
    with asking(asked):
        app = current_app
        early = app.preprocess_request()
        return app.make_response(early if early is not None else app.dispatch_request())


def resource_of(asked: Asked) -> tuple[str, Any]:
    """Return the route and the class of the resource that would respond. Raises NotFound, MethodNotAllowed."""
    with asking(asked) as inner:
        if inner.routing_exception is not None:
            raise inner.routing_exception
        return str(inner.url_rule), getattr(current_app.view_functions[inner.endpoint or ""], "view_class", None)
