"""Two-way honesty: whatever a test sees is declared, and whatever is declared some test has seen.

What was seen is read from the logs of the tests' servers. What is declared stands in the OpenAPI document, and of
each method in its `@answers`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from api.describe.openapi import document
from api.describe.operations import Operation, operations
from api.rules.problems import Problem

# Refusals whose cause is no method and no route: each has to be seen once, wherever.
ANYWHERE = {
    "internal-error": "a fault of the server's own",
    "unavailable": "a database that is busy or away, or a server that is full",
    "not-implemented": "for a transfer coding; a method that nobody knows is of no operation",
    "invalid-host": "by the front, which knows no routes",
    "malformed-body": "by the front; where a method reads the body, it declares this as its own",
    "request-timeout": "by the front",
    "uri-too-long": "by the front",
    "header-fields-too-large": "by the front",
}


class Seen(NamedTuple):
    """An answer, as far as it is declared. Before routing it and in the front it has no route."""

    method: str
    route: str
    status: int
    problem: str = ""
    content_type: str = ""


def seen_in(logs: Iterable[Path]) -> set[Seen]:
    """Every answer that is in the logs."""
    return {
        Seen(
            line.get("method", ""),
            line.get("route", ""),
            line["status"],
            line.get("problem", ""),
            line.get("content_type") or "",
        )
        for line in _lines(logs)
        if line["message"] == "answered"
    }


def _lines(logs: Iterable[Path]) -> Iterator[Mapping[str, Any]]:
    for log in logs:
        with log.open(errors="replace") as lines:
            # A server that was killed has perhaps written half of its last one.
            yield from (json.loads(line) for line in lines if line.startswith("{") and line.endswith("}\n"))


class Promise:
    """What is declared of one operation: its `responses` by status, and by slug the `problems` that they may be."""

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
        """What is wrong with an answer of this operation; None where it is as declared."""
        # What stands for all other statuses is of refusals alone.
        other = self.responses.get("default") if seen.status >= HTTPStatus.BAD_REQUEST else None
        response = self.responses.get(str(seen.status), other)
        if response is None:
            return f"{self.name} answered {seen.status}"
        # What the forms of pages ask for is refused as the resource that does it refuses.
        if seen.problem and seen.problem not in self.problems and Problem not in self.operation.refuses:
            return f"{self.name} refused with {seen.problem}"
        content = response.get("content", {})
        # To HEAD fields tell of content that is not there.
        if seen.content_type and self.operation.method != "HEAD" and not {seen.content_type, "*/*"} & content.keys():
            return f"{self.name} answered {seen.status} as {seen.content_type}"
        return None

    def unkept(self, seen: Iterable[Seen]) -> Iterator[str]:
        """What is declared and not among these answers of the operation."""
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
        """The problems that this operation itself has to show."""
        own = {problem.slug for problem in self.operation.refuses if hasattr(problem, "slug")}
        return own | (self.problems - ANYWHERE.keys() - (set() if self._looks() else {"not-found"}))

    def _looks(self) -> bool:
        """Whether the method looks for what the path names; else only routing answers 404, for no operation."""
        method, declared = self.operation.method, self.operation.declared
        # What is put where nothing is, is made; echo and status take anything.
        makes = method == "PUT" and declared is not None and declared.status == HTTPStatus.CREATED
        return not makes and method != "OPTIONS" and self.operation.tag not in ("echo", "status")


def promises(app: Any) -> dict[tuple[str, str], Promise]:
    """Everything that is declared, by method and route."""
    published = document(app)
    return {(each.method, each.route): Promise(each, published) for each in operations(app)}


def undeclared(seen: Iterable[Seen], declared: Mapping[tuple[str, str], Promise]) -> list[str]:
    """What was seen and is not declared, in sentences. A route that this app does not have is another app's."""
    found = {declared[each[:2]].broken_by(each) for each in seen if each[:2] in declared}
    return sorted(filter(None, found))


def unseen(seen: Iterable[Seen], declared: Mapping[tuple[str, str], Promise]) -> list[str]:
    """What is declared and was not seen, in sentences."""
    by_operation: dict[tuple[str, str], set[Seen]] = {key: set() for key in declared}
    problems = set()
    for each in seen:
        problems.add(each.problem)
        by_operation.setdefault(each[:2], set()).add(each)
    found = {broken for key, promise in declared.items() for broken in promise.unkept(by_operation[key])}
    return sorted(found) + [f"some operation refuses with {slug}" for slug in sorted(ANYWHERE.keys() - problems)]


def _resolved(published: Mapping[str, Any], response: Mapping[str, Any]) -> Mapping[str, Any]:
    """A response, or what the reference to it leads to."""
    name = response.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = published["components"]["responses"][name] if name else response
    return found
