"""The welcome, and links to everything.

curl -i http://127.0.0.1:8000/
"""

import re
from typing import Any, Literal

from flask import current_app

from api.describe.catalog import catalog_links
from api.kit import LEFT_OUT, Answer, Resource, Strict, answers, link_prefix, no_parameters
from api.web.request import in_space


def places() -> dict[str, dict[str, Any]]:
    """The first path for each first segment, by that segment; in a templated path, clients fill in the `{…}`.

    Paths without a template come first, then the order in the file of the resource decides.
    """

    def order(rule: Any) -> tuple[str, bool]:
        return rule.rule.split("/")[1], "<" in rule.rule

    found: dict[str, dict[str, Any]] = {}
    for rule in sorted(current_app.url_map.iter_rules(), key=order):
        path = re.sub("<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", rule.rule)
        resource = getattr(current_app.view_functions[rule.endpoint], "view_class", None)
        if in_space() and not getattr(resource, "in_spaces", True):
            continue
        place: dict[str, Any] = {"href": link_prefix() + path, "title": (resource.__doc__ or "").partition("\n")[0]}
        if "{" in path:
            place["templated"] = True
        if (word := path.split("/")[1]) and "GET" in (rule.methods or ()):
            found.setdefault(word, place)
    return found


class Place(Strict):
    """A link; in a `templated` one, clients fill in the `{…}`."""

    href: str
    title: str
    templated: Literal[True] = LEFT_OUT


class HomeOut(Strict):
    """The welcome."""

    name: str
    description: str
    links: dict[str, Place]


class Home(Resource):
    """The name of this server, and links."""

    paths = ("/",)

    @answers(200, HomeOut)
    def get(self) -> Answer:
        """Welcome, and links to everything below."""
        no_parameters()
        return (
            {"name": "Touchstone", "description": "A REST API server with an exact HTTP contract.", "links": places()},
            200,
            {"Link": catalog_links(link_prefix())},
        )
