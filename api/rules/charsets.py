"""Charsets that a body may be declared to be in (RFC 9110 §8.3.2)."""

import codecs
import encodings
import pkgutil
from encodings.aliases import aliases

# Python's names for what is an encoding of code or of names, not a charset of text; two of them take quadratic time.
NOT_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "unicode-escape", "raw-unicode-escape", "undefined"})
# All that Python has. Others are not looked up at all: `codecs.lookup` remembers each name for ever, found or not.
KNOWN = aliases.keys() | {module.name for module in pkgutil.iter_modules(encodings.__path__)}


def is_charset(charset: str) -> bool:
    """Whether this names a charset of text that Python has."""
    if encodings.normalize_encoding(charset).lower() not in KNOWN:
        return False
    try:
        found = codecs.lookup(charset)
        # Some codecs are between bytes and bytes, and a few between text and text.
        return found.name.replace("_", "-") not in NOT_CHARSETS and isinstance("a".encode(charset), bytes)
    except (LookupError, ValueError):
        return False


def decoded(body: bytes, charset: str) -> str | None:
    """The text that `body` is in `charset`; None where it is not, or where there is no such charset."""
    if not is_charset(charset):
        return None
    try:
        text = body.decode(charset)
        text.encode()  # a lone surrogate is no character, and could not be sent on
    except (LookupError, ValueError):
        return None
    return text
