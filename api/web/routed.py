"""Routed: what all resource classes have, whatever their rules: paths, methods, links, and the answer to OPTIONS.

It imports neither SQLAlchemy nor pydantic, so that the toolbox alone starts fast.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import flask_restful
from flask import Response, current_app

from api.rules.problems import Problem
from api.web.declared import declared_by
from api.web.request import link_prefix


class Routed(flask_restful.Resource):  # type: ignore[misc]  # flask_restful has no types
    """A class whose methods are HTTP methods, at its `paths`. `noun` is its name in the singular."""

    paths: ClassVar[tuple[str, ...]] = ()
    noun: ClassVar[str]
    # Values for the parameters of its path that exist on every server, for the examples in the API description.
    # Not needed if a create request makes the named resource.
    example: ClassVar[Mapping[str, str]] = {}
    # Refusals that all of its methods may have, besides those of all routes.
    refuses_anywhere: ClassVar[tuple[type[Problem], ...]] = ()
    # Derived from the methods: the value of Allow.
    allowed: ClassVar[list[str]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if any(path.endswith("/") and path != "/" for path in cls.paths):
            raise TypeError(f"{cls.__name__}: a path ends without a slash, or Werkzeug would redirect to Host.")
        if "noun" not in vars(cls):
            cls.noun = cls.__name__.removesuffix("Item").lower()
        verbs = sorted(cls.methods or ())
        cls.allowed = sorted({*verbs, "HEAD"} if "GET" in verbs else verbs)

    def options(self, **ids: Any) -> Response:
        """Return the methods and body formats that this resource supports (RFC 9110 §9.3.7)."""
        headers = {"Allow": ", ".join(self.allowed)}
        for verb, field in (("POST", "Accept-Post"), ("PATCH", "Accept-Patch")):
            declared = declared_by(self, verb)
            if declared and declared.takes:
                headers[field] = ", ".join(declared.takes.media_types)
        return current_app.response_class(status=HTTPStatus.NO_CONTENT, headers=headers)

    @classmethod
    def url(cls, *ids: Any) -> str:
        """Return the URL of this resource for these ids: a path, or absolute if PUBLIC_URL is set."""
        return link_prefix() + cls.place(*ids)

    @classmethod
    def place(cls, *ids: Any) -> str:
        """Return the path of this resource for these ids, relative to the mount path."""
        path = cls.paths[0]
        for each in ids:
            before, _, rest = path.partition("<")
            path = before + str(each) + rest.partition(">")[2]
        return path
