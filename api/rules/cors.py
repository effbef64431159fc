"""What a browser may do from pages of other origins (the Fetch standard, CORS protocol; CONTRACT §9)."""

from collections.abc import Collection

ANY = "*"
METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
# `*` takes every other field, but never Authorization (Fetch §3.3.5): that must be named.
REQUEST_FIELDS = (
    "Authorization, Accept, Content-Type, Content-Encoding, Content-Digest, Idempotency-Key, If-Match, If-None-Match, "
    "If-Modified-Since, If-Unmodified-Since, If-Range, Range, Prefer, Want-Repr-Digest, Repr-Digest, X-Request-Id, "
    "Touchstone-Fault, Last-Event-ID, *"
)
EXPOSED = (
    "ETag, Location, Content-Location, Link, Allow, Accept-Post, Accept-Patch, Retry-After, RateLimit, "
    "RateLimit-Policy, WWW-Authenticate, X-Request-Id, Idempotent-Replayed, Preference-Applied, Content-Range, "
    "Accept-Ranges, Content-Disposition, Content-Digest, Repr-Digest, Idempotency-Key, Touchstone-Fault, Accept, "
    "Accept-Encoding"
)
# The types of content that pages may send without a preflight; the last is none.
_UNASKED = frozenset({"text/plain", "multipart/form-data", "application/x-www-form-urlencoded", ""})
MAX_AGE = "7200"  # seconds; what Chromium keeps at the most


def allow_origin(origin: str | None, origins: Collection[str]) -> str | None:
    """The Access-Control-Allow-Origin field for a request's Origin; None where it may not read the answer.

    Where any origin may, it is `*`, and never the origin sent: credentials that a
    browser adds by itself then never count.
    """
    if origin is None:
        return None
    if ANY in origins:
        return ANY
    return origin if origin in origins else None


def answer_fields(origin: str | None, origins: Collection[str]) -> list[tuple[str, str]]:
    """The CORS fields of an answer, errors included."""
    allowed = allow_origin(origin, origins)
    return [("Access-Control-Allow-Origin", allowed), ("Access-Control-Expose-Headers", EXPOSED)] if allowed else []


def preflight_fields(origin: str | None, origins: Collection[str]) -> list[tuple[str, str]]:
    """The CORS fields of the answer to a preflight request; none where the origin may nothing."""
    allowed = allow_origin(origin, origins)
    if not allowed:
        return []
    return [
        ("Access-Control-Allow-Origin", allowed),
        ("Access-Control-Allow-Methods", METHODS),
        ("Access-Control-Allow-Headers", REQUEST_FIELDS),
        ("Access-Control-Max-Age", MAX_AGE),
    ]


def varies(origins: Collection[str]) -> bool:
    """Whether answers differ by Origin: wherever one may read them, since without it there are none of these fields."""
    return bool(origins)


def is_unasked(method: str, content_type: str, *, site: str | None, origin: str | None, host: str | None) -> bool:
    """Whether a page of another site may have made a browser send this without asking the server first.

    Such a request changes something although CORS would let the page read nothing,
    and brings the Basic login that the browser remembers (Fetch §2.2.2, the CORS-safelisted ones). `site` is
    the Sec-Fetch-Site field; browsers without it send Origin.
    """
    if method != "POST" or content_type.partition(";")[0].strip().lower() not in _UNASKED:
        return False
    if site is not None:
        return site in ("cross-site", "same-site")
    return origin is not None and origin.partition("://")[2].lower() != (host or "").lower()
