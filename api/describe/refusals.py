"""Refusals as pages: a browser gets a page where an API client gets the problem document."""

from collections.abc import Mapping
from typing import Any

from api.describe.pages import page, policy
from api.describe.problems import explained
from api.describe.visitors import visitor
from api.rules.problems import Problem
from api.rules.statuses import status_line
from api.web.request import current_request
from api.web.resource import link_prefix


def refusal_page(problem: Problem, document: Mapping[str, Any]) -> tuple[bytes, str]:
    """Return the page of a problem, and its Content-Security-Policy."""
    request = current_request()
    if request.page:
        # The refused form with its values.
        return request.page(problem, document), policy()
    # A status from `/status` is not in the catalogue and has no page (RFC 9457 §4.2.1).
    leads_on = document["type"] != "about:blank"
    body = page(
        "refusal.html",
        prefix=link_prefix(),
        visitor=visitor(request, request.target if request.method in ("GET", "HEAD") else "/"),
        problem=document,
        status_line=status_line(problem.status),
        advice=explained(type(problem))["advice"] if leads_on else "",
        leads_on=leads_on,
    )
    return body, policy()
