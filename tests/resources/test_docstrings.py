"""Runs the curl example in each resource's docstring."""

import importlib
import pkgutil
import re
import subprocess

import pytest

import resources
from tests.servers import Server

pytestmark = pytest.mark.one_database

WRITTEN = "http://127.0.0.1:8000"
MODULES = [module.name for module in pkgutil.iter_modules(resources.__path__)]
# Without a file of its own data the server has no collections. The examples of docs/own-data.md are tested, too.
SERVED = [name for name in MODULES if name != "collections"]
STATUS_ASKED_FOR = re.compile(r"/status/([0-9]{3})\b")


def examples(name: str) -> list[str]:
    """The curl commands in the docstring of the resource, with continued lines joined."""
    text = (importlib.import_module(f"resources.{name}").__doc__ or "").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip().startswith("curl ")]


@pytest.mark.parametrize("name", MODULES)
def test_every_resource_has_an_example(name: str) -> None:
    assert len(examples(name)) == 1
    assert WRITTEN in examples(name)[0]


@pytest.mark.parametrize("name", SERVED)
def test_every_example_works_as_written(server: Server, name: str) -> None:
    for command in examples(name):
        assert " -i " in command
        done = subprocess.run(
            ["bash", "-c", command.replace(WRITTEN, server.url)],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        status = int(done.stdout.split()[1])
        asked_for = STATUS_ASKED_FOR.search(command)
        assert status == int(asked_for[1]) if asked_for else 200 <= status < 300, done.stdout
