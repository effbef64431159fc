"""The catalogue of problems: every refusal of Touchstone (RFC 9457).

A refusal is an exception. Code that cannot serve a request raises one of these.
`rendered()` turns it into status, header fields and body, both in the front and
behind Flask. The docstring of a class is its page: the cause, and what to do.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import orjson

from api.rules.fields import HSTS, SECURITY
from api.rules.media import HTML, PROBLEM_JSON, PROBLEM_XML, problem_type
from api.rules.xml import to_xml

Fields = Mapping[str, str] | Iterable[tuple[str, str]]
# Turns a problem and its document into a page for people: the HTML, and its Content-Security-Policy.
Page = Callable[["Problem", Mapping[str, Any]], tuple[bytes, str]]


class Problem(Exception):
    """A refusal. `members` are the extra members of its document (CONTRACT §10)."""

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]

    def __init__(self, detail: str | None = None, *, headers: Fields = (), **members: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.headers: list[tuple[str, str]] = list(headers.items() if isinstance(headers, Mapping) else headers)
        self.members = members

    def document(self, request_id: str, prefix: str = "") -> dict[str, Any]:
        """The members of the problem document (RFC 9457 §3.1).

        `type` starts with `prefix`: the mount path, or the public URL.
        """
        document = {
            "type": f"{prefix}/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail or first_line(self),
            "instance": instance(request_id),
        }
        document.update(self.members)
        return document


def first_line(problem: Problem | type[Problem]) -> str:
    """The cause in one sentence: the first line of a problem's docstring."""
    return (problem.__doc__ or "").partition("\n")[0]


def instance(request_id: str) -> str:
    """The request id as a URI reference: `urn:uuid:` for a UUID (RFC 9562 §4)."""
    try:
        return uuid.UUID(request_id).urn if len(request_id) == 36 else request_id
    except ValueError:
        return request_id


def rendered(
    problem: Problem, *, accept: str | None, request_id: str, prefix: str = "", page: Page | None = None
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return the status, the header fields and the body of a refusal.

    `accept` is the request's Accept field: the document is XML, or with `page` HTML,
    if the client prefers that, otherwise JSON. It is never a second 406 (CONTRACT §8).
    `prefix` is that of `Problem.document`.
    """
    media_type = problem_type(accept)
    document = problem.document(request_id, prefix)
    security = SECURITY
    if media_type == HTML and page:
        body, policy = page(problem, document)
        media_type, security = f"{HTML}; charset=utf-8", {**SECURITY, "Content-Security-Policy": policy}
    elif media_type == PROBLEM_XML:
        body = to_xml(document, "problem")
    else:
        body, media_type = orjson.dumps(document), PROBLEM_JSON
    headers = [
        ("Content-Type", media_type),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("Vary", "Accept"),
        ("X-Request-Id", request_id),
        *security.items(),
        *([HSTS] if prefix.startswith("https:") else []),
        *problem.headers,
    ]
    return problem.status, headers, body


def catalogue() -> dict[str, type[Problem]]:
    """Every problem that the loaded modules declare, by slug, in order of status and slug.

    A class without a slug is abstract and has no page.
    """
    found: list[type[Problem]] = []
    pending = list(Problem.__subclasses__())
    while pending:
        problem = pending.pop()
        if hasattr(problem, "slug"):
            found.append(problem)
        pending.extend(problem.__subclasses__())
    return {problem.slug: problem for problem in sorted(found, key=lambda each: (each.status, each.slug))}
