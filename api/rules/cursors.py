"""Cursors: the position where a page ends, signed, so that clients can carry but not forge it (CONTRACT §4)."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Literal, NoReturn

from api.rules.problems import InvalidCursor

Direction = Literal["next", "prev"]
Position = list[str | int | bool | None]

LONGEST_CURSOR = 2_048  # a quarter of the longest request target, and twice the size for a title of 200 emoji

_PURPOSE = b"touchstone cursor 1"  # the secret has other uses; their signatures must not be valid here
_SIGNATURE_LENGTH = 16  # 128 bits cannot be guessed, and half the digest keeps links short


def sign_cursor(secret: bytes, binding: str, position: Position, direction: Direction) -> str:
    """Return a cursor for a position in a list: URL-safe text, valid for `read_cursor` with this secret and binding.

    `position` holds the sort keys of the row at the edge of the page, and
    `binding` is the filter and sort in canonical form. Raises ValueError if
    the cursor would be longer than LONGEST_CURSOR.
    """
    payload = json.dumps([position, direction], ensure_ascii=False, separators=(",", ":")).encode()
    cursor = _encoded(_signature(secret, binding, payload) + payload)
    if len(cursor) > LONGEST_CURSOR:
        raise ValueError("a position too long for a cursor")
    return cursor


def read_cursor(secret: bytes, binding: str, text: str) -> tuple[Position, Direction]:
    """Return the position and direction of a cursor.

    Raises InvalidCursor unless it is exactly a text that `sign_cursor`
    returned for this secret and binding.
    """
    if len(text) > LONGEST_CURSOR:
        _refuse()
    try:
        sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        _refuse()
    signature, payload = sealed[:_SIGNATURE_LENGTH], sealed[_SIGNATURE_LENGTH:]
    if _encoded(sealed) != text or not hmac.compare_digest(signature, _signature(secret, binding, payload)):
        _refuse()
    position, direction = json.loads(payload)
    return position, direction


def _signature(secret: bytes, binding: str, payload: bytes) -> bytes:
    bound = binding.encode(errors="surrogatepass")
    message = _PURPOSE + len(bound).to_bytes(8) + bound + payload  # the length separates binding and payload
    return hmac.digest(secret, message, "sha256")[:_SIGNATURE_LENGTH]


def _encoded(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _refuse() -> NoReturn:
    detail = "The cursor is not from this server, or is for another filter or sort."
    raise InvalidCursor(errors=[{"parameter": "cursor", "code": "invalid", "detail": detail}]) from None
