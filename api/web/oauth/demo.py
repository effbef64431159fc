"""The demo clients and the demo user of the auth lab. Their secrets are public: they protect nothing."""

import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

USER = "postman"
PASSWORD = "password"  # noqa: S105  # the documentation of Postman Echo has it
NAME = "Demo user"
EMAIL = "postman@example.org"

SCOPES = ("profile", "email", "read", "write")
DEFAULT_SCOPE = "profile"

# Native apps listen on any port of the loopback interface (RFC 8252 §7.3).
LOOPBACK = ("127.0.0.1", "::1", "localhost")
# `urlsplit` ignores what stands between a bracket and the port.
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9.]+|\[::1\])(?::[0-9]*)?")
POSTMAN = ("https://oauth.pstmn.io/v1/callback", "https://oauth.pstmn.io/v1/browser-callback")


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client (RFC 6749 §2), with the methods that Authlib calls. A public one has no secret."""

    client_id: str
    secret: str
    grants: Collection[str]

    @property
    def public(self) -> bool:
        """Whether the client cannot keep a secret, so that it needs PKCE."""
        return not self.secret

    def check_client_secret(self, secret: str) -> bool:
        """Whether this is the secret of a confidential client."""
        return bool(self.secret) and hmac.compare_digest(self.secret.encode(), secret.encode("utf-8", "replace"))

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        """Whether the client may authenticate by this method."""
        return (method == "none") == self.public

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether the client may use a grant."""
        return grant_type in self.grants

    def check_response_type(self, response_type: str) -> bool:
        """Whether the client may ask for this at the authorization endpoint."""
        return response_type == "code"

    def check_redirect_uri(self, uri: str) -> bool:
        """Whether the client may be called back there: on the loopback interface, or at Postman."""
        return uri in POSTMAN or origin_of_loopback(uri) is not None

    def get_default_redirect_uri(self) -> str | None:
        """None: clients say where they want to be called back."""
        return None

    def get_allowed_scope(self, scope: str | None) -> str:
        """The granted scope: the requested one, or the default. The server has refused unknown ones."""
        return " ".join(dict.fromkeys((scope or "").split())) or DEFAULT_SCOPE

    def get_client_id(self) -> str:
        """The id."""
        return self.client_id


CONFIDENTIAL = Client("toolbox", "secret", ("authorization_code", "refresh_token", "client_credentials"))
PUBLIC = Client("toolbox-public", "", ("authorization_code", "refresh_token"))
CLIENTS = {client.client_id: client for client in (CONFIDENTIAL, PUBLIC)}


def origin_of_loopback(uri: str) -> str | None:
    """The origin of a redirect URI on the loopback interface, for a policy of a page; None for another URI.

    A policy cannot name an IPv6 address, so its origin is `http:`.
    """
    if not uri.isascii() or not uri.isprintable() or set(uri) & set(' \\"<>^`{|}#'):
        return None
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme != "http" or parts.hostname not in LOOPBACK or not _AUTHORITY.fullmatch(parts.netloc):
        return None
    if ":" in parts.hostname:
        return "http:"
    return f"http://{parts.hostname}" + (f":{port}" if port is not None else "")
