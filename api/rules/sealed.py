"""Signed values that clients keep for the server: the codes, tokens and sessions of the toolbox's auth lab.

Each use has a key of its own, derived from the secret of the server with a label, so no value of one use is valid in
another, and none is a credential of the server itself.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

_PURPOSE = b"touchstone toolbox 1: "
# Characters of a signed value. Ours have a few hundred.
LONGEST = 4096


def key_for(secret: bytes, label: str) -> bytes:
    """The 32 bytes of the key of one use."""
    return hmac.digest(secret, _PURPOSE + label.encode(), "sha256")


class Seal:
    """Signs values (HMAC with SHA-256), and reads them again. Anyone can read them; only the server can make them."""

    def __init__(self, secret: bytes, label: str) -> None:
        options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        self._serializer = URLSafeSerializer(key_for(secret, label), salt=label, signer_kwargs=options)

    def seal(self, value: Mapping[str, Any], until: float) -> str:
        """A text for this value, valid until this moment in seconds since the epoch."""
        return str(self._serializer.dumps({**value, "exp": int(until)}))

    def opened(self, text: str, now: float) -> dict[str, Any] | None:
        """The value of such a text, with its end as `exp`; None if it was changed, is not ours, or is over."""
        if len(text) > LONGEST or not text.isascii():
            return None
        try:
            value: dict[str, Any] = self._serializer.loads(text)
        except BadData:
            return None
        return value if value["exp"] > now else None
