"""Forms that only our own pages may send, and where they may lead (CWE-352, CWE-601)."""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Collection

_PURPOSE = b"touchstone form 1"  # what names a session has this one other use; nothing else made from it may pass here
# Visible ASCII but the backslash, which browsers take for a slash; a second slash at the start begins a host.
_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")
LONGEST_PATH = 2_048


def form_token(session: str) -> str:
    """What a form carries, so that it is known to be from a page that was made for this session.

    `session` is the value of the browser's cookie: who has not that cannot make this, and this does not tell it.
    """
    return urlsafe_b64encode(hmac.digest(session.encode(), _PURPOSE, "sha256")).rstrip(b"=").decode()


def is_form_token(session: str | None, token: str) -> bool:
    """Whether a form carries what was made for this session (None: there is none)."""
    return session is not None and hmac.compare_digest(form_token(session).encode(), token.encode("utf-8", "replace"))


def is_from_elsewhere(*, site: str | None, origin: str | None, hosts: Collection[str]) -> bool:
    """Whether a page of another origin made the browser send this.

    `site` is the Sec-Fetch-Site field (W3C Fetch Metadata), `origin` the Origin field (RFC 6454 §7), and `hosts` are
    the names that this server goes by, with their ports. What sends neither field is no browser of this decade.
    """
    if site is not None and site not in ("same-origin", "none"):
        return True
    # `null`, as of a page in a sandbox, names no host.
    return origin is not None and origin.partition("://")[2].lower() not in {host.lower() for host in hosts if host}


def own_path(text: str) -> str | None:
    """The path, perhaps with a query, that a text is; None where a browser could take it for another server."""
    return text if len(text) <= LONGEST_PATH and _OWN_PATH.fullmatch(text) else None
