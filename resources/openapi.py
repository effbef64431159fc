"""The OpenAPI 3.1 document, generated from the resources.

curl -i http://127.0.0.1:8000/openapi.json
"""

from functools import lru_cache
from typing import Any

from api.describe.openapi import as_yaml, document
from api.kit import Answer, Resource, answers, current_request, link_prefix, no_parameters
from api.web.representations import Links, to_json

JSON = "application/vnd.oai.openapi+json"
YAML = "application/yaml"


# Documents that are kept, of the applications that were asked last.
MOST_KEPT = 16
# Stands for the URL of the server in documents that are generated once for all spaces.
SERVER = "https://server.invalid"


@lru_cache(MOST_KEPT)
def published(app: Any, in_space: bool) -> dict[str, Any]:
    """The document of an application, generated once: it does not change while the server runs."""
    return document(app, SERVER)


@lru_cache(MOST_KEPT)
def published_yaml(app: Any, in_space: bool) -> bytes:
    """The document in YAML; writing it takes half a second."""
    return as_yaml(published(app, in_space))


def in_yaml(data: Any, noun: str, links: Links) -> bytes:
    """The document in YAML (RFC 9512)."""
    request = current_request()
    yaml = published_yaml(request.app, request.space is not None)
    return yaml.replace(SERVER.encode(), (link_prefix() or "/").encode())


def as_published() -> dict[str, Any]:
    """The document for this server or this space."""
    request = current_request()
    found = published(request.app, request.space is not None)
    return {**found, "servers": [{"url": link_prefix() or "/"}]}


class OpenApi(Resource):
    """The OpenAPI document."""

    paths = ("/openapi.json",)
    offers = {"application/json": to_json, JSON: to_json}
    browsable = False

    @answers(200, dict)
    def get(self) -> Answer:
        """Read the OpenAPI document, in JSON."""
        no_parameters()
        return as_published(), 200, {}


class OpenApiYaml(Resource):
    """The OpenAPI document in YAML."""

    paths = ("/openapi.yaml",)
    # Generated clients ask for JSON on every operation whose refusals are in JSON.
    offers = {YAML: in_yaml, "application/json": to_json}
    browsable = False

    @answers(200, dict)
    def get(self) -> Answer:
        """Read the OpenAPI document, in YAML."""
        no_parameters()
        return as_published(), 200, {}
