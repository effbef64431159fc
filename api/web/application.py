"""The Flask application: its requests and responses, and the services that they use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask.sessions import SessionInterface
from werkzeug.datastructures import Headers
from werkzeug.routing import MapAdapter
from werkzeug.wrappers import Response as AnyResponse

from api.rules.problems.problem import Page
from api.web.request import Request

if TYPE_CHECKING:
    from api.rules.passwords import VerifiedPasswords
    from api.store.database import Database
    from api.store.loading import Loader
    from api.store.spaces import Spaces
    from api.watch.metrics import Metrics
    from api.watch.readiness import Readiness
    from api.watch.requests import RequestWatch
    from api.web.own_data import Applications
    from api.web.shown import Shown
    from api.web.throttling import Throttle
    from config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The objects that all requests of an application use; `create_app` creates them.

    The toolbox alone has no accounts and no store: `database`, `passwords` and `readiness` are None there.
    `secret` signs cursors. `metrics` is None if nothing is counted, and
    `spaces` if there are none. `problem_page` renders the page of a refusal.
    `resource_page` renders the page of a response, and returns its Content-Security-Policy too.
    """

    settings: Config
    secret: bytes
    database: Database
    spaces: Spaces | None
    loaders: Sequence[Loader]
    passwords: VerifiedPasswords
    throttle: Throttle
    metrics: Metrics | None
    readiness: Readiness
    api: Any
    problem_page: Page
    resource_page: Callable[[Shown], tuple[bytes, str]]

    @property
    def registry(self) -> Database:
        """The registry of the spaces. For resources that exist only if there are spaces."""
        assert self.spaces  # noqa: S101  # without spaces, no resource asks
        return self.spaces.registry


# RFC 9110 §15.3.5, §15.4.5
BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class Response(AnyResponse):
    """A response without a default Content-Type: 204 and 304 have none (CONTRACT §3)."""

    default_mimetype = None
    autocorrect_location_header = False

    def get_wsgi_headers(self, environ: Any) -> Headers:
        """Return the unchanged header fields, with the length of the content.

        Werkzeug would copy them to correct Location and Content-Location, which are correct here.
        """
        if self.status_code not in BODILESS and "Content-Length" not in self.headers and self.is_sequence:
            self.headers["Content-Length"] = str(sum(map(len, self.iter_encoded())))
        return self.headers

    def get_app_iter(self, environ: Any) -> Any:
        """Return the content: complete content as a plain list, because nothing has to be closed after it.

        For other content, Werkzeug's iterator calls the closing functions at its end.
        """
        if type(self.response) is not list or self._on_close:
            return super().get_app_iter(environ)
        return [] if self.status_code in BODILESS or environ["REQUEST_METHOD"] == "HEAD" else self.response


class NoSession(SessionInterface):
    """No Flask session and no session cookie."""

    def open_session(self, app: Flask, request: Any) -> Any:
        """Return an empty session without reading the request."""
        return self.make_null_session(app)

    def is_null_session(self, session: Any) -> bool:
        """Always true, because nothing is ever saved."""
        return True


class Application(Flask):
    """Flask with our request and response, and without sessions and static files."""

    services: Services
    # The path that it is mounted at beside another application; links between its own resources start with it.
    mount: str = ""
    # Whether it is the toolbox without the API, on an origin of its own.
    alone: bool = False
    own_data: Applications  # which application serves a request
    watch: RequestWatch  # outside the application; the front reports its own refusals to it
    request_class = Request
    response_class = Response  # type: ignore[assignment]  # Flask requires its own subclass, whose type is text/html
    session_interface = NoSession()

    def request_context(self, environ: dict[str, Any]) -> Any:
        """Bind the request without its Upgrade field.

        The server supports no upgrade, so it ignores the field (RFC 9110 §7.8);
        Werkzeug would look for a WebSocket route.
        """
        environ.pop("HTTP_UPGRADE", None)
        context = super().request_context(environ)
        context.request.app = self  # type: ignore[attr-defined]  # Flask types its own request
        return context

    def create_url_adapter(self, request: Any) -> MapAdapter | None:
        """Route by path and method only, because every host has the same resources.

        Flask would read and check Host twice.
        """
        if request is None:
            return super().create_url_adapter(None)
        path = request.path if request.environ.get("PATH_INFO") else ""
        return self.url_map.bind("", request.root_path, path_info=path, default_method=request.method)
