"""What pages of other origins may do (the Fetch standard, CORS protocol; CONTRACT §9)."""

from collections.abc import Collection

ANY = "*"
METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
# `*` allows every other field except Authorization, which must be named (Fetch §3.3.5).
REQUEST_FIELDS = (
    "Authorization, Accept, Content-Type, Content-Encoding, Content-Digest, Idempotency-Key, If-Match, If-None-Match, "
    "If-Modified-Since, If-Unmodified-Since, If-Range, Range, Prefer, Want-Repr-Digest, Repr-Digest, X-Request-Id, "
    "Touchstone-Fault, Last-Event-ID, *"
)
EXPOSED = (
    "ETag, Location, X-Total-Count, Content-Location, Link, Allow, Accept-Post, Accept-Patch, Retry-After, RateLimit, "
    "RateLimit-Policy, WWW-Authenticate, X-Request-Id, Idempotent-Replayed, Preference-Applied, Content-Range, "
    "Accept-Ranges, Content-Disposition, Content-Digest, Repr-Digest, Idempotency-Key, Touchstone-Fault, Accept, "
    "Accept-Encoding"
)
# Content types that pages may send without a preflight. The empty one means no content.
_UNASKED = frozenset({"text/plain", "multipart/form-data", "application/x-www-form-urlencoded", ""})
MAX_AGE = "7200"  # seconds; the maximum of Chromium


def allow_origin(origin: str | None, origins: Collection[str]) -> str | None:
    """Return the Access-Control-Allow-Origin field for a request's Origin, or None if it may not read the response.

    If any origin is allowed, this is `*` and never the request's origin. Credentials that a
    browser adds by itself are then ignored.
    """
    if origin is None:
        return None
    if ANY in origins:
        return ANY
    return origin if origin in origins else None


def answer_fields(origin: str | None, origins: Collection[str]) -> list[tuple[str, str]]:
    """Return the CORS fields of a response. Errors have them too."""
    allowed = allow_origin(origin, origins)
    return [("Access-Control-Allow-Origin", allowed), ("Access-Control-Expose-Headers", EXPOSED)] if allowed else []


def preflight_fields(origin: str | None, origins: Collection[str]) -> list[tuple[str, str]]:
    """Return the CORS fields of the response to a preflight request; an empty list if the origin is not allowed."""
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
    """Whether responses differ by Origin. They do if any origin may read them: the fields are absent without Origin."""
    return bool(origins)


def is_unasked(method: str, content_type: str, *, site: str | None, origin: str | None, host: str | None) -> bool:
    """Whether a page of another site may have sent this without a preflight.

    Such a request changes data although CORS lets the page read nothing, and it
    carries the Basic login that the browser remembers (Fetch §2.2.2, CORS-safelisted requests). `site` is
    the Sec-Fetch-Site field; browsers without it send Origin.
    """
    if method != "POST" or content_type.partition(";")[0].strip().lower() not in _UNASKED:
        return False
    if site is not None:
        return site in ("cross-site", "same-site")
    return origin is not None and origin.partition("://")[2].lower() != (host or "").lower()
