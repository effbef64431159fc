"""HTTP Digest (RFC 7616): the fields of servers, and whether the credentials of a client are right. Pure.

Texts of header fields are latin-1, as WSGI has them. The algorithms are those of RFC 7616 §6.1, and SHA-512, which is
not registered but which httpbin and its clients know; each also as `-sess`.
"""

import hashlib
import hmac
import re
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256", "SHA-512": "sha512"}
SESS = "-sess"
ALGORITHMS = (*HASHES, *(name + SESS for name in HASHES))
QOPS = ("auth", "auth-int")

_PARAMETER = re.compile(
    r"""[ \t]*(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*
    (?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s",]+))[ \t]*(?:,[ \t,]*|$)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NC = re.compile("[0-9a-fA-F]{8}")
_REQUIRED = ("realm", "nonce", "uri", "response")
# Bytes of a nonce: milliseconds since the epoch, random ones, and the HMAC of both.
_RANDOM, _MAC = 9, 16


class Credentials(NamedTuple):
    """The credentials of a client (RFC 7616 §3.4), with decoded values. `nc` is None if there is none."""

    username: bytes
    hashed: bool
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str
    qop: str | None
    nc: int | None
    cnonce: str
    sent_nc: str


def parameters(text: str) -> dict[str, str]:
    """The parameters of a challenge or of credentials, after the name of the scheme (RFC 9110 §11.2), in lower case.

    Raises ValueError for a malformed text and for a name that occurs twice.
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _PARAMETER.match(text, at)
        if match is None:
            raise ValueError("The parameters are malformed.")
        name = match["name"].lower()
        if name in found:
            raise ValueError(f"The parameter {name} occurs twice.")
        found[name] = match["plain"] if match["quoted"] is None else _ESCAPED.sub(r"\1", match["quoted"])
        at = match.end()
    return found


def credentials(field: str) -> Credentials | None:
    """Read an Authorization field; None for another scheme.

    Raises ValueError, with a sentence, for credentials that RFC 7616 forbids: malformed or incomplete ones, a parameter
    twice, `userhash` with `username*`, `qop` without `nc` or `cnonce`.
    """
    scheme, _, rest = field.strip(" \t").partition(" ")
    if scheme.lower() != "digest":
        return None
    given = parameters(rest.strip(" \t"))
    hashed = given.get("userhash", "false").lower() == "true"
    if ("username" in given) == ("username*" in given):
        raise ValueError("Send one of username and username*.")
    if hashed and "username*" in given:
        raise ValueError("userhash and username* exclude each other (RFC 7616 §3.4).")
    if missing := [name for name in _REQUIRED if name not in given]:
        raise ValueError(f"The parameter {missing[0]} is missing.")
    nc, qop = given.get("nc", ""), given.get("qop")
    if qop is not None and not (_NC.fullmatch(nc) and int(nc, 16) and given.get("cnonce")):
        raise ValueError("qop requires cnonce, and nc of eight hexadecimal digits, from 00000001 (RFC 7616 §3.4).")
    return Credentials(
        username=_username(given),
        hashed=hashed,
        realm=given["realm"],
        nonce=given["nonce"],
        uri=given["uri"],
        response=given["response"].lower(),
        algorithm=given.get("algorithm", "MD5"),
        qop=qop,
        nc=int(nc, 16) if qop is not None else None,
        cnonce=given.get("cnonce", ""),
        sent_nc=nc,
    )


def _username(given: Mapping[str, str]) -> bytes:
    if "username" in given:
        return given["username"].encode("latin-1")
    charset, _, rest = given["username*"].partition("'")  # RFC 8187 §3.2.1
    _, quote, encoded = rest.partition("'")
    if charset.lower() != "utf-8" or not quote:
        raise ValueError("username* must be UTF-8''… (RFC 8187).")
    return unquote_to_bytes(encoded)


def digest(algorithm: str, *parts: str | bytes) -> str:
    """H(part:part:…) in hexadecimal digits (RFC 7616 §3.3). Texts are latin-1."""
    joined = b":".join(part.encode("latin-1") if isinstance(part, str) else part for part in parts)
    return hashlib.new(HASHES[algorithm.removesuffix(SESS)], joined, usedforsecurity=False).hexdigest()


def response(given: Credentials, username: bytes, password: bytes, method: str, body: bytes) -> str:
    """The right `response` of these credentials (RFC 7616 §3.4.1); without qop, that of RFC 2069 §2.4.

    An empty `method` gives the `rspauth` of the answer, whose content `body` then is (RFC 7616 §3.5).
    """
    algorithm = given.algorithm
    key = digest(algorithm, username, given.realm, password)
    if algorithm.endswith(SESS):
        key = digest(algorithm, key, given.nonce, given.cnonce)
    content = (digest(algorithm, body),) if given.qop == "auth-int" else ()
    request = digest(algorithm, method, given.uri, *content)
    if given.qop is None:
        return digest(algorithm, key, given.nonce, request)
    return digest(algorithm, key, given.nonce, given.sent_nc, given.cnonce, given.qop, request)


def verified(given: Credentials, user: str, password: str, method: str, body: bytes) -> tuple[bytes, bytes] | None:
    """The user name and the password as the client encoded them, if the credentials are theirs; otherwise None.

    Clients encode in UTF-8, or in latin-1 as of old. The caller checks realm, nonce, uri, algorithm and qop.
    """
    for charset in ("utf-8", "latin-1"):
        try:
            name, secret = user.encode(charset), password.encode(charset)
        except UnicodeEncodeError:
            continue
        named = digest(given.algorithm, name, given.realm).encode() if given.hashed else name
        known = hmac.compare_digest(named, given.username.lower() if given.hashed else given.username)
        right = response(given, name, secret, method, body)
        if hmac.compare_digest(right.encode(), given.response.encode("latin-1")) and known:
            return name, secret
    return None


def challenge(realm: str, nonce: str, *, algorithm: str, qop: str, stale: bool = False, more: str = "") -> str:
    """The value of a WWW-Authenticate field (RFC 7616 §3.3). `qop` is a list such as `auth, auth-int`."""
    ends = (", stale=true" if stale else "") + more
    opaque = secrets.token_hex(16)
    return f'Digest realm="{realm}", nonce="{nonce}", qop="{qop}", opaque="{opaque}", algorithm={algorithm}{ends}'


class Nonces:
    """Nonces that any process with the key can check: a time, random bytes, and their HMAC."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def new(self, now: float) -> str:
        """A nonce made at `now`, in seconds since the epoch."""
        plain = struct.pack(">Q", int(now * 1000)) + secrets.token_bytes(_RANDOM)
        return urlsafe_b64encode(plain + self._mac(plain)).decode()

    def age(self, nonce: str, now: float) -> float | None:
        """The seconds since a nonce was made; None if it is not one of ours."""
        try:
            content = urlsafe_b64decode(nonce.encode("ascii"))
        except ValueError:
            return None
        plain, mac = content[:-_MAC], content[-_MAC:]
        if len(plain) != 8 + _RANDOM or not hmac.compare_digest(mac, self._mac(plain)):
            return None
        return float(now - struct.unpack(">Q", plain[:8])[0] / 1000)

    def _mac(self, plain: bytes) -> bytes:
        return hmac.digest(self._key, plain, "sha256")[:_MAC]
