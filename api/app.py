"""The application: connects the rooms and finds the resources."""

from __future__ import annotations

import atexit
import importlib
import os
import pkgutil
import secrets
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from werkzeug.middleware.dispatcher import DispatcherMiddleware

import api.store.marks  # noqa: F401  # declares tables that only the toolbox uses, which must start without a store
from api.describe.browsable import resource_page
from api.describe.openapi import VERSION
from api.describe.refusals import refusal_page
from api.rules.forwarded import network
from api.rules.journal import Limits
from api.rules.own_data import Collection
from api.rules.passwords import VerifiedPasswords, choose_cost
from api.rules.redaction import Names
from api.store.database import Database
from api.store.journal import Journal
from api.store.loading import Loader
from api.store.own_file import OwnFile
from api.store.space_data import SpaceData
from api.store.space_files import JOURNAL
from api.store.space_templates import fill
from api.store.spaces import Spaces
from api.toolbox import WithToolbox
from api.watch.readiness import Readiness
from api.watch.requests import RequestWatch
from api.web.api import Api
from api.web.application import Application, Services
from api.web.own_data import Applications
from api.web.proxies import TrustedProxies
from api.web.resource import Resource
from api.web.spaces import SpacePaths
from api.web.throttling import Throttle

if TYPE_CHECKING:
    from api.watch.metrics import Metrics
    from config import Config

# The first segments of the example resources.
EXAMPLES = frozenset({"articles", "echo", "hello", "messages", "secrets", "status", "users"})


def create_app(config: Config, *, mounts: Mapping[str, Any] | None = None) -> Application:
    """Create the application.

    `mounts` adds other WSGI applications beside the API, by path prefix
    (`{"/legacy": their_app}`). Raises DataFault if the file of DATA cannot be served.
    """
    choose_cost(config.touchstone_env)
    metrics = new_metrics() if config.metrics != "off" else None
    database = Database(
        config.database_url,
        connections=config.threads,
        lock_timeout=config.lock_timeout,
        on_wait=metrics.waited_for_transaction if metrics else None,
    )
    secret = (config.secret_key or secrets.token_urlsafe(32)).encode()
    file = OwnFile(config.data_files, config.data_options, reserved_names()) if any(config.data_files) else None
    spaces = new_spaces(config, secret, file) if config.spaces != "off" else None
    if metrics and spaces:
        metrics.count_spaces(spaces.count)
    shared: dict[str, Any] = {
        "settings": config,
        "secret": secret,
        "database": database,
        "spaces": spaces,
        "loaders": find_loaders(),
        "passwords": VerifiedPasswords(),
        "throttle": Throttle(
            database,
            requests=config.rate_limit,
            logins=config.login_limit,
            # Shared with the workers of this server, and other servers on the same PostgreSQL.
            shared=config.web_concurrency > 1 or not database.sqlite,
        ),
        "metrics": metrics,
        "readiness": Readiness(database),
        "problem_page": refusal_page,
    }
    own = file.collections() if file else None
    app = new_application(shared, own)
    app.own_data = Applications(
        app.wsgi_app,
        own,
        lambda others: new_application(shared, others).wsgi_app,
        database,
        file=file,
        watch=config.data_watch,
    )
    inner: Any = DispatcherMiddleware(app.own_data, dict(mounts)) if mounts else app.own_data
    if config.toolbox == "on":
        inner = WithToolbox(inner, app.services)
    app.watch = RequestWatch(SpacePaths(inner, spaces) if spaces else inner, metrics)
    answer: Any = app.watch
    if config.trusted_proxies:
        answer = TrustedProxies(answer, [network(each) for each in config.trusted_proxies])
    app.wsgi_app = answer  # type: ignore[method-assign]  # Flask's documented way to add middleware
    return app


def new_application(shared: Mapping[str, Any], own: Sequence[Collection] | None = None) -> Application:
    """Create the Flask application with the services in `shared`: the example resources, or the collections `own`."""
    app = Application("touchstone", static_folder=None)
    app.services = Services(**shared, api=Api(app), resource_page=partial(resource_page, app))
    config = app.services.settings
    for resource in find_resources():
        if (
            (app.services.spaces or not resource.in_registry)
            and (config.faults != "off" or not resource.orders_faults)
            and (config.journal != "off" or not resource.reads_journal)
            and (own is None or not is_example(resource))
        ):
            app.services.api.add_resource(resource, *resource.paths)
    if own is not None:
        collections = importlib.import_module("resources.collections")
        for number, resource in enumerate(collections.own_resources(own, config.data_options)):
            app.services.api.add_resource(resource, *resource.paths, endpoint=f"own-{number}")
        if app.services.spaces:
            seed = importlib.import_module("resources.spaces.content").document_seed(own)
            app.services.api.add_resource(seed, *seed.paths)
    return app


def is_example(resource: type[Resource]) -> bool:
    """Whether this is an example resource, or has the content of one: it is not served beside own data."""
    return first_segment(resource.paths[0]) in EXAMPLES or resource.for_examples


def first_segment(path: str) -> str:
    """The first segment of a path."""
    return path.split("/")[1]


def reserved_names() -> set[str]:
    """The names that no own collection can have: the first segments of all other paths."""
    taken = {first_segment(path) for each in find_resources() for path in each.paths}
    return (taken - EXAMPLES - {""}) | {"db", "httpbin", "in", "spaces"}


def new_spaces(config: Config, secret: bytes, file: OwnFile | None) -> Spaces:
    """Create the spaces, in SPACES_DIR or in a temporary folder that is deleted at exit."""
    folder = config.spaces_dir
    if not folder:
        folder = tempfile.mkdtemp(prefix="touchstone-spaces-")
        atexit.register(delete_folder, folder, os.getpid())
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Spaces(
        Path(folder),
        lambda database, kind, data: fill(database, kind, data, find_loaders(), passwords=config.development),
        most=config.spaces_most,
        opened=config.spaces_open,
        most_bytes=config.space_bytes,
        lock_timeout=config.lock_timeout,
        journal=partial(new_journal, config, secret) if config.journal != "off" else None,
        data=SpaceData(file, config.data_options, reserved_names()),
    )


def new_journal(config: Config, secret: bytes, spaces: Spaces) -> Journal:
    """Create the journal, beside the registry of the spaces."""
    return Journal(
        spaces.files.path(JOURNAL),
        spaces.find,
        spaces.files.locked,
        limits=Limits(config.journal_entries, config.journal_body),
        names=Names(config.journal_redact),
        secret=secret,
        everywhere=config.journal == "everywhere",
        lock_timeout=config.lock_timeout,
    )


def delete_folder(folder: str, owner: int) -> None:
    """Delete a folder at the end of the process that made it; its forks leave it."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


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
