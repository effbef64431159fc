"""Checks that every answer in the tests is declared, and that some test has seen every declared answer.

The answers come from the logs of the tests' servers. The declarations are in the OpenAPI document, and in each
method's `@answers`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from api.describe.endpoints import Endpoint, endpoints
from api.describe.openapi import document
from api.describe.operations import Operation, operations
from api.describe.toolbox import FEW
from api.rules.problems import InvalidParameter, Problem
from api.web.compat import MOUNT

# Refusals that no method or route causes: each must be seen once, on any route.
ANYWHERE = {
    "internal-error": "a fault of the server's own",
    "unavailable": "a database that is busy or away, or a server that is full",
    "insufficient-storage": "in a space that is full; a resource with a quota declares it as its own",
    "not-implemented": "for a transfer coding; a method that nobody knows is of no operation",
    "invalid-host": "by the front, which knows no routes",
    "malformed-body": "by the front; where a method reads the body, it declares this as its own",
    "request-timeout": "by the front",
    "uri-too-long": "by the front",
    "header-fields-too-large": "by the front",
}


class Seen(NamedTuple):
    """The declared parts of an answer. Answers before routing, and those of the front, have no route."""

    method: str
    route: str
    status: int
    problem: str = ""
    content_type: str = ""


def seen_in(logs: Iterable[Path]) -> set[Seen]:
    """Every answer in the logs, except those of faults: they are wrong on purpose."""
    return {
        Seen(
            line.get("method", ""),
            line.get("route", ""),
            line["status"],
            line.get("problem", ""),
            line.get("content_type") or "",
        )
        for line in _lines(logs)
        if line["message"] == "answered" and "fault" not in line
    }


def _lines(logs: Iterable[Path]) -> Iterator[Mapping[str, Any]]:
    for log in logs:
        with log.open(errors="replace") as lines:
            # A killed server may have written half of its last line.
            yield from (json.loads(line) for line in lines if line.startswith("{") and line.endswith("}\n"))


class Promise:
    """The declaration of one operation: its `responses` by status, and its possible `problems` by slug."""

    def __init__(self, operation: Operation, published: Mapping[str, Any]) -> None:
        self.operation = operation
        self.name = f"{operation.method} {operation.route}"
        told = published["paths"][operation.path][operation.method.lower()]["responses"]
        self.responses = {status: _resolved(published, response) for status, response in told.items()}
        self.problems = {
            slug
            for status, response in self.responses.items()
            if status >= "400"
            for slug in re.findall("`([a-z:-]+)`", response["description"])
        }

    def broken_by(self, seen: Seen) -> str | None:
        """The difference between an answer of this operation and its declaration; None if there is none."""
        # The default response is for refusals only.
        other = self.responses.get("default") if seen.status >= HTTPStatus.BAD_REQUEST else None
        response = self.responses.get(str(seen.status), other)
        if response is None:
            return f"{self.name} answered {seen.status}"
        # A form of a page gets the refusals of the resource that it changes.
        if seen.problem and seen.problem not in self.problems and Problem not in self.operation.refuses:
            return f"{self.name} refused with {seen.problem}"
        content = response.get("content", {})
        # The fields of HEAD describe content that is not sent.
        if seen.content_type and self.operation.method != "HEAD" and not {seen.content_type, "*/*"} & content.keys():
            return f"{self.name} answered {seen.status} as {seen.content_type}"
        return None

    def unkept(self, seen: Iterable[Seen]) -> Iterator[str]:
        """The declarations that are not among these answers of the operation."""
        for status in self.responses.keys() - {str(each.status) for each in seen}:
            if status < "400":
                yield f"{self.name} answers {status}"
        if "default" in self.responses:
            for hundreds in {4, 5} - {each.status // 100 for each in seen}:
                yield f"{self.name} answers {hundreds}xx by default"
        for slug in self._own() - {each.problem for each in seen}:
            yield f"{self.name} refuses with {slug}"
        content = {
            kind for status, each in self.responses.items() if status < "400" for kind in each.get("content", ())
        }
        for kind in content - {each.content_type for each in seen if each.status < 400} - {"*/*"}:
            yield f"{self.name} answers as {kind}"

    def _own(self) -> set[str]:
        """The problems that the tests must see from this operation."""
        own = {problem.slug for problem in self.operation.refuses if hasattr(problem, "slug")}
        if self.operation.resource.in_registry:
            own.discard("idempotency-in-progress")  # the registry is SQLite, where it is 503 (CONTRACT §6)
        never = {"idempotency-in-progress"} if self.operation.resource.in_registry else set()
        if self.operation.resource.for_probes:
            never.add("invalid-header")  # they read no credentials; other fields are refused before the route is known
        return own | (self.problems - ANYWHERE.keys() - never - (set() if self._looks() else {"not-found"}))

    def _looks(self) -> bool:
        """Whether the method looks up the resource in the path; otherwise only routing answers 404."""
        method, declared = self.operation.method, self.operation.declared
        # PUT creates an absent resource; echo and status accept any path.
        makes = method == "PUT" and declared is not None and declared.status == HTTPStatus.CREATED
        return not makes and method != "OPTIONS" and self.operation.tag not in ("echo", "status")


def promises(app: Any) -> dict[tuple[str, str], Promise]:
    """All declarations, by method and route."""
    published = document(app)
    return {(each.method, each.route): Promise(each, published) for each in operations(app)}


def undeclared(seen: Iterable[Seen], declared: Mapping[tuple[str, str], Promise]) -> list[str]:
    """The answers that are not declared, as sentences. Routes of other apps are ignored."""
    found = {declared[each[:2]].broken_by(each) for each in seen if each[:2] in declared}
    return sorted(filter(None, found))


def unseen(seen: Iterable[Seen], declared: Mapping[tuple[str, str], Promise]) -> list[str]:
    """The declarations that no test has seen, as sentences."""
    by_operation: dict[tuple[str, str], set[Seen]] = {key: set() for key in declared}
    problems = set()
    for each in seen:
        problems.add(each.problem)
        by_operation.setdefault(each[:2], set()).add(each)
    found = {broken for key, promise in declared.items() for broken in promise.unkept(by_operation[key])}
    return sorted(found) + [f"some operation refuses with {slug}" for slug in sorted(ANYWHERE.keys() - problems)]


def unseen_of_toolbox(seen: Iterable[Seen], toolbox: Any) -> list[str]:
    """The declarations of the toolbox that no test has seen, as sentences. A method may be seen on any of its paths.

    In testing, the toolbox raises for an answer that it does not declare.
    """
    found: dict[tuple[str, str], set[int | str]] = {}
    for each in seen:
        found.setdefault((each.method, each.route), set()).update((each.status, each.problem))
    paths: dict[tuple[str, type], list[Endpoint]] = {}
    for each in endpoints(toolbox):
        paths.setdefault((each.method, each.resource), []).append(each)
    missing: list[str] = []
    for (method, _), own in paths.items():
        expected = set().union(*map(expected_of, own))
        for left in expected.difference(*(found.get((method, MOUNT + each.route), ()) for each in own)):
            verb = "answers" if isinstance(left, int) else "refuses with"
            missing.append(f"{method} {MOUNT}{own[0].route} {verb} {left}")
    return sorted(missing)


def wrong_value(endpoint: Endpoint) -> tuple[str, str] | None:
    """A parameter of an endpoint of the toolbox and a value that it refuses. None if it takes any text."""
    for parameter in endpoint.parameters.values():
        for text in ("x", "!"):
            try:
                parameter.read(text)
            except ValueError:
                return parameter.name, text
    return None


def expected_of(endpoint: Endpoint) -> set[int | str]:
    """The statuses and the problems that the tests must see from an endpoint. Its size and rate limits are shared."""
    declared = endpoint.declared
    if declared is None:
        return set()
    refuses = {each.slug for each in declared.refuses if each.status not in declared.also}
    parameters = {InvalidParameter.slug} if wrong_value(endpoint) else set()
    final = {each for each in (declared.status, *declared.also) if each >= HTTPStatus.OK}
    return (final if len(declared.also) <= FEW else {declared.status}) | refuses | parameters


def _resolved(published: Mapping[str, Any], response: Mapping[str, Any]) -> Mapping[str, Any]:
    """A response, with its reference resolved."""
    name = response.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = published["components"]["responses"][name] if name else response
    return found
