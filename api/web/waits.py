"""Answers of the toolbox that wait: the front waits, so that no thread is held (`api.front.pacing`)."""

import math
import time
from collections.abc import Iterator

from api.rules import environ_keys
from api.rules.pace import Due, Pace
from api.web.request import Request, current_request
from api.web.throttling import check_requests


def wait(seconds: float) -> None:
    """Send the answer of the running method after some seconds. It counts as so many more requests.

    Raises RateLimited.
    """
    _order(current_request(), Pace(seconds))


def paced(before: float, pieces: Iterator[Due], end: float) -> Iterator[bytes]:
    """Return the content whose `pieces` come when they are due, after `before` seconds and the head.

    `end` is when the last one is due. Raises RateLimited.
    """
    request = current_request()
    _order(request, Pace(before, pieces, end))
    return iter(()) if environ_keys.FRONT in request.environ else _slept(pieces)


def _order(request: Request, pace: Pace) -> None:
    if seconds := math.ceil(pace.before + pace.end):
        check_requests(request, seconds)  # 429
    if environ_keys.FRONT in request.environ:
        request.environ[environ_keys.PACE] = pace
        request.environ[environ_keys.REPLACED] = True  # the front records it when it has ended
    else:
        time.sleep(pace.before)  # other servers hold a thread


def _slept(pieces: Iterator[Due]) -> Iterator[bytes]:
    start = time.monotonic()
    for due, piece in pieces:
        time.sleep(max(0.0, start + due - time.monotonic()))
        yield piece
