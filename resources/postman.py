"""Two Postman collections, and their environment: a tour of the API, and a conformance run of every operation.

curl -i http://127.0.0.1:8000/postman/tour.json
"""

from functools import lru_cache
from http import HTTPStatus
from typing import Any

from api.describe.postman import collection, environment
from api.describe.tour import tour
from api.kit import Answer, Resource, answers, current_request, link_prefix, no_parameters, services
from api.web.representations import to_json


@lru_cache(16)
def published(app: Any, in_space: bool) -> dict[str, Any]:
    """The conformance collection of an application, generated once: but for the URL, it does not change."""
    return collection(app, "")


def base_url() -> str:
    """The URL for requests: PUBLIC_URL, or the address where this server listens; never the client's Host."""
    environ, prefix = current_request().environ, link_prefix()
    return prefix if "://" in prefix else f"http://{environ['SERVER_NAME']}:{environ['SERVER_PORT']}{prefix}"


class Tour(Resource):
    """The Postman tour: learn the API request by request."""

    paths = ("/postman/tour.json",)
    offers = {"application/json": to_json}
    browsable = False
    for_examples = True

    @answers(200, dict)
    def get(self) -> Answer:
        """Read the Postman tour, in format 2.1."""
        no_parameters()
        settings = services().settings
        faults = settings.spaces == "open" and settings.faults != "off" and current_request().space is None
        return tour(base_url(), faults=faults), HTTPStatus.OK, {}


class Collection(Resource):
    """The Postman conformance collection."""

    paths = ("/postman/collection.json",)
    offers = {"application/json": to_json}
    browsable = False

    @answers(200, dict)
    def get(self) -> Answer:
        """Read the Postman conformance collection, in format 2.1."""
        no_parameters()
        variable = [{"key": "base_url", "value": base_url()}]
        request = current_request()
        return {**published(request.app, request.space is not None), "variable": variable}, HTTPStatus.OK, {}


class Environment(Resource):
    """The Postman environment."""

    paths = ("/postman/environment.json",)
    offers = {"application/json": to_json}
    browsable = False

    @answers(200, dict)
    def get(self) -> Answer:
        """Read the Postman environment: the URL of this server, and in development two accounts."""
        no_parameters()
        return environment(base_url(), development=services().settings.development), HTTPStatus.OK, {}
