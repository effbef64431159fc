"""Digests of content (RFC 9530): what a client declares for what it sends, and asks for in what it gets."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import http_sf

from api.rules.problems import DigestMismatch, InvalidHeader

# The two that RFC 9530 §7.2 calls active.
ALGORITHMS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
# Characters of a field with digests: all algorithms of the registry (RFC 9530 §7.2) together take half of that.
LONGEST = 1024


def declared(field: str, name: str) -> dict[str, bytes]:
    """The digests in a Content-Digest or Repr-Digest field, of algorithms known here; others are ignored (§2).

    Raises InvalidHeader where the field is malformed, or has more than LONGEST characters.
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
    """Hash content that comes in pieces, and give its SHA-256 in hexadecimal digits.

    Raises DigestMismatch where a digest that is expected is another.
    """
    hashes = {name: ALGORITHMS[name]() for name in {"sha-256", *expected}}
    for piece in pieces:
        for each in hashes.values():
            each.update(piece)
    for name, digest in expected.items():
        if hashes[name].digest() != digest:
            raise DigestMismatch(f"The {name} digest of what arrived is another.")
    return hashes["sha-256"].hexdigest()


def wanted(field: str) -> bool:
    """Whether a Want-Repr-Digest field asks for SHA-256 (§4): a preference from 1 to 10, 0 is `not this one`.

    It is a wish: a field that is malformed, or has more than LONGEST characters, is ignored.
    """
    if len(field) > LONGEST:
        return False
    try:
        found: Any = http_sf.parse(field.encode("latin-1"), tltype="dictionary")
    except http_sf.StructuredFieldError:
        return False
    preference = found.get("sha-256", (0,))[0]
    return type(preference) is int and 0 < preference <= 10  # a bare name is true, which is an int to Python


def repr_digest(sha256: str) -> str:
    """The Repr-Digest field of a representation whose SHA-256 has these hexadecimal digits."""
    return http_sf.ser({"sha-256": bytes.fromhex(sha256)})


def _malformed(name: str) -> InvalidHeader:
    detail = f"It takes digests such as sha-256=:…:, in base64 between colons, in at most {LONGEST} characters."
    return InvalidHeader(f"{name} is malformed.", errors=[{"header": name, "code": "malformed", "detail": detail}])
