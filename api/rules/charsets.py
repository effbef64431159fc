"""Charsets that a body may declare (RFC 9110 §8.3.2)."""

import codecs
import encodings
import pkgutil
from encodings.aliases import aliases

# Python encodings of code or of domain names, which are not charsets of text. Two of them take quadratic time.
NOT_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "unicode-escape", "raw-unicode-escape", "undefined"})
# All charsets of Python. Other names are not looked up: `codecs.lookup` remembers every name forever, found or not.
KNOWN = aliases.keys() | {module.name for module in pkgutil.iter_modules(encodings.__path__)}


def is_charset(charset: str) -> bool:
    """Whether this is the name of a charset of text that Python supports."""
    if encodings.normalize_encoding(charset).lower() not in KNOWN:
        return False
    try:
        found = codecs.lookup(charset)
        # Some codecs convert bytes to bytes, and a few convert text to text.
        return found.name.replace("_", "-") not in NOT_CHARSETS and isinstance("a".encode(charset), bytes)
    except (LookupError, ValueError):
        return False


def decoded(body: bytes, charset: str) -> str | None:
    """Decode `body` with `charset`. Returns None if this fails, or if the charset is unknown."""
    if not is_charset(charset):
        return None
    try:
        text = body.decode(charset)
        text.encode()  # a lone surrogate is not a character, and could not be sent
    except (LookupError, ValueError):
        return None
    return text
