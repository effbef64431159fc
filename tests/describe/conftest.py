"""The OpenAPI document for the tests that judge it."""

import json
from typing import Any

import pytest

from tests.servers import run


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """The document, as `run.py openapi` prints it."""
    printed = run("openapi")
    assert (printed.returncode, printed.stderr) == (0, "")
    found: dict[str, Any] = json.loads(printed.stdout)
    return found
