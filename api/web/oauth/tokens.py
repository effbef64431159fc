"""Codes and tokens of the OAuth lab: signed, so that nothing is stored until one is used or ended.

Access tokens are JWTs (RFC 9068) that clients can check with the published key. Codes and refresh tokens are sealed
for this server alone. All tokens that stem from one authorization are a family, which ends as a whole.
"""

import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from api.rules.sealed import LONGEST, Seal, key_for
from api.web.marks import Marks
from api.web.oauth.demo import Client

AUDIENCE = "toolbox"
ALGORITHM = "ES256"
# Seconds. A code is exchanged at once; RFC 6749 §4.1.2 allows ten minutes.
CODE_SECONDS = 60
ACCESS_SECONDS = 300
REFRESH_SECONDS = 24 * 3600
# The order of the group of P-256 (FIPS 186-5): private keys are from 1 to this minus 1.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval by a user, or of a client for itself. `family` names all the tokens that stem from it."""

    subject: str
    family: str
    scope: str


@dataclass(frozen=True, slots=True)
class Token:
    """A code or a token that this server signed, with the methods that Authlib calls.

    `kind` is `code`, `refresh` or `access`.
    """

    kind: str
    claims: dict[str, Any]
    ended: bool = False

    @property
    def mark(self) -> str:
        """The name under which this one is marked as used or ended."""
        return f"{self.kind}:{self.claims['jti']}"

    @property
    def code_challenge(self) -> str | None:
        """The challenge of PKCE (RFC 7636 §4.3) of a code."""
        challenge: str | None = self.claims.get("challenge")
        return challenge

    code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        """Where a code was sent."""
        return str(self.claims["redirect_uri"])

    def get_scope(self) -> str:
        """The granted scope."""
        return str(self.claims["scope"])

    def check_client(self, client: Client) -> bool:
        """Whether it was issued to this client."""
        return bool(self.claims["client_id"] == client.client_id)

    def is_expired(self) -> bool:
        """Whether it is over."""
        return bool(self.claims["exp"] <= time.time())

    def is_revoked(self) -> bool:
        """Whether it, or its family, was ended."""
        return self.ended

    def approval(self) -> Approval:
        """The approval that it stands for."""
        return Approval(self.claims["sub"], self.claims["family"], self.claims["scope"])


class Tokens:
    """Makes and reads codes and tokens. `secret` is that of the server."""

    def __init__(self, secret: bytes) -> None:
        self._seals = {kind: Seal(secret, f"oauth {kind}") for kind in ("code", "refresh")}
        number = int.from_bytes(hmac.digest(key_for(secret, "oauth access"), b"P-256", "sha512"))
        self._key = ECKey.import_key(derive_private_key(number % (_ORDER - 1) + 1, SECP256R1()))
        self.key_id = self._key.thumbprint()

    @property
    def public_keys(self) -> dict[str, Any]:
        """The JWK Set (RFC 7517 §5) with the public key of access tokens."""
        public = {"kid": self.key_id, "use": "sig", "alg": ALGORITHM}
        return {"keys": [{**self._key.as_dict(private=False), **public}]}

    def code(self, approval: Approval, client: Client, redirect_uri: str, challenge: str | None) -> str:
        """A new code (RFC 6749 §4.1.2), bound to the client, the redirect URI, and the challenge of PKCE."""
        bound = {"redirect_uri": redirect_uri, "challenge": challenge}
        return self._sealed("code", approval, client, CODE_SECONDS, bound)

    def refresh_token(self, approval: Approval, client: Client) -> str:
        """A new refresh token (RFC 6749 §1.5)."""
        return self._sealed("refresh", approval, client, REFRESH_SECONDS, {})

    def _sealed(self, kind: str, approval: Approval, client: Client, seconds: int, more: dict[str, Any]) -> str:
        now = time.time()
        return self._seals[kind].seal({**_claims(approval, client, now), **more}, now + seconds)

    def access_token(self, approval: Approval, client: Client, issuer: str, seconds: int) -> str:
        """A new access token (RFC 9068 §2) that lasts `seconds`."""
        now = time.time()
        claims = {**_claims(approval, client, now), "iss": issuer, "aud": AUDIENCE, "exp": int(now) + seconds}
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": self.key_id}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])

    def read(self, kind: str, text: str) -> Token | None:
        """Read a `code`, or a `refresh` or `access` token; None if it is not ours, or over."""
        claims = self._access_claims(text) if kind == "access" else self._seals[kind].opened(text, time.time())
        return None if claims is None else Token(kind, claims)

    def _access_claims(self, text: str) -> dict[str, Any] | None:
        if len(text) > LONGEST or not text.isascii():
            return None
        try:
            token = jwt.decode(text, self._key, algorithms=[ALGORITHM])
        except (JoseError, ValueError):
            return None
        # Nothing else is signed with this key, so the claims are complete.
        return token.claims if token.claims["exp"] > time.time() else None

    def look_up(self, text: str, marks: Marks) -> Token | None:
        """Read an access or refresh token, with whether it was ended or used."""
        token = self.read("access", text) or self.read("refresh", text)
        if token is None:
            return None
        return Token(token.kind, token.claims, ended=marks.is_used(token.mark, family_mark(token.claims["family"])))


def family_mark(family: str) -> str:
    """The name under which a family is marked as ended."""
    return f"family:{family}"


def end_family(marks: Marks, family: str) -> None:
    """End all tokens that stem from one authorization."""
    marks.use(family_mark(family), time.time() + REFRESH_SECONDS + CODE_SECONDS)


def new_id() -> str:
    """A new id of a token or a family: 128 random bits."""
    return secrets.token_urlsafe(16)


def _claims(approval: Approval, client: Client, now: float) -> dict[str, Any]:
    return {
        "sub": approval.subject,
        "client_id": client.client_id,
        "scope": approval.scope,
        "family": approval.family,
        "iat": int(now),
        "jti": new_id(),
    }
