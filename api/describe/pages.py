"""Pages for people: HTML from templates, with a policy that forbids scripts (CONTRACT §3)."""

import hashlib
import re
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from api.web.request import current_request, in_space

TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        # Keep the templates of the running code, even if a new version replaces the files.
        auto_reload=False,
    )
    environment.filters["prose"] = prose
    return environment


def prose(text: str) -> Markup:
    """A docstring's text as HTML: escaped, with backticks as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped just here


@cache
def styles() -> str:
    """The one style sheet. It is inside each page, so that a page loads nothing else."""
    return (TEMPLATES / "styles.css").read_text()


@cache
def script(name: str) -> str:
    """A script, which is inside its page."""
    return (TEMPLATES / name).read_text()


@cache
def policy(script_name: str = "") -> str:
    """The Content-Security-Policy of a page: our own styles and its script, by their hashes, and our icon."""
    runs = f"script-src {_source(script(script_name))}; connect-src 'self'; " if script_name else ""
    return (
        f"default-src 'none'; style-src {_source(styles())}; {runs}img-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )


def _source(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def page(template: str, **values: Any) -> bytes:
    """Fill a template; every value is escaped. The title names the space of the request."""
    place = current_request().space if in_space() else None
    space = place.id if place else ""
    return _environment().get_template(template).render(styles=styles(), space=space, **values).encode()


@cache
def icon() -> tuple[bytes, str]:
    """The icon of the pages, and its tag."""
    content = (TEMPLATES / "favicon.ico").read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'
