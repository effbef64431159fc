"""Conditional requests, as a resource says them: its tags, and `if_match` before it writes (CONTRACT §7)."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from api.rules.clock import http_date, parse_http_date, present
from api.rules.conditions import NONE, Conditions, Outcome, evaluate
from api.rules.problems import PreconditionFailed, PreconditionRequired, Problem
from api.web.representations import TAG_SUFFIXES
from api.web.request import Request, current_request, services

# What a method refuses with that writes what has a version.
CONDITIONS: tuple[type[Problem], ...] = (PreconditionFailed, PreconditionRequired)
# Stands in for the tag of what has none, as a stream before it is sent: nothing but `*` matches it.
UNTAGGED = 'W/""'
# Characters of a timestamp without its milliseconds.
SECONDS = len("2026-11-21T08:00:00")

_VARIABLES = tuple("HTTP_" + field.upper() for field in Conditions._fields)


def tag(row: Mapping[str, Any], fields: Sequence[str] = ()) -> str:
    """The strong tag of a row in the representation chosen: `"v3"`, `"v3.xml"`, `"v3.v2.1a2b3c4d"`, `"v3-17"`.

    It names the version, then what else tells this representation from the
    version's others: its media type, and `fields`, the members that it has where it
    has not those that everybody sees. Where clients choose names, which can be used again, the row's
    `edition` tells the new resource from the one that was deleted.
    """
    if "version" not in row:
        return UNTAGGED
    suffix = TAG_SUFFIXES.get(current_request().representation, "")
    if fields:
        suffix += "." + hashlib.sha256(",".join(fields).encode()).hexdigest()[:8]
    edition = f"-{row['edition']}" if "edition" in row else ""
    return f'"v{row["version"]}{edition}{suffix}"'


def same_version(current: str) -> Callable[[str], bool]:
    """Give the test whether a tag names the version that `current` names, in whatever representation."""
    version = version_of(current)
    return lambda other: version_of(other) == version


def version_of(etag: str) -> str:
    """The version that a tag names: what stands before the first dot."""
    return etag.strip('"').partition(".")[0]


def validators(row: Mapping[str, Any], fields: Sequence[str] = ()) -> dict[str, str]:
    """The ETag and Last-Modified fields of a row.

    A row that changed within this second has no Last-Modified: it could change again, and `If-Modified-Since` would
    not tell (RFC 9110 §8.8.2.2).
    """
    modified = row["updated_at"]
    if modified[:SECONDS] == present()[:SECONDS]:
        return {"ETag": tag(row, fields)}
    return {"ETag": tag(row, fields), "Last-Modified": http_date(_modified(row))}


def if_match(row: Mapping[str, Any] | None, fields: Sequence[str] = ()) -> None:
    """Refuse a write whose preconditions do not hold for the row as it is now (None: absent): 412.

    `fields` as for the `tag` of what who writes would read. Where REQUIRE_IF_MATCH
    is set, what has a version is written with If-Match only: 428 (RFC 6585 §3).
    """
    request = current_request()
    sent = sent_conditions(request)
    if services().settings.require_if_match and row and "version" in row and not _looked(sent):
        raise PreconditionRequired(current_etag=tag(row, fields))
    if sent is None:
        return
    outcome = evaluate(
        request.method,
        sent,
        etag=tag(row, fields) if row else None,
        last_modified=_modified(row) if row and "updated_at" in row else None,
        same_version=same_version(tag(row)) if row else None,
    )
    if outcome is Outcome.FAILED:
        raise PreconditionFailed(current_etag=tag(row, fields)) if row and "version" in row else PreconditionFailed()


def if_match_content(etag: str, created_at: str) -> None:
    """Refuse with 412 a write of content that never changes, whose preconditions do not hold."""
    request = current_request()
    if (sent := sent_conditions(request)) is None:
        return
    outcome = evaluate(request.method, sent, etag=etag, last_modified=datetime.fromisoformat(created_at))
    if outcome is Outcome.FAILED:
        raise PreconditionFailed(current_etag=etag)


def is_current(request: Request, fields: Mapping[str, str]) -> bool:
    """Whether the client of a GET has the representation with these validators already: 304.

    Raises PreconditionFailed (412), InvalidHeader (400).
    """
    sent = sent_conditions(request)
    if sent is None:
        return False
    etag, modified = fields["ETag"], fields.get("Last-Modified") if sent.by_date else None
    outcome = evaluate(
        request.method,
        sent,
        etag=etag,
        last_modified=parse_http_date(modified) if modified else None,
        # Only a strong tag names a version; that of a list is of its bytes.
        same_version=same_version(etag) if sent.if_match is not None and etag.startswith('"v') else None,
    )
    if outcome is Outcome.FAILED:
        raise PreconditionFailed(current_etag=etag) if etag != UNTAGGED else PreconditionFailed()
    return outcome is Outcome.NOT_MODIFIED


def sent_conditions(request: Request) -> Conditions | None:
    """The conditions of a request; None where it has none, which is most of the time."""
    sent = Conditions(*map(request.environ.get, _VARIABLES))
    return sent if sent != NONE else None


def _looked(sent: Conditions | None) -> bool:
    # `If-None-Match: *` holds only where there is nothing that could be overwritten unseen.
    return sent is not None and (sent.if_match is not None or (sent.if_none_match or "").strip() == "*")


def _modified(row: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(row["updated_at"])
