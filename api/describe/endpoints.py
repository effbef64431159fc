"""Every endpoint of the toolbox: a method on a path, with the declarations of its class.

The OpenAPI document, the Postman collection, the index page and docs/toolbox.md are generated from these.
"""

import inspect
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from api.rules.parameters import Parameter, Text
from api.web.compat import Compat
from api.web.declared import Declared, declared_by

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE")
WITH_BODY = ("POST", "PUT", "PATCH")
# The order of the index page; other groups follow.
GROUPS = (
    "Inspection",
    "Statuses",
    "Redirects",
    "Response fields",
    "Cookies",
    "Auth",
    "OAuth 2.0",
    "Caches",
    "Content codings",
    "Bytes",
    "Time",
    "Formats",
    "Pictures",
    "Pages",
)
# Stands for the start of URLs in commands.
PLACE = "HTTPBIN"
_PARAMETER = re.compile("<(?:[a-z]+:)?([^<>]+)>")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method on a path. `route` is the path as the resource declares it, below the mount."""

    method: str
    route: str
    resource: type[Compat]

    @property
    def path(self) -> str:
        """The path with its parameters in braces (RFC 6570)."""
        return _PARAMETER.sub(r"{\1}", self.route)

    @property
    def declared(self) -> Declared | None:
        """The method's `@answers`."""
        own = getattr(self.resource, "head", None) if self.method == "HEAD" else None
        return getattr(own, "answers", None) or declared_by(self.resource, self.method)

    @property
    def in_path(self) -> list[str]:
        """The names of the parameters in its path."""
        return _PARAMETER.findall(self.route)

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The declared parameters of its path and query by name, those of the path first."""
        others = {each.name for each in self.fields}
        others |= {each.name for each in self.resource.parameters if isinstance(each, Text) and each.only_in_path}
        found = {each.name: each for each in self.resource.parameters if each.name not in others - {*self.in_path}}
        return {name: found[name] for name in sorted(found, key=lambda name: name not in self.in_path)}

    @property
    def fields(self) -> tuple[Parameter, ...]:
        """The declared fields of the form in its body."""
        return self.resource.fields if self.method in WITH_BODY else ()

    @property
    def id(self) -> str:
        """A name that is stable as long as the path is: `get_status_codes`."""
        words = re.findall("[a-z0-9]+", self.path.lower())
        return "_".join([self.method.lower(), *words]) if words else f"{self.method.lower()}_index"

    @property
    def summary(self) -> str:
        """A summary in one line: the first line of the method's docstring."""
        method = getattr(self.resource, "get" if self.method == "HEAD" else self.method.lower(), None)
        return inspect.cleandoc((method or self.resource).__doc__ or "").partition("\n")[0]

    def value(self, name: str) -> str:
        """The example of a parameter in the path."""
        known = self.parameters.get(name)
        return self.resource.example.get(name) or (known.example if known else "") or "1"

    @property
    def query(self) -> dict[str, str]:
        """The query of its example: the parameters that have an example."""
        return {
            name: each.example for name, each in self.parameters.items() if name not in self.in_path and each.example
        }

    @property
    def target(self) -> str:
        """The target of its example, below the mount."""
        path = _PARAMETER.sub(lambda found: quote(self.value(found[1]), safe="/:,"), self.route)
        query = "&".join(f"{quote(name)}={quote(value, safe='/')}" for name, value in self.query.items())
        return f"{path}?{query}" if query else path

    @property
    def status(self) -> int:
        """The status that its example answers with."""
        return self.resource.shows or (self.declared.status if self.declared else 200)

    @property
    def members(self) -> dict[str, bool]:
        """The members of its answer in JSON by name, and whether they are always there."""
        model = self.declared.model if self.declared else None
        return {name.rstrip("?"): not name.endswith("?") for name in model} if isinstance(model, tuple) else {}

    @property
    def sends(self) -> str:
        """The header fields of its example, one in a line."""
        return "\n".join(f"{name}: {value}" for name, value in self.resource.sends.items())

    def filled(self, values: Mapping[str, str]) -> str:
        """Its path with these values of the parameters."""
        return _PARAMETER.sub(lambda found: values[found[1]], self.route)

    @property
    def command(self) -> str:
        """The curl command of its example, without the start of the URL: `curl -i HTTPBIN/get`."""
        words = ["curl", "-i"]
        if self.method == "HEAD":
            words += ["--head"]
        elif self.method != ("POST" if self.method in WITH_BODY else "GET"):
            words += ["-X", self.method]
        for name, value in self.resource.sends.items():
            words += ["-H", f"{name}: {value}"]
        if self.method in WITH_BODY:
            words += ["-d", self.resource.body]
        if self.declared and self.declared.model in ("application/octet-stream", "*/*", "image/png"):
            words += ["--output", "-"]
        return shlex.join([*words, f"{PLACE}{self.target}"])


def endpoints(app: Any) -> list[Endpoint]:
    """Every endpoint of the toolbox, by groups; OPTIONS and HEAD beside GET go without saying."""
    found = list(_all(app))
    order = {name: number for number, name in enumerate(GROUPS)}
    return sorted(found, key=lambda each: order.get(each.resource.group, len(GROUPS)))


def _all(app: Any) -> Iterator[Endpoint]:
    for rule in app.url_map.iter_rules():
        resource = getattr(app.view_functions[rule.endpoint], "view_class", None)
        if isinstance(resource, type) and issubclass(resource, Compat):
            for method in METHODS:
                if method in resource.allowed and not (method == "HEAD" and "GET" in resource.allowed):
                    yield Endpoint(method, rule.rule, resource)
