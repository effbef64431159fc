"""Cookies and header fields that clients order: those that could harm others on the same origin are refused."""

import re
from collections.abc import Iterable

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
# Latin-1 without control characters.
_PRINTABLE = re.compile(r"[\x20-\x7e\xa0-\xff\t]*")
MOST_FIELDS = 20
MOST_BYTES = 8192
# Touchstone's own; in a space, its id follows.
_OWN = re.compile(r"(?:session|visitor)(?:-[a-z0-9-]*)?", re.IGNORECASE)
_PREFIXED = ("__host-", "__secure-")  # RFC 6265bis §4.1.3

# The server's own framing and security, what lasts beyond the answer, and what makes a browser act by itself.
REFUSED = frozenset(
    {
        "alt-svc",
        "clear-site-data",
        "connection",
        "content-length",
        "content-security-policy",
        "content-security-policy-report-only",
        "date",
        "expect-ct",
        "keep-alive",
        "nel",
        "proxy-connection",
        "public-key-pins",
        "refresh",
        "report-to",
        "reporting-endpoints",
        "server",
        "service-worker-allowed",
        "set-cookie2",
        "speculation-rules",
        "strict-transport-security",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-content-type-options",
        "x-request-id",
    }
)
_CORS = "access-control-"
# Types that browsers never run. All others can be pages, or parts of them.
_INERT = frozenset(
    {
        "application/json",
        "application/octet-stream",
        "application/x-ndjson",
        "image/avif",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/csv",
        "text/event-stream",
        "text/plain",
    }
)
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


def is_active(content_type: str) -> bool:
    """Whether browsers may run content of this type: HTML, SVG, XML, and all that is not known to be inert."""
    return content_type.partition(";")[0].strip().lower() not in _INERT


def escaped(text: bytes) -> bytes:
    """JSON whose values cannot be read as HTML."""
    return text.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026")


def cookie_fault(name: str) -> str | None:
    """Why a cookie may not have this name; None if it may."""
    if not TOKEN.fullmatch(name):
        return "The name of a cookie is a token (RFC 6265 §4.1.1)."
    if _OWN.fullmatch(name) or name.lower().startswith(_PREFIXED):
        return "This name is reserved."
    return None


def fields_fault(fields: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """The name of the first field that may not be sent, and why; None if all may."""
    pairs = list(fields)
    if len(pairs) > MOST_FIELDS or sum(len(name) + len(value) for name, value in pairs) > MOST_BYTES:
        return "", f"At most {MOST_FIELDS} fields and {MOST_BYTES:,} characters."
    for name, value in pairs:
        if not TOKEN.fullmatch(name):
            return name, "The name of a field is a token (RFC 9110 §5.6.2)."
        if not _PRINTABLE.fullmatch(value):
            return name, "The value of a field is printable Latin-1, without line ends."
        lower = name.lower()
        if lower in REFUSED or lower.startswith(_CORS):
            return name, "This field belongs to the server."
        if lower == "set-cookie" and (fault := cookie_fault(value.partition(";")[0].partition("=")[0].strip())):
            return name, fault
    return None


def domain_matches(host: str, domain: str) -> bool:
    """Whether a cookie for a domain is sent to a host (RFC 6265 §5.1.3)."""
    name, wanted = re.sub(r":[0-9]*\Z", "", host).lower(), domain.removeprefix(".").lower()
    is_name = re.search("[a-z]", name.rpartition(".")[2]) is not None
    return name == wanted or (bool(wanted) and is_name and name.endswith("." + wanted) and "." in wanted)
