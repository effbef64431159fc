"""What the resources of the auth lab share: their cookies and their pages."""

from typing import Any

from werkzeug.http import dump_cookie

from api.describe.pages import page, policy
from api.web.compat import current_request, mount_path


def cookie(name: str, value: str, *, seconds: int | None = None, lax: bool = False) -> str:
    """The value of a Set-Cookie field, for the path of the toolbox; `seconds` of 0 deletes it.

    `lax` cookies are hidden from scripts, and from requests that other sites cause but for links.
    """
    return dump_cookie(
        name,
        value,
        max_age=seconds,
        path=mount_path() or "/",
        secure=current_request().over_tls,
        httponly=lax,
        samesite="Lax" if lax else None,
    )


def lab_page(template: str, *, leads_to: str = "", **values: Any) -> tuple[bytes, str]:
    """A page from a template, and its Content-Security-Policy.

    `leads_to` is an origin that the server redirects its form to; browsers check the policy then too.
    """
    rules = policy()
    if leads_to:
        rules = rules.replace("form-action 'self'", f"form-action 'self' {leads_to}")
    return page(template, prefix=mount_path(), **values), rules
