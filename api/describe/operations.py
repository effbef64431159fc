"""Every operation of the server: a method on a path, with the declarations of its resource.

The OpenAPI document, the Postman collection and the pages are generated from these, so new resources appear there
without further work.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from api.describe.names import subject, words
from api.rules.problems import (
    PreconditionFailed,
    Problem,
    RangeNotSatisfiable,
)
from api.web.declared import Declared, declared_by
from api.web.request import in_space
from api.web.resource import Resource

# The usual order in documents.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_PARAMETER = re.compile("<(?:([a-z]+):)?([^<>]+)>")


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path. `route` is the path as the resource declares it, `path` as documents have it."""

    method: str
    route: str
    resource: type[Resource]

    @property
    def path(self) -> str:
        """The path with its parameters in braces (RFC 6570)."""
        return _PARAMETER.sub(r"{\2}", self.route)

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the path, each with its converter."""
        return {name: converter or "string" for converter, name in _PARAMETER.findall(self.route)}

    @property
    def declared(self) -> Declared | None:
        """The method's `@answers`; None for OPTIONS, which is the same for all resources."""
        declared = declared_by(self.resource, self.method)
        if declared and self.method == "HEAD" and RangeNotSatisfiable in declared.refuses:
            # Only GET supports Range (RFC 9110 §14.2).
            refuses = tuple(each for each in declared.refuses if each is not RangeNotSatisfiable)
            also = tuple(each for each in declared.also if each != HTTPStatus.PARTIAL_CONTENT)
            return replace(declared, refuses=refuses, also=also)
        return declared

    @property
    def refuses(self) -> tuple[type[Problem], ...]:
        """The problems that the method declares."""
        return self.declared.refuses if self.declared else ()

    @property
    def id(self) -> str:
        """A name that is stable as long as the path is: `get_articles_item`."""
        words = [
            "item" if word.startswith("<") else re.sub("[^a-z0-9]+", "_", word.lower())
            for word in self.route.strip("/").split("/")
        ]
        return "_".join([self.method.lower(), *words]) if self.route != "/" else f"{self.method.lower()}_home"

    @property
    def summary(self) -> str:
        """A summary in one line: the first line of the method's docstring."""
        if self.method == "OPTIONS":
            return "List the allowed methods."
        method = getattr(self.resource, "get" if self.method == "HEAD" else self.method.lower())
        line = inspect.cleandoc(method.__doc__ or "").partition("\n")[0]
        return f"{line.rstrip('.')}: header fields only." if self.method == "HEAD" else line

    @property
    def tag(self) -> str:
        """The first word of the path."""
        return self.route.split("/")[1] or "home"

    @property
    def subject(self) -> str:
        """The start of the names of its schemas: the subject of its model (`Article` for ArticleOut), or its noun."""
        model = self.declared.model if self.declared else None
        if isinstance(model, type) and issubclass(model, BaseModel):
            return subject(model.__name__)
        return words(self.resource.noun)

    @property
    def needs_account(self) -> bool:
        """Whether it requires signing in."""
        return self.declared is not None and self.declared.scopes is not None

    @property
    def takes_key(self) -> bool:
        """Whether it accepts an Idempotency-Key."""
        return self.declared is not None and self.declared.keyed

    @property
    def reads(self) -> bool:
        """Whether it is GET or HEAD."""
        return self.method in ("GET", "HEAD")

    @property
    def has_page(self) -> bool:
        """Whether a browser gets a page for it."""
        return self.method == "GET" and self.resource.browsable

    @property
    def takes_conditions(self) -> bool:
        """Whether conditional fields such as If-Match apply, because the resource has a tag."""
        return PreconditionFailed in self.refuses or (self.reads and self.resource.caching != "no-store")

    @property
    def may_be_unchanged(self) -> bool:
        """Whether it answers 304 to a client that already has the representation (RFC 9110 §15.4.5)."""
        answers = self.declared is not None and self.declared.status == HTTPStatus.OK
        return self.reads and self.takes_conditions and answers


def operations(app: Any) -> Iterator[Operation]:
    """Every operation of the app, in the order of paths and methods; in a request to a space, those that it has."""
    within = in_space()
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        resource = getattr(app.view_functions[rule.endpoint], "view_class", None)
        if isinstance(resource, type) and issubclass(resource, Resource) and (resource.in_spaces or not within):
            for method in METHODS:
                if method in resource.allowed:
                    yield Operation(method, rule.rule, resource)


def module_words(resource: type[Resource]) -> str:
    """The docstring of the resource's package or module, without its curl example."""
    name = resource.__module__
    parent = sys.modules[name.rpartition(".")[0]]
    module = parent if parent.__name__ != "resources" else sys.modules[name]
    paragraphs = inspect.cleandoc(module.__doc__ or "").split("\n\n")
    return "\n\n".join(each for each in paragraphs if not each.lstrip().startswith("curl "))
