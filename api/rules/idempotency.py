"""Idempotency keys: their format, and when two requests are the same (CONTRACT §6).

After draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
import re
from datetime import timedelta
from typing import Any

import http_sf

from api.rules.media import parse_content_type
from api.rules.passwords import slow_digest
from api.rules.problems import InvalidIdempotencyKey

# How long a response is kept for repetitions.
KEPT = timedelta(hours=24)
LONGEST = 255
_LONGEST_FIELD = 1024  # room for a key with every character escaped, and for meaningless parameters
_BARE = re.compile(r"[\x21-\x7e]+")


def read_key(field: str) -> str:
    """Return the key of an Idempotency-Key field: a structured-field string, or the same characters without quotes.

    Raises InvalidIdempotencyKey.
    """
    text = field.strip(" \t")
    if len(text) > _LONGEST_FIELD:
        raise InvalidIdempotencyKey(f"The key has {len(text)} characters: use 1 to {LONGEST}.")
    if text.startswith('"'):
        key = _unquoted(text)
    elif _BARE.fullmatch(text):
        key = text
    else:
        raise InvalidIdempotencyKey("The key is empty, or has characters that require quotes.")
    if not 0 < len(key) <= LONGEST:
        raise InvalidIdempotencyKey(f"The key has {len(key)} characters: use 1 to {LONGEST}.")
    return key


def fingerprint(
    method: str, target: str, content_type: str, content_digest: bytes, *, by: str = "", confidential: bool = False
) -> bytes:
    """Return a digest that identifies a request by its method, path with query, media type and content.

    `content_digest` is the SHA-256 of the decoded body. `by` is anything else that the response depends on. A
    `confidential` body holds a password. Its digest takes as long to compute as the hash of the password, so that
    the digest is no faster way to guess the password.
    """
    media_type = parse_content_type(content_type)
    kind = repr((media_type.essence, sorted(media_type.parameters.items()))) if media_type else content_type
    words = "\n".join((method, target, kind, by))
    digest = hashlib.sha256(words.encode("utf-8", "surrogateescape") + b"\n" + content_digest)
    if not confidential:
        return digest.digest()
    return slow_digest(digest.digest())


def _unquoted(text: str) -> str:
    try:
        item: Any = http_sf.parse(text.encode("latin-1"), tltype="item")
    except http_sf.StructuredFieldError:
        raise InvalidIdempotencyKey("The key is not a structured-field string: check its quotes.") from None
    return str(item[0])
