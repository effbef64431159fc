"""The auth lab: an OAuth 2.0 server with demo clients, for clients that are tested.

curl -i -u toolbox:secret http://127.0.0.1:8000/httpbin/oauth/token -d grant_type=client_credentials
"""

from __future__ import annotations

import time
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from api.rules.problems import ContentTooLarge, MalformedBody
from api.rules.sealed import Seal
from api.web.compat import Answer, Compat, Number, answers, current_request, services
from api.web.forms import read_form
from api.web.marks import marks
from api.web.oauth import demo
from api.web.received import arguments, body
from api.web.request import Request, link_prefix
from resources.toolbox.lab import lab_page
from resources.toolbox.oauth_parameters import AUTHORIZE, CALLBACK, EXCHANGE, OF_TOKEN

if TYPE_CHECKING:
    from api.web.oauth.server import Asked, Reply, Server
    from api.web.oauth.tokens import Tokens

FORM = "application/x-www-form-urlencoded"
# What the examples send.
SIGNED = {"Authorization": "Basic dG9vbGJveDpzZWNyZXQ=", "Content-Type": FORM}
ASKED = f"response_type=code&client_id=toolbox&redirect_uri={CALLBACK}"
# Seconds that the page with the two buttons is good for.
PAGE_SECONDS = 600
BEARER = 'Bearer realm="toolbox"'
NO_STORE = {"Cache-Control": "no-store"}

Parameters = dict[str, list[str]]

# The members that the introspection of an active token has.
OF_ACTIVE = ("client_id?", "exp?", "iat?", "scope?", "sub?", "token_type?", "username?")


class OauthAuthorize(Compat):
    """The authorization endpoint (RFC 6749 §3.1)."""

    paths = ("/oauth/authorize",)
    group = "OAuth 2.0"
    sends = {"Content-Type": FORM}
    body = ASKED
    parameters = fields = AUTHORIZE

    @answers(200, "text/html", also=(302, 400))
    def get(self, **_query: str | None) -> Answer:
        """Ask the demo user, who approves or denies; `auto=approve` and `auto=deny` decide at once."""
        return authorized(arguments(current_request()))

    @answers(200, "text/html", also=(302, 400))
    def post(self, **_query: str | None) -> Answer:
        """Decide, as the form of the page does; or ask as GET does, with the parameters in a form."""
        try:
            sent = form_of(current_request())
        except (MalformedBody, ContentTooLarge) as problem:
            return refusal("invalid_request", problem.detail or "")
        if "request" not in sent:
            return authorized(sent)
        page = page_seal().opened(sent["request"][0], time.time())
        if page is None:
            return refusal("invalid_request", "This page is out of date. Start again at the client.")
        return authorized({**page["given"], "auto": sent.get("auto", [])})


class OauthToken(Compat):
    """The token endpoint (RFC 6749 §3.2)."""

    paths = ("/oauth/token",)
    group = "OAuth 2.0"
    sends = SIGNED
    body = "grant_type=client_credentials"
    parameters = (Number("ttl", "The seconds that the access token lasts.", 1, 3600, 300),)
    fields = EXCHANGE
    once = True

    @answers(200, ("access_token", "expires_in", "refresh_token?", "scope", "token_type"), also=(400, 401))
    def post(self, ttl: int) -> Answer:
        """Exchange an authorization code, a refresh token, or the credentials of a client for an access token."""
        return answered("token", seconds=ttl)


class OauthIntrospect(Compat):
    """Introspection (RFC 7662)."""

    paths = ("/oauth/introspect",)
    group = "OAuth 2.0"
    sends = SIGNED
    body = "token=ended"
    fields = OF_TOKEN
    once = True

    @answers(
        200, ("active", "client_id?", "exp?", "iat?", "scope?", "sub?", "token_type?", "username?"), also=(400, 401)
    )
    def post(self) -> Answer:
        """Tell a confidential client what a token is worth."""
        return answered("introspect")


class OauthRevoke(Compat):
    """Revocation (RFC 7009)."""

    paths = ("/oauth/revoke",)
    group = "OAuth 2.0"
    sends = SIGNED
    body = "token=ended"
    fields = OF_TOKEN
    once = True

    @answers(200, "application/json", also=(400, 401))
    def post(self) -> Answer:
        """End an access token, or with a refresh token all tokens of its authorization."""
        return answered("revoke")


class OauthUserinfo(Compat):
    """A protected resource (RFC 6750): the user of the token."""

    paths = ("/oauth/userinfo",)
    group = "OAuth 2.0"
    shows = 401

    @answers(200, ("email?", "name?", "preferred_username", "sub"), also=(401, 403))
    def get(self) -> Answer:
        """Return the user of an access token with the scope `profile`."""
        from api.web.oauth.endpoints import Bearers, InsufficientScopeError, InvalidTokenError

        scheme, _, token = current_request().environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return None, 401, {"WWW-Authenticate": BEARER, **NO_STORE}
        try:
            found = Bearers(tokens(services().secret), marks()).granted(token.strip(), "profile")
        except InvalidTokenError as error:
            return refused_token(401, error, "")
        except InsufficientScopeError as error:
            return refused_token(403, error, ', scope="profile"')
        subject = found.claims["sub"]
        shown = {"sub": subject, "preferred_username": subject}
        if subject == demo.USER:
            shown["name"] = demo.NAME
            if "email" in found.get_scope().split():
                shown["email"] = demo.EMAIL
        return shown, 200, NO_STORE


class OauthJwks(Compat):
    """The key of access tokens (RFC 7517)."""

    paths = ("/oauth/jwks",)
    group = "OAuth 2.0"

    @answers(200, ("keys",))
    def get(self) -> Answer:
        """Return the public key that checks the signatures of access tokens."""
        return tokens(services().secret).public_keys, 200, {"Cache-Control": "public, max-age=300"}


class OauthMetadata(Compat):
    """The metadata of the authorization server (RFC 8414).

    It is at `/.well-known/oauth-authorization-server/httpbin` too, where clients look for it (§3.1).
    """

    paths = ("/.well-known/oauth-authorization-server",)
    group = "OAuth 2.0"

    @answers(200, ("authorization_endpoint", "introspection_endpoint", "issuer", "jwks_uri", "token_endpoint"))
    def get(self) -> Answer:
        """Return the endpoints and the features of the authorization server."""
        base = issuer()
        methods = ["client_secret_basic", "client_secret_post"]
        metadata = {
            "issuer": base,
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "introspection_endpoint": f"{base}/oauth/introspect",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "userinfo_endpoint": f"{base}/oauth/userinfo",
            "jwks_uri": f"{base}/oauth/jwks",
            "scopes_supported": list(demo.SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": [*methods, "none"],
            "revocation_endpoint_auth_methods_supported": [*methods, "none"],
            "introspection_endpoint_auth_methods_supported": methods,
            "authorization_response_iss_parameter_supported": True,
        }
        return metadata, 200, {}


@lru_cache(maxsize=4)
def tokens(secret: bytes) -> Tokens:
    """The codes and tokens of a server with this secret."""
    from api.web.oauth.tokens import Tokens

    return Tokens(secret)


def server(seconds: int = 300) -> Server:
    """The authorization server for the current request, whose access tokens last `seconds`."""
    from api.web.oauth.server import Server

    return Server(tokens(services().secret), marks(), issuer(), seconds)


def issuer() -> str:
    """The issuer (RFC 8414 §2): the URL of the toolbox, on the host that the client called unless PUBLIC_URL is set."""
    request, prefix = current_request(), link_prefix()
    return prefix if "://" in prefix else f"{request.scheme}://{request.host}{prefix}"


def form_of(request: Request) -> Parameters:
    """The fields of a form in the body; of other content, none. Raises MalformedBody, ContentTooLarge."""
    return read_form(body(request), FORM).fields if request.mimetype == FORM else {}


def answered(endpoint: str, *, seconds: int = 300) -> Answer:
    """Answer a request of a client at an endpoint. Errors are as in RFC 6749 §5.2, not problem documents."""
    from api.web.oauth.server import Sent

    request = current_request()
    try:
        given = form_of(request)
    except (MalformedBody, ContentTooLarge) as problem:
        return {"error": "invalid_request", "error_description": problem.detail}, 400, NO_STORE
    sent = Sent("POST", given, request.environ.get("HTTP_AUTHORIZATION"))
    reply: Reply = getattr(server(seconds), endpoint)(sent)
    return reply.content, reply.status, reply.fields


def authorized(given: Parameters) -> Answer:
    """Answer an authorization request with these parameters."""
    from authlib.oauth2 import OAuth2Error

    from api.web.oauth.server import Reply, Sent

    decisions = given.get("auto", [])
    if decisions and decisions not in (["approve"], ["deny"]):
        return refusal("invalid_request", "auto is approve or deny.")
    asked = {name: values for name, values in given.items() if name != "auto"}
    sent = Sent(current_request().method, asked)
    try:
        reply = server().authorize(sent, decisions[0] if decisions else None)
    except OAuth2Error as error:
        return refusal(error.error, error.description)
    if isinstance(reply, Reply):
        return None, reply.status, reply.fields
    return question(reply, asked)


def question(asked: Asked, given: Parameters) -> Answer:
    """The page with two buttons."""
    origin = demo.origin_of_loopback(asked.redirect_uri) or "https://" + urlsplit(asked.redirect_uri).netloc
    content, policy = lab_page(
        "lab_authorize.html",
        client=asked.client.client_id,
        scopes=asked.scopes,
        redirect_uri=asked.redirect_uri,
        user=demo.USER,
        request=page_seal().seal({"given": given}, time.time() + PAGE_SECONDS),
        leads_to=origin,
    )
    return content, HTTPStatus.OK, {"Content-Security-Policy": policy, **NO_STORE}


def refusal(error: str, description: str) -> Answer:
    """The page for a request that nobody may be redirected for (RFC 6749 §4.1.2.1)."""
    clients = demo.CLIENTS.values()
    content, policy = lab_page("lab_refused.html", error=error, description=description, clients=clients)
    return content, HTTPStatus.BAD_REQUEST, {"Content-Security-Policy": policy, **NO_STORE}


def refused_token(status: int, error: Any, more: str) -> Answer:
    """The refusal of an access token (RFC 6750 §3.1)."""
    told = f'error="{error.error}", error_description="{error.description}"'
    fields = {"WWW-Authenticate": f"{BEARER}, {told}{more}", **NO_STORE}
    return {"error": error.error, "error_description": error.description}, status, fields


def page_seal() -> Seal:
    """The seal of requests that a page asks about."""
    return Seal(services().secret, "oauth page")
