"""Trace context: which trace of the caller's a request belongs to (W3C Trace Context, level 1)."""

import re

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
