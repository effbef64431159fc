"""The refusals that faults send: the true problem of a status, with its header fields."""

from typing import Any

from api.rules.faults import Limit, Status, Window
from api.rules.problems import (
    Conflict,
    ContentTooLarge,
    Forbidden,
    HeaderFieldsTooLarge,
    InsufficientStorage,
    InternalError,
    Invalid,
    LengthRequired,
    MalformedBody,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    NotImplementedHere,
    PreconditionFailed,
    PreconditionRequired,
    Problem,
    RangeNotSatisfiable,
    RateLimited,
    RequestTimeout,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
    UriTooLong,
)
from api.rules.statuses import FIELDS, PHRASES

# The problem that a client most likely means by a status. Statuses that are not here have none.
MEANT: dict[int, type[Problem]] = {
    problem.status: problem
    for problem in (
        MalformedBody,
        Unauthenticated,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        NotAcceptable,
        RequestTimeout,
        Conflict,
        LengthRequired,
        PreconditionFailed,
        ContentTooLarge,
        UriTooLong,
        UnsupportedMediaType,
        RangeNotSatisfiable,
        Invalid,
        PreconditionRequired,
        RateLimited,
        HeaderFieldsTooLarge,
        InternalError,
        NotImplementedHere,
        Unavailable,
        InsufficientStorage,
    )
}
DETAIL = "A fault was ordered for this request."


class OrderedStatus(Problem):
    """A status that has no problem of its own here."""

    def __init__(self, code: int, headers: dict[str, str]) -> None:
        super().__init__(DETAIL, headers=headers)
        # Other problems have these as class attributes. Here they depend on the fault.
        vars(self).update(status=code, title=PHRASES.get(code, f"Status {code}"), slug="about:blank")

    def document(self, request_id: str, prefix: str = "") -> dict[str, Any]:
        """The document; its type is `about:blank`, because it means only the status (RFC 9457 §4.2.1)."""
        return super().document(request_id, prefix) | {"type": "about:blank"}


def problem_of(effect: Status) -> Problem:
    """The problem of a status, with the header fields that belong to it."""
    fields = dict(FIELDS.get(effect.code, ()))
    if effect.retry_after is not None:
        fields["Retry-After"] = str(effect.retry_after)
    if effect.code == RateLimited.status:
        seconds = int(fields["Retry-After"])
        fields |= rate_limit(requests=1, window=max(1, seconds), left=0, seconds=seconds)
    meant = MEANT.get(effect.code)
    return meant(headers=fields) if meant else OrderedStatus(effect.code, fields)


def limited(limit: Limit, window: Window) -> Problem:
    """The problem of a client beyond a limit."""
    fields = rate_limit(requests=limit.requests, window=limit.seconds, left=0, seconds=window.seconds)
    detail = f"This client may send {limit.requests} requests in {limit.seconds} seconds."
    return RateLimited(detail, headers={"Retry-After": str(max(1, window.seconds)), **fields})


def rate_limit(*, requests: int, window: int, left: int, seconds: int) -> dict[str, str]:
    """The fields that report a limit (draft-ietf-httpapi-ratelimit-headers)."""
    return {
        "RateLimit-Policy": f'"fault";q={requests};w={window}',
        "RateLimit": f'"fault";r={left};t={seconds}',
    }
