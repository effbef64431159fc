"""Ids that connect an answer with log lines: the request id (CONTRACT §3), and the id of the caller's trace."""

import re
from uuid import uuid4

_KEPT = re.compile(r"[A-Za-z0-9._-]{1,64}")  # safe in a header field, a log line and a file name alike


def request_id(inbound: str | None) -> str:
    """The id that the client sent, where it is 1 to 64 of the characters kept, else a new UUID (version 4)."""
    if inbound and _KEPT.fullmatch(inbound):
        return inbound
    return str(uuid4())


# Version ff is none, and all zeros name nothing (§3.2.2). A later version may have more behind another hyphen (§4).
_TRACEPARENT = re.compile(
    r"(?P<version>(?!ff)[0-9a-f]{2})-(?P<trace_id>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
    r"(?P<more>-[^\s,]*)?"
)


def trace_id(traceparent: str | None) -> str | None:
    """The trace id in a `traceparent` field, 32 hexadecimal digits; None where it is absent or not well-formed.

    Two fields, which come joined by a comma, are not.
    """
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if found is None or (found["version"] == "00" and found["more"] is not None):
        return None
    return found["trace_id"]
