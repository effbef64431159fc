"""The three grants of the OAuth lab (RFC 6749 §4.1, §4.4, §6) and PKCE (RFC 7636), over Authlib's."""

import time
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc6749 import grants as authlib
from authlib.oauth2.rfc7636 import CodeChallenge

from api.web.oauth.demo import Client
from api.web.oauth.tokens import Approval, Token, end_family

PUBLIC_TOO = ["client_secret_basic", "client_secret_post", "none"]
CONFIDENTIAL_ONLY = PUBLIC_TOO[:2]
USED = "This was used before, so all tokens of its authorization are ended."


class CodeGrant(authlib.AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib has no types
    """`authorization_code`: a signed code that is good once."""

    TOKEN_ENDPOINT_AUTH_METHODS = PUBLIC_TOO

    @staticmethod
    def validate_authorization_redirect_uri(request: OAuth2Request, client: Client) -> str:
        """Return the redirect URI, or raise. The library's own sentence repeats the URI, which may have any content."""
        uri: str | None = request.payload.redirect_uri
        if not uri or not client.check_redirect_uri(uri):
            raise InvalidRequestError("This client has no such redirect_uri.")
        return uri

    def generate_authorization_code(self) -> str:
        """Return a new code, for what the user has approved."""
        data = self.request.payload.data
        approval: Approval = self.request.user
        tokens = self.server.tokens
        return str(tokens.code(approval, self.request.client, data["redirect_uri"], data.get("code_challenge")))

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        """Nothing is stored: the code is signed."""

    def query_authorization_code(self, code: str, client: Client) -> Token | None:
        """Read a code of this client."""
        found: Token | None = self.server.tokens.read("code", code)
        return found if found and found.check_client(client) else None

    def authenticate_user(self, authorization_code: Token) -> Approval:
        """Use the code, and return what it stands for. Raises InvalidGrantError if it was used before."""
        return used_once(self.server, authorization_code)

    def delete_authorization_code(self, authorization_code: Token) -> None:
        """Nothing is stored."""


class RefreshGrant(authlib.RefreshTokenGrant):  # type: ignore[misc]  # Authlib has no types
    """`refresh_token`: each is good once, and is replaced. Using one again ends all tokens of its family."""

    TOKEN_ENDPOINT_AUTH_METHODS = PUBLIC_TOO
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Token:
        """Read a refresh token, or raise InvalidGrantError. A used one is found too, so that its family ends."""
        found: Token | None = self.server.tokens.read("refresh", refresh_token)
        if found is None:
            raise InvalidGrantError("This is no refresh_token of this server, or it is over.")
        return found

    def authenticate_user(self, refresh_token: Token) -> Approval:
        """Use the token, and return what it stands for. Raises InvalidGrantError if it was used or ended before."""
        return used_once(self.server, refresh_token)

    def revoke_old_credential(self, refresh_token: Token) -> None:
        """It was marked as used before the new one was made."""


class ClientGrant(authlib.ClientCredentialsGrant):  # type: ignore[misc]  # Authlib has no types
    """`client_credentials`: for confidential clients, by themselves."""

    TOKEN_ENDPOINT_AUTH_METHODS = CONFIDENTIAL_ONLY


class Pkce(CodeChallenge):  # type: ignore[misc]  # Authlib has no types
    """PKCE by S256 only; public clients must use it (RFC 9700 §2.1.1)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Check the parameters of the authorization request. Raises InvalidRequestError."""
        data = grant.request.payload.data
        challenge, method = data.get("code_challenge"), data.get("code_challenge_method")
        if grant.request.client.public and not challenge:
            raise InvalidRequestError("A public client must send a code_challenge (RFC 7636).")
        if challenge and method != "S256":  # without a method, plain would be meant
            raise InvalidRequestError("code_challenge_method must be S256.")
        super().validate_code_challenge(grant, redirect_uri)


def used_once(server: Any, token: Token) -> Approval:
    """Mark a code or a refresh token as used, over all instances. Raises InvalidGrantError, and ends its family."""
    approval = token.approval()
    if server.marks.is_used(f"family:{approval.family}"):
        raise InvalidGrantError("The authorization was ended.")
    if not server.marks.use(token.mark, max(token.claims["exp"], time.time())):
        end_family(server.marks, approval.family)
        raise InvalidGrantError(USED)
    return approval
