"""The application: connects the rooms and finds the resources."""

from __future__ import annotations

import importlib
import pkgutil
import secrets
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from types import ModuleType
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask.sessions import SessionInterface
from werkzeug.datastructures import Headers
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.routing import MapAdapter
from werkzeug.wrappers import Response as AnyResponse

from api.describe.browsable import resource_page
from api.describe.openapi import VERSION
from api.describe.refusals import refusal_page
from api.rules.forwarded import network
from api.rules.passwords import VerifiedPasswords, choose_cost
from api.store.database import Database
from api.store.loading import Loader
from api.watch.readiness import Readiness
from api.watch.requests import RequestWatch
from api.web.api import Api
from api.web.proxies import TrustedProxies
from api.web.request import Request
from api.web.resource import Resource
from api.web.throttling import Throttle

if TYPE_CHECKING:
    from api.watch.metrics import Metrics
    from config import Config


# RFC 9110 §15.3.5, §15.4.5
BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class Response(AnyResponse):
    """An answer without a default Content-Type: 204 and 304 have none (CONTRACT §3)."""

    default_mimetype = None
    autocorrect_location_header = False

    def get_wsgi_headers(self, environ: Any) -> Headers:
        """The unchanged header fields, with the length of the content.

        Werkzeug would copy them to correct Location and Content-Location, which are correct here.
        """
        if self.status_code not in BODILESS and "Content-Length" not in self.headers and self.is_sequence:
            self.headers["Content-Length"] = str(sum(map(len, self.iter_encoded())))
        return self.headers

    def get_app_iter(self, environ: Any) -> Any:
        """The content: a complete one as a plain list, because nothing has to be closed after it.

        For other content Werkzeug's iterator calls the closing functions at its end.
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
        """Always true: nothing is ever saved."""
        return True


class Application(Flask):
    """Flask with our request and response, and without sessions and static files."""

    request_class = Request
    response_class = Response  # type: ignore[assignment]  # Flask asks for its own subclass, whose type is text/html
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


def create_app(config: Config, *, mounts: Mapping[str, Any] | None = None) -> Flask:
    """Create the application.

    `mounts` adds other WSGI applications beside the API, by path prefix
    (`{"/legacy": their_app}`).
    """
    choose_cost(config.touchstone_env)
    app = Application("touchstone", static_folder=None)
    app.config.update(
        SECRET_KEY=config.secret_key or secrets.token_urlsafe(32),
        PUBLIC_URL=config.public_url,
        DEVELOPMENT=config.development,
        EXPOSE_DEVELOPMENT_ACCOUNTS=config.expose_development_accounts,
        REGISTRATION_OPEN=config.registration == "open",
        CORS_ORIGINS=config.cors_origins,
        MAX_JSON_BODY=config.max_json_body,
        MAX_BODY=config.max_body,
        MAX_FORM_BODY=config.max_form_body,
        ANONYMOUS_QUOTA=config.anonymous_quota,
        REQUIRE_IF_MATCH=config.require_if_match,
        TOKEN_MAX_DAYS=config.token_max_days,
        SESSION_IDLE_MINUTES=config.session_idle_minutes,
        METRICS=config.metrics,
        CHECK_ANSWERS=config.touchstone_env == "testing",
    )
    metrics = new_metrics() if config.metrics != "off" else None
    database = Database(
        config.database_url,
        connections=config.threads,
        lock_timeout=config.lock_timeout,
        on_wait=metrics.waited_for_transaction if metrics else None,
    )
    app.extensions.update(
        database=database,
        passwords=VerifiedPasswords(),
        throttle=Throttle(
            database,
            requests=config.rate_limit,
            logins=config.login_limit,
            # Shared with the workers of this server, and other servers on the same PostgreSQL.
            shared=config.web_concurrency > 1 or not database.sqlite,
        ),
        metrics=metrics,
        readiness=Readiness(database),
        problem_page=refusal_page,
        resource_page=partial(resource_page, app),
    )
    api = app.extensions["api"] = Api(app)
    for resource in find_resources():
        api.add_resource(resource, *resource.paths)
    answer: Any = DispatcherMiddleware(app.wsgi_app, dict(mounts)) if mounts else app.wsgi_app
    answer = app.extensions["requests"] = RequestWatch(answer, metrics)
    if config.trusted_proxies:
        answer = TrustedProxies(answer, [network(each) for each in config.trusted_proxies])
    app.wsgi_app = answer  # type: ignore[method-assign]  # Flask's documented way to add middleware
    return app


def new_metrics() -> Metrics:
    """Create the metrics. Import the library only now, because it reads the workers' shared folder at import."""
    from api.watch.metrics import Metrics

    return Metrics(VERSION)


def resource_modules() -> list[ModuleType]:
    """Every module of `resources/`, in order of names. Importing them declares their tables."""
    package = importlib.import_module("resources")
    return [importlib.import_module(each.name) for each in pkgutil.walk_packages(package.__path__, "resources.")]


def find_resources() -> list[type[Resource]]:
    """Every Resource class of `resources/` with paths."""
    return [
        thing
        for module in resource_modules()
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, Resource)
        and thing.paths
        and thing.__module__ == module.__name__
    ]


def find_loaders() -> list[Loader]:
    """Every Loader of `resources/`, for `run.py load`."""
    found = {
        id(thing): thing
        for module in resource_modules()
        for thing in vars(module).values()
        if isinstance(thing, Loader)
    }
    return sorted(found.values(), key=lambda loader: loader.order)
