"""Charsets that a body may be declared to be in (RFC 9110 §8.3.2)."""

import codecs

# Python's names for what is an encoding of code or of names, not a charset of text; two of them take quadratic time.
NOT_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "unicode-escape", "raw-unicode-escape", "undefined"})


def decoded(body: bytes, charset: str) -> str | None:
    """The text that `body` is in `charset`; None where it is not, or where there is no such charset."""
    try:
        if codecs.lookup(charset).name.replace("_", "-") in NOT_CHARSETS:
            return None
        text = body.decode(charset)
        text.encode()  # a lone surrogate is no character, and could not be sent on
    except (LookupError, ValueError):
        return None
    return text
