"""Byte ranges (RFC 9110 §14): the requested part of a representation."""

import re
from typing import NamedTuple

_RANGE = re.compile(r"bytes=[ \t]*(?:([0-9]{1,19})-([0-9]{0,19})|-([0-9]{1,19}))[ \t]*", re.IGNORECASE)


class Part(NamedTuple):
    """The bytes from `start` up to but not including `stop`."""

    start: int
    stop: int


def read_range(field: str, length: int) -> Part | None:
    """Return the part of `length` bytes that a Range field requests, or None if the field is to be ignored.

    Ignored are other units, malformed fields, and several ranges at once, which
    a server need not support (§14.2). An empty part, `start == stop`, cannot be satisfied: 416.
    """
    found = _RANGE.fullmatch(field)
    if not found:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        return Part(max(0, length - int(suffix)), length)
    start = int(first)
    if last and int(last) < start:
        return None
    stop = min(int(last) + 1, length) if last else length
    return Part(start, stop) if start < length else Part(length, length)
