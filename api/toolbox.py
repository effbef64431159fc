"""The toolbox: httpbin's endpoints beside the API at `/httpbin`, or alone at the root.

It is an application of its own, so that its rules (`api.web.compat`) do not touch those of the API.
"""

from __future__ import annotations

import importlib
import pkgutil
import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from api.rules.forwarded import network
from api.watch.requests import RequestWatch
from api.web.application import Application, Services
from api.web.compat import MOUNT, Compat, CompatApi
from api.web.proxies import TrustedProxies
from api.web.throttling import Throttle

if TYPE_CHECKING:
    from config import Config

WsgiApp = Callable[..., Iterable[bytes]]
# The metadata of an OAuth server that is mounted below the root are at this path before its own (RFC 8414 §3.1).
METADATA = "/.well-known/oauth-authorization-server"
# Services that only resources of the API use.
ABSENT: Any = None


class WithToolbox:
    """WSGI middleware: `/httpbin` and the paths below it go to the toolbox, all others to the API."""

    def __init__(self, app: WsgiApp, services: Services) -> None:
        self.app = app
        self.services = services

    @cached_property
    def toolbox(self) -> Application:
        """The toolbox. Its 130 routes take 40 ms, which servers without such requests do not spend at their start."""
        return new_toolbox(self.services, mount=MOUNT)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Return the answer of one of them."""
        path: str = environ.get("PATH_INFO", "")
        if path == METADATA + MOUNT:
            path = MOUNT + METADATA
        if not path.startswith(MOUNT):
            return self.app(environ, start_response)
        rest = path.removeprefix(MOUNT)
        if rest and rest[0] != "/":
            return self.app(environ, start_response)
        outside = environ.get("SCRIPT_NAME", "")
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = outside + MOUNT, rest or "/"
        try:
            return self.toolbox(environ, start_response)
        finally:
            # The journal has the path in the space.
            environ["SCRIPT_NAME"], environ["PATH_INFO"] = outside, path


def create_toolbox(config: Config) -> Application:
    """Create the toolbox alone, at the root: no database, no accounts, no spaces, no metrics."""
    services = Services(
        settings=config,
        secret=(config.secret_key or secrets.token_urlsafe(32)).encode(),
        database=ABSENT,
        spaces=None,
        loaders=(),
        passwords=ABSENT,
        throttle=Throttle(None, requests=config.rate_limit, logins="", shared=False),
        metrics=None,
        readiness=ABSENT,
        api=None,
        problem_page=ABSENT,
        resource_page=ABSENT,
    )
    app = new_toolbox(services, alone=True)
    app.watch = RequestWatch(app.wsgi_app, None)
    answer: Any = app.watch
    if config.trusted_proxies:
        answer = TrustedProxies(answer, [network(each) for each in config.trusted_proxies])
    app.wsgi_app = answer  # type: ignore[method-assign]  # Flask's documented way to add middleware
    return app


def new_toolbox(services: Services, *, mount: str = "", alone: bool = False) -> Application:
    """Create the application with the resources of the toolbox."""
    app = Application("touchstone.toolbox", static_folder=None)
    app.mount, app.alone = mount, alone
    api = CompatApi(app)
    app.services = replace(services, api=api)
    for resource in find_compat():
        api.add_resource(resource, *resource.paths, endpoint=f"{resource.__module__}.{resource.__name__}")
    return app


def find_compat() -> list[type[Compat]]:
    """Every class of `resources/toolbox/` with paths, in order of modules and lines."""
    package = importlib.import_module("resources.toolbox")
    modules = [
        importlib.import_module(each.name) for each in pkgutil.iter_modules(package.__path__, "resources.toolbox.")
    ]
    return [
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Compat) and thing.paths and thing.__module__ == module.__name__
    ]
