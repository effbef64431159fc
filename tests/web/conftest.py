"""An application for tests: the real wiring, without the real resources."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import Client

from api.app import create_app
from api.web.api import Api
from api.web.application import Application
from config import Config

Serve = Callable[..., Client]


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Config]:
    """Creates the settings of a testing server, with these changes."""

    def make(**changed: str) -> Config:
        environment = {"TOUCHSTONE_ENV": "testing", "DATABASE_URL": f"sqlite:///{tmp_path}/tiny.db"}
        return Config.from_environ({**environment, **changed})

    return make


@pytest.fixture
def serve(settings: Callable[..., Config]) -> Serve:
    """Creates a client of an application with only these resources."""

    def make(*resources: type, **changed: str) -> Client:
        return Client(tiny_app(settings(**changed), *resources))

    return make


def tiny_app(config: Config, *resources: type) -> Flask:
    whole = create_app(config)
    app = Application("tiny", static_folder=None)
    app.services = replace(whole.services, api=Api(app))
    for resource in resources:
        app.services.api.add_resource(resource, *resource.paths)
    return app


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The logged errors, with their traces."""
    caplog.set_level(logging.ERROR)
    return caplog
