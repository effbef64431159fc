"""JSON Pointers in the form that problems use (RFC 6901)."""

from collections.abc import Sequence
from urllib.parse import quote

# Characters that a fragment has unescaped (RFC 3986 §3.5), in addition to those that `quote` always keeps.
# A slash inside a reference token is already escaped as `~1` here.
_KEPT_IN_FRAGMENTS = "!$&'()*+,;=:@?"


def fragment(path: Sequence[str | int]) -> str:
    """Return the path to a value (member names and list positions) as a JSON Pointer in URI fragment form.

    `("tags", 0)` gives `#/tags/0`. `()`, the whole document, gives `#` (RFC 6901 §6).
    """
    return "#" + "".join("/" + _token(part) for part in path)


def _token(part: str | int) -> str:
    if isinstance(part, int):
        return str(part)
    escaped = part.replace("~", "~0").replace("/", "~1")
    return quote(escaped, safe=_KEPT_IN_FRAGMENTS, errors="replace")
