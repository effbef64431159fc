"""The documents of this server; in a browser, an interactive reference.

curl -i http://127.0.0.1:8000/docs
"""

from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Response, current_app

from api.describe.home import documents
from api.describe.operations import operations
from api.describe.pages import page
from api.describe.reference import asset, reference_policy
from api.kit import (
    Answer,
    Resource,
    Strict,
    answers,
    current_request,
    found,
    link_prefix,
    no_parameters,
    representations,
)
from api.rules.media import HTML
from api.web.preconditions import is_current
from api.web.representations import Links


class DocsOut(Strict):
    """The paths of the documents."""

    openapi: str
    openapi_yaml: str
    postman_tour: str
    postman_collection: str
    postman_environment: str
    problems: str


def as_page(data: Any, noun: str, links: Links) -> bytes:
    """The reference for people; without JavaScript, a list of the operations."""
    adapter = current_app.url_map.bind("")
    known = documents(link_prefix(), partial(adapter.test, method="GET"))
    others = [(name, target) for name, target in known if not target.endswith("/docs")]
    return page("reference.html", prefix=link_prefix(), operations=list(operations(current_app)), documents=others)


class Docs(Resource):
    """The documents, and the interactive reference."""

    paths = ("/docs",)
    offers = {HTML: as_page, **representations.ITEM}

    @answers(200, DocsOut)
    def get(self) -> Answer:
        """List the documents; a browser gets the interactive reference."""
        no_parameters()
        prefix = link_prefix()
        places = {
            "openapi": f"{prefix}/openapi.json",
            "openapi_yaml": f"{prefix}/openapi.yaml",
            "postman_tour": f"{prefix}/postman/tour.json",
            "postman_collection": f"{prefix}/postman/collection.json",
            "postman_environment": f"{prefix}/postman/environment.json",
            "problems": f"{prefix}/problems",
        }
        fields = {"Content-Security-Policy": reference_policy()} if current_request().representation == HTML else {}
        return places, HTTPStatus.OK, fields


class DocsFile(Resource):
    """A file of the reference."""

    paths = ("/docs/<name:file_name>",)
    example = {"file_name": "swagger-ui.css"}
    offers = {}

    @answers(200)
    def get(self, file_name: str) -> Response:
        """Read a file of the reference."""
        file = found(asset(file_name))  # 404
        no_parameters()
        fields = {"ETag": file.etag, "Cache-Control": self.caching}
        if is_current(current_request(), fields):
            return current_app.response_class(status=HTTPStatus.NOT_MODIFIED, headers=fields)
        return current_app.response_class(file.content, headers={**fields, "Content-Type": file.content_type})
