"""Declarations of what a method requires and returns, and a check in testing that the method keeps to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from flask import Response

from api.rules.problems import (
    IdempotencyInProgress,
    IdempotencyKeyReused,
    InsufficientScope,
    InvalidIdempotencyKey,
    Problem,
    Unauthenticated,
)
from api.web.request import Request

if TYPE_CHECKING:
    from api.web.parsers import RequestParser

Method = TypeVar("Method", bound=Callable[..., Any])

# What a method returns: data, status and header fields, or a finished Response.
Answer = tuple[Any, int, Mapping[str, str]] | Response

# The refusals of a method that accepts an Idempotency-Key.
KEYED = (IdempotencyInProgress, IdempotencyKeyReused, InvalidIdempotencyKey)

# Refusals that any route may have, raised by the machinery and not by the method.
COMMON = frozenset(
    {
        "not-found",
        "insufficient-storage",
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
    """A method returned something that its `@answers` does not declare. Raised only in testing."""


class Takes(Protocol):
    """A parser of bodies: the media types that it accepts, and the refusals that it can raise."""

    media_types: tuple[str, ...]
    refuses: tuple[type[Problem], ...]


@dataclass(frozen=True, slots=True)
class Declared:
    """The declaration of a method by `@answers`: for the machinery, the check in tests, and the published contract.

    `scopes` are those that a token needs; None if the method does not require signing in. `refuses` has all problems:
    those of the method, its parsers, its key, and signing in.
    """

    status: int
    model: Any
    takes: Takes | None
    asks: RequestParser | None
    keyed: bool
    scopes: tuple[str, ...] | None
    refuses: tuple[type[Problem], ...]
    also: tuple[int, ...]


def answers(
    status: int | HTTPStatus,
    model: Any = None,
    *,
    takes: Takes | None = None,
    asks: RequestParser | None = None,
    keyed: bool = False,
    signed_in: bool | str = False,
    refuses: Sequence[type[Problem]] = (),
    also: Sequence[int] = (),
) -> Callable[[Method], Method]:
    """Declare what a method requires and returns: its status, its model, and all problems of its own.

    `takes` is the parser of its body, `asks` that of its query. `keyed` means that it accepts an Idempotency-Key.
    `signed_in` is True if it requires an account, or the scope that a token needs for it; the machinery refuses
    others with 401 and 403 before the method runs. `refuses` lists the other problems of the method. Those of its
    parsers, its key and signing in are added. Those of any route (404 for the path, 405, 406, …) are not declared.
    `also` lists further statuses that are not refusals.
    """
    scopes = None if signed_in is False else () if signed_in is True else (signed_in,)
    found = [
        *refuses,
        *(takes.refuses if takes else ()),
        *(asks.refuses if asks else ()),
        *(KEYED if keyed else ()),
        *((Unauthenticated,) if scopes is not None else ()),
        *((InsufficientScope,) if scopes else ()),
    ]
    if Problem in found:
        found = [Problem]  # any problem

    def declare(method: Method) -> Method:
        declared = Declared(int(status), model, takes, asks, keyed, scopes, tuple(dict.fromkeys(found)), tuple(also))
        method.answers = declared  # type: ignore[attr-defined]  # functions take attributes, their types do not
        return method

    return declare


def declared_by(view_class: Any, verb: str) -> Declared | None:
    """Return the declaration of the method for `verb`; None if it has none, or does not exist."""
    method = getattr(view_class, "get" if verb == "HEAD" else verb.lower(), None)
    declared: Declared | None = getattr(method, "answers", None)
    return declared


def check_declared(request: Request, answer: int | Problem) -> None:
    """In testing, raise for a response that the method does not declare, so that the published contract is correct."""
    if not request.app.services.settings.checks_answers:
        return
    view_class = getattr(request.app.view_functions.get(request.endpoint or ""), "view_class", None)
    declared = declared_by(view_class, request.method)
    if declared is None:
        return
    if isinstance(answer, Problem):
        anywhere: tuple[type[Problem], ...] = getattr(view_class, "refuses_anywhere", ())
        if not isinstance(answer, (*declared.refuses, *anywhere)) and answer.slug not in COMMON:
            raise UndeclaredAnswer(
                f"{request.method} {request.path} refused with {answer.slug}, which is not declared."
            )
    elif answer not in (declared.status, *declared.also, 204 if request.prefers_minimal() else declared.status, 304):
        raise UndeclaredAnswer(f"{request.method} {request.path} answered {answer}, which is not declared.")
