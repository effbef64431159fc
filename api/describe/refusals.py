"""Refusals as pages: what a person at a browser sees where an API client gets the problem document."""

from collections.abc import Mapping
from typing import Any

from api.describe.pages import page, policy
from api.describe.problems import explained
from api.rules.problems import Problem


def refusal_page(problem: Problem, document: Mapping[str, Any]) -> tuple[bytes, str]:
    """Give the page of a problem, and its Content-Security-Policy."""
    # A status that was asked for is no problem of the catalogue, and has no page of its own (RFC 9457 §4.2.1).
    leads_on = document["type"] != "about:blank"
    advice = explained(type(problem))["advice"] if leads_on else ""
    return page("refusal.html", problem=document, advice=advice, leads_on=leads_on), policy()
