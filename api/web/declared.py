"""What a method declares that it answers, and the check that holds it to that in testing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

from flask import Response

from api.rules.problems import Problem
from api.web.parsers import RequestParser
from api.web.request import Request

Method = TypeVar("Method", bound=Callable[..., Any])

# What a method answers: data, status and header fields; or a Response that was made already.
Answer = tuple[Any, int, Mapping[str, str]] | Response

# What any route may refuse with, by the machinery and not by its method.
COMMON = frozenset(
    {
        "not-found",
        "method-not-allowed",
        "not-acceptable",
        "not-implemented",
        "invalid-parameter",
        "invalid-header",
        "precondition-failed",
        "unauthenticated",
        "invalid-token",
        "rate-limited",
        "internal-error",
        "unavailable",
    }
)


class UndeclaredAnswer(AssertionError):
    """A method answered with what its `@answers` does not declare; raised in testing only."""


class Takes(Protocol):
    """A parser of bodies, as far as it can be told what it takes."""

    media_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Declared:
    """What `@answers` says of a method: for the check in tests, and for those who describe the API."""

    status: int
    model: Any
    takes: Takes | None
    asks: RequestParser | None
    refuses: tuple[type[Problem], ...]
    also: tuple[int, ...]


def answers(
    status: int | HTTPStatus,
    model: Any = None,
    *,
    takes: Takes | None = None,
    asks: RequestParser | None = None,
    refuses: Sequence[type[Problem]] = (),
    also: Sequence[int] = (),
) -> Callable[[Method], Method]:
    """Declare what a method answers with: its status and model, and every problem of its own.

    `takes` is the parser of its body, `asks` that of its query, `also` lists
    further statuses that are no refusals. What the machinery refuses on any
    route (404 for the path, 405, 406, …) is not repeated.
    """

    def declare(method: Method) -> Method:
        declared = Declared(int(status), model, takes, asks, tuple(refuses), tuple(also))
        method.answers = declared  # type: ignore[attr-defined]  # functions take attributes, their types do not
        return method

    return declare


def declared_by(view_class: Any, verb: str) -> Declared | None:
    """What the method for `verb` declares; None where it declares nothing, or is not there."""
    method = getattr(view_class, "get" if verb == "HEAD" else verb.lower(), None)
    declared: Declared | None = getattr(method, "answers", None)
    return declared


def check_declared(request: Request, answer: int | Problem) -> None:
    """In testing, refuse an answer that the method does not declare, so that what is published stays true."""
    if not request.app.config["CHECK_ANSWERS"]:
        return
    view = request.app.view_functions.get(request.endpoint or "")
    declared = declared_by(getattr(view, "view_class", None), request.method)
    if declared is None:
        return
    if isinstance(answer, Problem):
        if not isinstance(answer, declared.refuses) and answer.slug not in COMMON:
            raise UndeclaredAnswer(
                f"{request.method} {request.path} refused with {answer.slug}, which is not declared."
            )
    elif answer not in (declared.status, *declared.also, 204 if request.prefers_minimal() else declared.status, 304):
        raise UndeclaredAnswer(f"{request.method} {request.path} answered {answer}, which is not declared.")
