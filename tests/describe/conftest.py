"""The OpenAPI document for the tests that check it."""

import json
from typing import Any

import pytest

from tests.servers import run


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """The document that `run.py openapi` prints."""
    printed = run("openapi")
    assert (printed.returncode, printed.stderr) == (0, "")
    found: dict[str, Any] = json.loads(printed.stdout)
    return found
