"""The authorization server of the OAuth lab, over Authlib's. One object serves one request.

It knows nothing of Flask: it gets the parameters of a request, and returns a Reply.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import (
    InvalidClientError,
    InvalidRequestError,
    OAuth2Payload,
    UnsupportedGrantTypeError,
)

from api.rules.authorization import Basic, read_authorization
from api.web.marks import Marks
from api.web.oauth.demo import CLIENTS, SCOPES, USER, Client
from api.web.oauth.endpoints import Introspection, Revocation
from api.web.oauth.grants import ClientGrant, CodeGrant, Pkce, RefreshGrant
from api.web.oauth.tokens import Approval, Tokens, new_id

REALM = "toolbox"
Parameters = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: `content` is None, or an object for JSON."""

    status: int
    content: dict[str, Any] | None = None
    fields: dict[str, str] = field(default_factory=dict)


class Payload(OAuth2Payload):  # type: ignore[misc]  # Authlib has no types
    """The parameters of a request. Those without a value count as left out (RFC 6749 §3.1, §3.2)."""

    def __init__(self, given: Parameters) -> None:
        self._lists = {name: [value for value in values if value] for name, values in given.items()}

    @property
    def data(self) -> dict[str, str]:
        """The first value of each."""
        return {name: values[0] for name, values in self._lists.items() if values}

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        """All values of each."""
        return defaultdict(list, self._lists)


class Sent(OAuth2Request):  # type: ignore[misc]  # Authlib has no types
    """A request as Authlib reads it: its method, its parameters, and its Authorization field."""

    def __init__(self, method: str, given: Parameters, authorization: str | None = None) -> None:
        # The library demands TLS in the URL. The lab is also for clients under test, on any host.
        super().__init__(method, "https://toolbox.invalid/", headers={"Authorization": authorization or ""})
        self.payload = Payload(given)

    @property
    def args(self) -> dict[str, str]:
        """The parameters."""
        return self.form

    @property
    def form(self) -> dict[str, str]:
        """The parameters."""
        data: dict[str, str] = self.payload.data
        return data


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib has no types
    """The authorization server `issuer`, whose access tokens last `seconds`."""

    def __init__(self, tokens: Tokens, marks: Marks, issuer: str, seconds: int) -> None:
        super().__init__(scopes_supported=SCOPES)
        self.tokens = tokens
        self.marks = marks
        self.issuer = issuer
        self._seconds = seconds
        self.register_grant(CodeGrant, [Pkce(required=True)])
        self.register_grant(RefreshGrant)
        self.register_grant(ClientGrant)
        self.register_endpoint(Introspection)
        self.register_endpoint(Revocation)
        self.register_token_generator("default", self._new_tokens)
        self.register_client_auth_method("client_secret_basic", _by_basic)
        self.register_client_auth_method("client_secret_post", _by_post)
        self.register_client_auth_method("none", _by_nothing)

    def token(self, sent: Sent) -> Reply:
        """Answer a request for tokens (RFC 6749 §3.2)."""
        try:
            _check_once(sent)
            if not sent.payload.grant_type:
                raise InvalidRequestError("Missing 'grant_type' in request.")
        except OAuth2Error as error:
            return self.handle_error_response(sent, error)
        reply: Reply = self.create_token_response(sent)
        return reply

    def introspect(self, sent: Sent) -> Reply:
        """Answer a request for the state of a token (RFC 7662)."""
        return self._endpoint("introspection", sent)

    def revoke(self, sent: Sent) -> Reply:
        """Answer a request to end a token (RFC 7009)."""
        return self._endpoint("revocation", sent)

    def _endpoint(self, name: str, sent: Sent) -> Reply:
        try:
            _check_once(sent)
        except OAuth2Error as error:
            return self.handle_error_response(sent, error)
        reply: Reply = self.create_endpoint_response(name, sent)
        return reply

    def authorize(self, sent: Sent, decision: str | None) -> Reply | Asked:
        """Answer a request for a code (RFC 6749 §3.1): `approve`, `deny`, or ask the user if there is no decision.

        Raises OAuth2Error if nobody may be redirected: the client or its redirect URI is unknown.
        """
        try:
            grant = self.get_consent_grant(sent)
        except OAuth2Error as error:
            if not error.redirect_uri:
                raise
            return self.handle_error_response(sent, error)
        if decision is None:
            return Asked(sent.client, grant.redirect_uri, sent.scope.split())
        approval = Approval(USER, new_id(), sent.scope) if decision == "approve" else None
        reply: Reply = self.create_authorization_response(sent, grant_user=approval, grant=grant)
        return reply

    def query_client(self, client_id: str) -> Client | None:
        """Find a client."""
        return CLIENTS.get(client_id)

    def create_oauth2_request(self, request: Sent) -> Sent:
        """Return the request, which has the library's form already."""
        return request

    def save_token(self, token: dict[str, Any], request: Sent) -> None:
        """Nothing is stored: tokens are signed."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def get_authorization_grant(self, request: Sent) -> Any:
        """Find the grant. The library's own refusal repeats the `response_type`, which may have any content."""
        kind = request.payload.response_type
        if kind == "code":
            return super().get_authorization_grant(request)
        client, uri = self.query_client(request.payload.client_id or ""), request.payload.redirect_uri
        known = uri if client and uri and client.check_redirect_uri(uri) else None
        if kind:
            raise OAuth2Error(
                "Only the response_type code exists.", redirect_uri=known, error="unsupported_response_type"
            )
        raise InvalidRequestError("Missing 'response_type' in request.", redirect_uri=known)

    def get_token_grant(self, request: Sent) -> Any:
        """Find the grant; the refusal names those that exist."""
        try:
            return super().get_token_grant(request)
        except UnsupportedGrantTypeError as error:
            error.description = "Use authorization_code, client_credentials or refresh_token."
            if request.payload.grant_type == "password":
                error.description = "The password grant is gone in OAuth 2.1. Use authorization_code with PKCE."
            raise

    def handle_error_response(self, request: Sent, error: OAuth2Error) -> Reply:
        """Turn an error into an answer (RFC 6749 §4.1.2.1, §5.2)."""
        reply: Reply = super().handle_error_response(request, error)
        if isinstance(error, InvalidClientError) and not error.redirect_uri and reply.content:
            reply.content["error_description"] = "Authenticate as one of the demo clients: by Basic, or in the form."
            challenge = {"WWW-Authenticate": f'Basic realm="{REALM}", charset="UTF-8"'}
            return Reply(401, reply.content, {**reply.fields, **challenge})
        return reply

    def handle_response(self, status: int, content: Any, fields: Sequence[tuple[str, str]]) -> Reply:
        """Create an answer; a redirect names the issuer (RFC 9207)."""
        named = dict(fields)
        named.pop("Content-Type", None)
        if "Location" in named:
            named["Location"] = add_params_to_uri(named["Location"], [("iss", self.issuer)])
            named["Cache-Control"] = "no-store"
        return Reply(status, content or None if "Location" in named else content, named)

    def _new_tokens(
        self,
        *,
        grant_type: str,
        client: Client,
        user: Approval | None = None,
        scope: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> dict[str, Any]:
        """The content of a successful answer (RFC 6749 §5.1). Without a user, the client acts for itself."""
        granted = client.get_allowed_scope(scope)
        approval = user or Approval(client.client_id, new_id(), granted)
        narrow = Approval(approval.subject, approval.family, granted)
        content: dict[str, Any] = {
            "access_token": self.tokens.access_token(narrow, client, self.issuer, self._seconds),
            "token_type": "Bearer",
            "expires_in": self._seconds,
            "scope": granted,
        }
        if include_refresh_token:  # with the scope that the user approved (RFC 6749 §6)
            content["refresh_token"] = self.tokens.refresh_token(approval, client)
        return content


@dataclass(frozen=True, slots=True)
class Asked:
    """The user must decide: whether this client may have this access, and is called back there."""

    client: Client
    redirect_uri: str
    scopes: list[str]


def _check_once(sent: Sent) -> None:
    """Raise InvalidRequestError for a repeated parameter, or two ways to authenticate (RFC 6749 §2.3, §3.2)."""
    if any(len(values) > 1 for values in sent.payload.datalist.values()):
        raise InvalidRequestError("A parameter occurs more than once.")
    if sent.headers["Authorization"] and "client_secret" in sent.payload.data:
        raise InvalidRequestError("Send the client_secret in one place.")


def _basic(request: Sent) -> tuple[str, str] | None:
    """The id and the secret in the Authorization field, which are encoded like a form (RFC 6749 §2.3.1)."""
    found = read_authorization(request.headers["Authorization"])
    if not isinstance(found, Basic) or found.username is None:
        return None
    return unquote_plus(found.username), unquote_plus(found.password or "")


def _by_basic(query_client: Any, request: Sent) -> Client | None:
    given = _basic(request)
    client: Client | None = query_client(given[0]) if given else None
    return client if given and client and client.check_client_secret(given[1]) else None


def _by_post(query_client: Any, request: Sent) -> Client | None:
    data = request.payload.data
    client: Client | None = query_client(data.get("client_id", ""))
    return client if client and client.check_client_secret(data.get("client_secret", "")) else None


def _by_nothing(query_client: Any, request: Sent) -> Client | None:
    """A public client by its id alone; some clients send it in an Authorization field with an empty secret."""
    given = _basic(request) if request.headers["Authorization"] else (request.payload.client_id or "", "")
    if given is None or given[1] or "client_secret" in request.payload.data:
        return None
    client: Client | None = query_client(given[0])
    return client
