"""Methods, hosts and request targets, checked as they were sent (RFC 9110 §7, RFC 3986)."""

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import unquote_to_bytes

# The IANA HTTP Method Registry without `*` and PRI, which are reserved and which no request uses.
# fmt: off
IANA_METHODS = frozenset(
    {
        "ACL", "BASELINE-CONTROL", "BIND", "CHECKIN", "CHECKOUT", "CONNECT", "COPY", "DELETE", "GET", "HEAD", "LABEL",
        "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL", "MKREDIRECTREF", "MKWORKSPACE", "MOVE",
        "OPTIONS", "ORDERPATCH", "PATCH", "POST", "PROPFIND", "PROPPATCH", "PUT", "QUERY", "REBIND", "REPORT",
        "SEARCH", "TRACE", "UNBIND", "UNCHECKOUT", "UNLINK", "UNLOCK", "UPDATE", "UPDATEREDIRECTREF",
        "VERSION-CONTROL",
    }
)
# fmt: on

_HOST_LENGTH = 255  # no name in the DNS is longer (RFC 1035 §2.3.4)
_UNRESERVED = r"A-Za-z0-9._~\-"
# RFC 3986 allows a comma in a name. We refuse it, because two Host fields look like this after joining.
_REG_NAME = rf"(?:[{_UNRESERVED}!$&'()*+;=]|%[0-9A-Fa-f]{{2}})+"
_IP_LITERAL = rf"\[(?:(?P<six>[0-9A-Fa-f:.]+)|[vV][0-9A-Fa-f]+\.[{_UNRESERVED}!$&'()*+,;=:]+)\]"
_HOST = re.compile(rf"(?:{_IP_LITERAL}|{_REG_NAME})(?::0*(?P<port>[0-9]{{0,5}}))?")

_PLAIN_PATH = re.compile(r"/|(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*+)++/?")
# RFC 3986 §3.3, and the characters that browsers and Node send without encoding them.
_PATH = re.compile(rf"/(?:[{_UNRESERVED}!$&'()*+,;=:@/|\[\]^{{}}\"\x80-\xff]|%[0-9A-Fa-f]{{2}})*+")
# Backslashes, control characters (Unicode's category Cc), empty segments but the last, dot segments.
_AMBIGUOUS = re.compile(r"[\\\x00-\x1f\x7f-\x9f]|//|/\.{1,2}(?:/|\Z)")
_ENCODED_SLASH = re.compile("%2F", re.IGNORECASE)
_BEYOND_ASCII = re.compile("[\x80-\xff]")
_ORIGIN = re.compile(r"https?://[^/?#]+", re.IGNORECASE)


def valid_host(host: str) -> bool:
    """Whether the value of a Host field names a host, with or without a port (RFC 9110 §7.2, RFC 3986 §3.2.2)."""
    return len(host) <= _HOST_LENGTH and _valid_host(host)


def exact_path(raw_target: str, *, fixed: int | None = None) -> str | None:
    """The path of a request target, percent-decoded once, or None if it can name no resource.

    `fixed` is for routes whose last part may have slashes: behind so many slashes, an encoded slash counts as a slash.

    `raw_target` has one character for each byte, as WSGI has it. Raw UTF-8 and raw `|`, `[`, `]`, `^`, `{`, `}` and `"`
    count as if they were percent-encoded.

    Accepts the origin form and the absolute form (RFC 9112 §3.2). None means
    404: for `*`, and for a path that two readers could understand differently, because it has
    broken or non-UTF-8 percent-encoding, control characters, encoded slashes,
    backslashes, dot segments or empty segments. A trailing slash is kept; the
    routes decide about it.
    """
    path = raw_target.partition("?")[0]
    if _PLAIN_PATH.fullmatch(path):
        return path
    if origin := _ORIGIN.match(path):
        path = path[origin.end() :] or "/"
    if not _PATH.fullmatch(path):
        return None
    if fixed is not None:
        *head, rest = path.split("/", fixed)
        path = "/".join((*head, _ENCODED_SLASH.sub("/", rest) if len(head) == fixed else rest))
    return _decoded(path)


def as_ascii(raw: str) -> str:
    """A request target with its raw bytes beyond ASCII percent-encoded; `raw` has one character for each byte."""
    return raw if raw.isascii() else _BEYOND_ASCII.sub(lambda found: f"%{ord(found[0]):02X}", raw)


def is_utf8(raw: str) -> bool:
    """Whether the raw bytes of a request target beyond ASCII are UTF-8; `raw` has one character for each byte."""
    try:
        raw.encode("latin-1").decode()
    except UnicodeDecodeError:
        return False
    return True


@lru_cache(maxsize=64)  # a server has a few names
def _valid_host(host: str) -> bool:
    match = _HOST.fullmatch(host)
    if not match or int(match["port"] or 0) > 65_535:
        return False
    if match["six"]:
        try:
            IPv6Address(match["six"])
        except AddressValueError:
            return False
    return True


def _decoded(path: str) -> str | None:
    try:
        decoded = path if path.isascii() and "%" not in path else unquote_to_bytes(path.encode("latin-1")).decode()
    except UnicodeDecodeError:
        return None
    if _AMBIGUOUS.search(decoded) or decoded.count("/") != path.count("/"):
        return None
    return decoded
