"""JSON Pointers in the form that problems give them (RFC 6901)."""

from collections.abc import Sequence
from urllib.parse import quote

# What a fragment carries as it is (RFC 3986 §3.5), beside the unreserved characters that `quote` always keeps.
# A slash inside a reference token has become `~1` before it gets here.
_KEPT_IN_FRAGMENTS = "!$&'()*+,;=:@?"


def fragment(path: Sequence[str | int]) -> str:
    """The path to a value, member names and list positions, as a JSON Pointer in URI fragment form.

    `("tags", 0)` gives `#/tags/0`, and `()`, the whole document, gives `#` (RFC 6901 §6).
    """
    return "#" + "".join("/" + _token(part) for part in path)


def _token(part: str | int) -> str:
    if isinstance(part, int):
        return str(part)
    escaped = part.replace("~", "~0").replace("/", "~1")
    return quote(escaped, safe=_KEPT_IN_FRAGMENTS, errors="replace")
