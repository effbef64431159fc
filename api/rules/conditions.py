"""Conditional requests: whether to process them (RFC 9110 §13, CONTRACT §7)."""

import re
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Final, Literal, NamedTuple, NoReturn

from api.rules.clock import parse_http_date
from api.rules.problems import InvalidHeader

_TAG = r'(W/)?("[\x21\x23-\x7e\x80-\xff]*+")'
_TAGS = re.compile(_TAG)
_LIST = re.compile(rf"(?:,[ \t]*)*+{_TAG}[ \t]*(?:,[ \t]*(?:{_TAG}[ \t]*)?)*+")  # empty elements: RFC 9110 §5.6.1.2

_SAFE = frozenset({"GET", "HEAD"})
_UNCONDITIONAL = frozenset({"CONNECT", "OPTIONS", "TRACE"})  # they select no representation (RFC 9110 §13.2.1)


class Tag(NamedTuple):
    """An entity tag: whether it is weak, and its opaque part including the quotes (RFC 9110 §8.8.3)."""

    weak: bool
    opaque: str


class Wildcard(Enum):
    """The value `*`, used instead of a list of tags."""

    ANY = "*"


ANY: Final = Wildcard.ANY
Tags = list[Tag] | Literal[Wildcard.ANY]


class Conditions(NamedTuple):
    """The conditional fields of a request, as sent; None if absent."""

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None
    if_unmodified_since: str | None = None

    @property
    def by_date(self) -> bool:
        """Whether a condition depends on the date of the representation."""
        return self.if_modified_since is not None or self.if_unmodified_since is not None


NONE = Conditions()


class Outcome(Enum):
    """The result of the conditions: process the request, or respond with this status."""

    PROCEED = None
    NOT_MODIFIED = 304
    FAILED = 412


def parse_tags(value: str) -> Tags | None:
    """Return the entity tags of If-Match or If-None-Match: ANY for `*`, None if malformed."""
    value = value.strip(" \t")
    if value == "*":
        return ANY
    if not _LIST.fullmatch(value):
        return None
    return [Tag(bool(weak), opaque) for weak, opaque in _TAGS.findall(value)]


def evaluate(
    method: str,
    fields: Conditions,
    *,
    etag: str | None,
    last_modified: datetime | None,
    same_version: Callable[[str], bool] | None = None,
) -> Outcome:
    """Evaluate the conditions of a request in the order of RFC 9110 §13.2.2.

    `etag` is the tag of the selected representation, including the quotes, and
    `last_modified` its date with a time zone. If both are None, the resource does
    not exist. `same_version` returns whether an opaque tag, with its quotes, names
    the current version in any representation; If-Match then uses it instead of
    `etag`. Raises InvalidHeader for an If-Match that is not a list of tags, and
    for such an If-None-Match on methods other than GET and HEAD. Malformed
    dates are ignored.
    """
    if method in _UNCONDITIONAL or fields == NONE:
        return Outcome.PROCEED
    exists = etag is not None or last_modified is not None
    modified = last_modified.replace(microsecond=0) if last_modified else None
    if fields.if_match is not None:
        if not _matched(fields.if_match, exists, same_version or (lambda tag: tag == etag)):
            return Outcome.FAILED
    elif modified and (date := _date(fields.if_unmodified_since)) and modified > date:
        return Outcome.FAILED
    if fields.if_none_match is not None:  # even a malformed one disables If-Modified-Since (§13.1.3)
        if _none_matched(method, fields.if_none_match, exists, etag):
            return Outcome.PROCEED
        return Outcome.NOT_MODIFIED if method in _SAFE else Outcome.FAILED
    if method in _SAFE and modified and (date := _date(fields.if_modified_since)) and modified <= date:
        return Outcome.NOT_MODIFIED
    return Outcome.PROCEED


def range_applies(if_range: str | None, *, etag: str, last_modified: str) -> bool:
    """Whether to honour a Range field: the last step of RFC 9110 §13.2.2.

    `if_range` is the If-Range field, or None if absent. It must be exactly the
    strong tag `etag`, or exactly the text of `last_modified` (§13.1.5).
    """
    if if_range is None:
        return True
    tags = parse_tags(if_range) if '"' in if_range else None
    if isinstance(tags, list):
        return tags == [Tag(False, etag)]
    return if_range.strip(" \t") == last_modified


def _matched(value: str, exists: bool, current: Callable[[str], bool]) -> bool:
    tags = parse_tags(value)
    if tags is None:
        _refuse("If-Match")
    if tags is ANY:
        return exists
    return exists and any(not tag.weak and current(tag.opaque) for tag in tags)


def _none_matched(method: str, value: str, exists: bool, etag: str | None) -> bool:
    if value == etag:
        return False  # most clients send exactly the tag that they received
    tags = parse_tags(value)
    if tags is None and method not in _SAFE:
        _refuse("If-None-Match")
    if tags is None:
        return True
    if tags is ANY:
        return not exists
    return etag is None or etag.removeprefix("W/") not in {tag.opaque for tag in tags}


def _date(field: str | None) -> datetime | None:
    return parse_http_date(field) if field is not None else None


def _refuse(header: str) -> NoReturn:
    detail = 'Use * or a list of quoted entity tags, such as "v1", "v2".'
    raise InvalidHeader(f"{header} is malformed.", errors=[{"header": header, "code": "malformed", "detail": detail}])
