"""Ids that connect a response with log lines: the request id (CONTRACT §3), and the id of the caller's trace."""

import re
from uuid import uuid4

_KEPT = re.compile(r"[A-Za-z0-9._-]{1,64}")  # safe in a header field, a log line and a file name


def request_id(inbound: str | None) -> str:
    """Return the client's id if it has 1 to 64 safe characters, otherwise a new UUID (version 4)."""
    if inbound and _KEPT.fullmatch(inbound):
        return inbound
    return str(uuid4())


# Version ff and ids of zeros are invalid (§3.2.2). Later versions may have more after another hyphen (§4).
_TRACEPARENT = re.compile(
    r"(?P<version>(?!ff)[0-9a-f]{2})-(?P<trace_id>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
    r"(?P<more>-[^\s,]*)?"
)


def trace_id(traceparent: str | None) -> str | None:
    """Return the trace id of a `traceparent` field, 32 hexadecimal digits; None if it is absent or malformed.

    Two fields, joined by a comma, are malformed.
    """
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if found is None or (found["version"] == "00" and found["more"] is not None):
        return None
    return found["trace_id"]
