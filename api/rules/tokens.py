"""Bearer tokens: opaque, random, and stored only as a digest (RFC 6750)."""

import hashlib
import re
import secrets

# The prefix makes it easy to find tokens that leaked into a repository or a log.
_PREFIX = "tst_"
_FORM = re.compile(_PREFIX + "[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """A token of 256 random bits, URL-safe."""
    return _PREFIX + secrets.token_urlsafe(32)


def without_tokens(text: str) -> str:
    """Replace every token in the text by its prefix: for logs and responses."""
    return _FORM.sub(_PREFIX + "…", text) if _PREFIX in text else text  # the check is fast, and few texts have a token


def token_digest(token: str | None) -> bytes | None:
    """Return the digest that is stored and looked up for a token; None if the text is not a token.

    SHA-256 without salt is enough: 256 random bits cannot be guessed or looked up in tables.
    """
    return hashlib.sha256(token.encode()).digest() if token and _FORM.fullmatch(token) else None
