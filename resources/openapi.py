"""The OpenAPI 3.1 document, generated from the resources.

curl -i http://127.0.0.1:8000/openapi.json
"""

from functools import cache
from typing import Any

from flask import current_app

from api.describe.openapi import as_yaml, document
from api.kit import Answer, Resource, answers, no_parameters, services
from api.web.representations import Links, to_json

JSON = "application/vnd.oai.openapi+json"
YAML = "application/yaml"


@cache
def published(public_url: str) -> dict[str, Any]:
    """The document, generated once: it does not change while the server runs."""
    return document(current_app, public_url)


@cache
def published_yaml(public_url: str) -> bytes:
    """The document in YAML; writing it takes half a second."""
    return as_yaml(published(public_url))


def in_yaml(data: Any, noun: str, links: Links) -> bytes:
    """The document in YAML (RFC 9512)."""
    return published_yaml(services().settings.public_url)


class OpenApi(Resource):
    """The OpenAPI document."""

    paths = ("/openapi.json",)
    offers = {"application/json": to_json, JSON: to_json}
    browsable = False

    @answers(200, dict)
    def get(self) -> Answer:
        """Read the OpenAPI document, in JSON."""
        no_parameters()
        return published(services().settings.public_url), 200, {}


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
        return published(services().settings.public_url), 200, {}
