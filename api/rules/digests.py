"""Digests of content (RFC 9530): clients declare them for what they send, and request them for what they get."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import http_sf

from api.rules.problems import DigestMismatch, InvalidHeader

# The two active ones in RFC 9530 §7.2.
ALGORITHMS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
# Characters of a field with digests. All algorithms of the registry (RFC 9530 §7.2) together take half of this.
LONGEST = 1024


def declared(field: str, name: str) -> dict[str, bytes]:
    """Return the digests in a Content-Digest or Repr-Digest field. Unknown algorithms are ignored (§2).

    Raises InvalidHeader if the field is malformed, or has more than LONGEST characters.
    """
    if len(field) > LONGEST:
        raise _malformed(name)
    try:
        found: Any = http_sf.parse(field.encode("latin-1"), tltype="dictionary")
    except http_sf.StructuredFieldError:
        raise _malformed(name) from None
    digests = {}
    for algorithm, (value, *_) in ((key, member) for key, member in found.items() if key in ALGORITHMS):
        if not isinstance(value, bytes) or len(value) != ALGORITHMS[algorithm]().digest_size:
            raise _malformed(name)
        digests[algorithm] = value
    return digests


def verify(expected: Mapping[str, bytes], pieces: Iterable[bytes]) -> str:
    """Hash content that comes in pieces. Returns its SHA-256 in hexadecimal digits.

    Raises DigestMismatch if an expected digest is different.
    """
    hashes = {name: ALGORITHMS[name]() for name in {"sha-256", *expected}}
    for piece in pieces:
        for each in hashes.values():
            each.update(piece)
    for name, digest in expected.items():
        if hashes[name].digest() != digest:
            raise DigestMismatch(f"The {name} digest of the received content is different.")
    return hashes["sha-256"].hexdigest()


def wanted(field: str) -> bool:
    """Whether a Want-Repr-Digest field requests SHA-256 (§4): a preference of 1 to 10; 0 means `not this one`.

    It is only a preference, so a field that is malformed or has more than LONGEST characters is ignored.
    """
    if len(field) > LONGEST:
        return False
    try:
        found: Any = http_sf.parse(field.encode("latin-1"), tltype="dictionary")
    except http_sf.StructuredFieldError:
        return False
    preference = found.get("sha-256", (0,))[0]
    return type(preference) is int and 0 < preference <= 10  # a bare name is true, which Python counts as an int


def repr_digest(sha256: str) -> str:
    """Return the Repr-Digest field of a representation with this SHA-256, given in hexadecimal digits."""
    return http_sf.ser({"sha-256": bytes.fromhex(sha256)})


def _malformed(name: str) -> InvalidHeader:
    detail = f"Use digests such as sha-256=:…:, in base64 between colons, with at most {LONGEST} characters."
    return InvalidHeader(f"{name} is malformed.", errors=[{"header": name, "code": "malformed", "detail": detail}])
