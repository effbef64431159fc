"""The endpoints about tokens: introspection (RFC 7662), revocation (RFC 7009), and the protected `userinfo`."""

from typing import Any

from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc6750 import BearerTokenValidator, InsufficientScopeError, InvalidTokenError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from api.web.marks import Marks
from api.web.oauth.demo import Client
from api.web.oauth.grants import CONFIDENTIAL_ONLY, PUBLIC_TOO
from api.web.oauth.tokens import Token, Tokens, end_family


class LookedUp:
    """An endpoint that is told a token. A `token_type_hint` changes nothing: both kinds are tried (RFC 7009 §2.1)."""

    server: Any

    def check_params(self, request: OAuth2Request, _client: Client) -> None:
        """Raise InvalidRequestError without a token."""
        if "token" not in request.form:
            raise InvalidRequestError("Missing 'token' in request.")

    def query_token(self, token_string: str, _token_type_hint: str | None) -> Token | None:
        """Read a token."""
        found: Token | None = self.server.tokens.look_up(token_string, self.server.marks)
        return found


class Introspection(LookedUp, IntrospectionEndpoint):  # type: ignore[misc]  # Authlib has no types
    """Tells confidential clients what a token is worth."""

    CLIENT_AUTH_METHODS = CONFIDENTIAL_ONLY

    def check_permission(self, token: Token, client: Client, request: OAuth2Request) -> bool:
        """Whether the client may know: any confidential client may."""
        return True

    def introspect_token(self, token: Token) -> dict[str, Any]:
        """The claims of a token that is active (RFC 7662 §2.2)."""
        shown = {name: value for name, value in token.claims.items() if name != "family"}
        kind = {"access": "Bearer", "refresh": "refresh_token"}[token.kind]
        return {"active": True, "token_type": kind, "username": token.claims["sub"], **shown}


class Revocation(LookedUp, RevocationEndpoint):  # type: ignore[misc]  # Authlib has no types
    """Ends an access token; with a refresh token, all that stem from the same authorization (RFC 7009 §2.1)."""

    CLIENT_AUTH_METHODS = PUBLIC_TOO

    def revoke_token(self, token: Token, request: OAuth2Request) -> None:
        """End a token."""
        if token.kind == "refresh":
            end_family(self.server.marks, token.claims["family"])
        else:
            self.server.marks.use(token.mark, token.claims["exp"])


class Bearers(BearerTokenValidator):  # type: ignore[misc]  # Authlib has no types
    """Checks access tokens of the lab (RFC 6750)."""

    def __init__(self, tokens: Tokens, marks: Marks) -> None:
        super().__init__(realm="toolbox")
        self._tokens = tokens
        self._marks = marks

    def granted(self, token: str, scope: str) -> Token:
        """Return an access token that is good for a scope. Raises InvalidTokenError, InsufficientScopeError."""
        found = self._tokens.look_up(token, self._marks)
        good = found if found and found.kind == "access" else None
        self.validate_token(good, [scope], None)
        assert good  # noqa: S101  # otherwise it was refused
        return good


__all__ = ["Bearers", "InsufficientScopeError", "Introspection", "InvalidTokenError", "Revocation"]
