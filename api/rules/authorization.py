"""The Authorization field, and the challenges of a 401 (RFC 9110 §11, RFC 7617, RFC 6750; CONTRACT §9)."""

import binascii
import re
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass

REALM = "touchstone"
BEARER = f'Bearer realm="{REALM}"'
BASIC = f'Basic realm="{REALM}", charset="UTF-8"'

Challenge = tuple[tuple[str, str], ...]

# One field line for each scheme: clients that split the field at commas would mistake a parameter for a scheme.
ANY_SCHEME: Challenge = (("WWW-Authenticate", BEARER), ("WWW-Authenticate", BASIC))
TOKEN: Challenge = (("WWW-Authenticate", BEARER),)
PASSWORD: Challenge = (("WWW-Authenticate", BASIC),)
INVALID_TOKEN: Challenge = (("WWW-Authenticate", f'{BEARER}, error="invalid_token"'),)
INVALID_REQUEST: Challenge = (("WWW-Authenticate", f'{BEARER}, error="invalid_request"'),)

# Bytes of a user name and a password: they have at most 32 and 256 characters of up to four bytes (api.rules.accounts).
# NFC takes quadratic time if combining characters must be sorted.
_LONGEST_PAIR = 1536
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*")


@dataclass(frozen=True, slots=True)
class Basic:
    """A user name and a password. Both are None if the field has none, or is longer than any account's."""

    username: str | None
    password: str | None
    too_long: bool = False


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token, or None if the field's value cannot be one."""

    token: str | None


def without_basic(challenges: Sequence[str]) -> list[str]:
    """Return the challenges for a script of a page.

    If there is a Basic challenge, a browser asks the person for a password, and the script waits
    until then (Fetch, HTTP-network-or-cache fetch).
    """
    return [each for each in challenges if not each.startswith("Basic ")] or [BEARER]


def insufficient_scope(scopes: Sequence[str]) -> Challenge:
    """Return the challenge that names the required scopes (RFC 6750 §3.1)."""
    return (("WWW-Authenticate", f'{BEARER}, error="insufficient_scope", scope="{" ".join(scopes)}"'),)


def read_authorization(field: str) -> Basic | Bearer | None:
    """Read the value of an Authorization field, as WSGI has it. Returns None for an unknown scheme."""
    scheme, _, rest = field.strip(" \t").partition(" ")
    credentials = rest.strip(" \t")
    match scheme.lower():
        case "basic":
            return _basic(credentials)
        case "bearer":
            return Bearer(credentials if _TOKEN68.fullmatch(credentials) else None)
    return None


def _basic(credentials: str) -> Basic:
    if len(credentials) > _LONGEST_PAIR * 4 // 3:
        return Basic(None, None, too_long=True)
    try:
        octets = b64decode(credentials, validate=True)
        decoded = octets.decode("utf-8")
    except (binascii.Error, ValueError):
        return Basic(None, None)
    username, colon, password = unicodedata.normalize("NFC", decoded).partition(":")
    if b64encode(octets).decode() != credentials:  # Python accepts wrong padding
        return Basic(None, None)
    # Text columns cannot store NUL, and RFC 7617 §2 allows no control characters.
    if not colon or any(unicodedata.category(each) == "Cc" for each in decoded):
        return Basic(None, None)
    return Basic(username, password)
