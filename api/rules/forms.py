"""Forms that only our own pages may send, and the paths they may redirect to (CWE-352, CWE-601)."""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Collection

_PURPOSE = b"touchstone form 1"  # session values have another use; nothing else derived from them may be valid here
# Visible ASCII except the backslash, which browsers treat as a slash; a second slash at the start begins a host.
_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")
LONGEST_PATH = 2_048
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(?:\.[0-9]+)?)?")


def form_token(session: str) -> str:
    """Return the token that proves that a form is from a page created for this session.

    `session` is the value of the browser's cookie. The token cannot be computed without it, and does not reveal it.
    """
    return urlsafe_b64encode(hmac.digest(session.encode(), _PURPOSE, "sha256")).rstrip(b"=").decode()


def is_form_token(session: str | None, token: str) -> bool:
    """Whether a form carries the token of this session (None: no session)."""
    return session is not None and hmac.compare_digest(form_token(session).encode(), token.encode("utf-8", "replace"))


def is_from_elsewhere(*, site: str | None, origin: str | None, hosts: Collection[str]) -> bool:
    """Whether a page of another origin caused the browser to send this.

    `site` is the Sec-Fetch-Site field (W3C Fetch Metadata), `origin` the Origin field (RFC 6454 §7), and `hosts` are
    the names of this server, with their ports. All browsers of this decade send at least one of the two fields.
    """
    if site is not None and site not in ("same-origin", "none"):
        return True
    # `null`, for example from a page in a sandbox, names no host.
    return origin is not None and origin.partition("://")[2].lower() not in {host.lower() for host in hosts if host}


def own_path(text: str) -> str | None:
    """Return the text if it is a path, perhaps with a query; None if a browser could resolve it to another server."""
    return text if len(text) <= LONGEST_PATH and _OWN_PATH.fullmatch(text) else None


def as_moment(text: str) -> str:
    """Return a browser's local time (HTML §4.10.5.1.11) as RFC 3339 in UTC; any other text unchanged."""
    match = _LOCAL_TIME.fullmatch(text)
    if not match:
        return text
    return f"{text}Z" if match[1] else f"{text}:00Z"
