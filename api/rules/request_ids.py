"""Request ids: what ties an answer to its lines in the log (CONTRACT §3)."""

import re
from uuid import uuid4

_KEPT = re.compile(r"[A-Za-z0-9._-]{1,64}")  # safe in a header field, a log line and a file name alike


def request_id(inbound: str | None) -> str:
    """The id that the client sent, where it is 1 to 64 of the characters kept, else a new UUID (version 4)."""
    if inbound and _KEPT.fullmatch(inbound):
        return inbound
    return str(uuid4())
