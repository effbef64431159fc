"""Bearer tokens: opaque, random, and kept as a digest only (RFC 6750)."""

import hashlib
import re
import secrets

# A token that leaks into a repository or a log is found by its first letters.
_PREFIX = "tst_"
_FORM = re.compile(_PREFIX + "[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """A token of 256 random bits, URL-safe."""
    return _PREFIX + secrets.token_urlsafe(32)


def without_tokens(text: str) -> str:
    """The text with nothing left of any token in it but its first letters: for logs, and for what is answered."""
    return _FORM.sub(_PREFIX + "…", text) if _PREFIX in text else text  # few have one, and to look is quick


def token_digest(token: str | None) -> bytes | None:
    """What is kept of a token, and what finds it again; None where it has not the form of one.

    SHA-256 without salt is enough: 256 random bits cannot be guessed, nor looked up in tables.
    """
    return hashlib.sha256(token.encode()).digest() if token and _FORM.fullmatch(token) else None
