"""The interactive reference: Swagger UI from a Python package, without content from other hosts."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from api.describe.pages import TEMPLATES

JAVASCRIPT = "text/javascript; charset=utf-8"
CSS = "text/css; charset=utf-8"
# The files of the page, each with its type; the last is our own.
FILES = {"swagger-ui.css": CSS, "swagger-ui-bundle.js": JAVASCRIPT, "start.js": JAVASCRIPT}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the page."""

    content: bytes
    content_type: str
    etag: str


@cache
def asset(name: str) -> Asset | None:
    """The file with this name, or None."""
    if name not in FILES:
        return None
    content = ((TEMPLATES if name == "start.js" else _packaged()) / name).read_bytes()
    return Asset(content, FILES[name], f'"{hashlib.sha256(content).hexdigest()[:32]}"')


@cache
def reference_policy() -> str:
    """The Content-Security-Policy of the page: this server's scripts, and the styles that Swagger UI writes."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )


def _packaged() -> Path:
    # We do not need its Flask blueprint, so the package is located but not imported.
    found = find_spec("flask_swagger_ui")
    if found is None or found.origin is None:
        raise FileNotFoundError("flask-swagger-ui is not installed: see requirements.txt.")
    return Path(found.origin).parent / "dist"
