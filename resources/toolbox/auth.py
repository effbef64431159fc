"""The auth lab: Basic, Bearer and API keys, with the credentials in the URL, for clients that are tested.

curl -i -u user:passwd http://127.0.0.1:8000/httpbin/basic-auth/user/passwd
"""

import binascii
import hmac
from base64 import b64decode

from api.web.compat import Answer, Compat, Text, answers, current_request
from api.web.oauth import demo
from api.web.received import arguments, cookies
from api.web.request import Request

CHALLENGE = {"WWW-Authenticate": 'Basic realm="Fake Realm"'}
PLACES = ("header", "query", "cookie")
# RFC 9110 §5.6.2
NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}"

USER = Text("user", "The user name that is right.", longest=256, example="user")
PASSWD = Text("passwd", "The password that is right.", longest=256, example="passwd")


class BasicAuth(Compat):
    """Basic authentication (RFC 7617) with the user name and the password in the path."""

    paths = ("/basic-auth/<user>/<passwd>",)
    example = {"user": "user", "passwd": "passwd"}
    group = "Auth"
    sends = {"Authorization": "Basic dXNlcjpwYXNzd2Q="}
    parameters = (USER, PASSWD)

    @answers(200, ("authenticated", "user"), also=(401,))
    def get(self, user: str, passwd: str) -> Answer:
        """Sign in with Basic; other credentials are 401."""
        if not has_basic(current_request(), user, passwd):
            return None, 401, CHALLENGE
        return {"authenticated": True, "user": user}, 200, {}


class HiddenBasicAuth(BasicAuth):
    """Basic authentication for clients that send credentials without being asked."""

    paths = ("/hidden-basic-auth/<user>/<passwd>",)

    @answers(200, ("authenticated", "user"), also=(404,))
    def get(self, user: str, passwd: str) -> Answer:
        """Sign in with Basic; other credentials are 404, without a challenge."""
        if not has_basic(current_request(), user, passwd):
            return None, 404, {}
        return {"authenticated": True, "user": user}, 200, {}


class PostmanBasicAuth(Compat):
    """Basic authentication as at Postman Echo: user `postman`, password `password`."""

    paths = ("/basic-auth",)
    group = "Auth"
    sends = {"Authorization": "Basic cG9zdG1hbjpwYXNzd29yZA=="}

    @answers(200, ("authenticated",), also=(401,))
    def get(self) -> Answer:
        """Sign in with Basic, as `postman` with the password `password`."""
        if not has_basic(current_request(), demo.USER, demo.PASSWORD):
            return None, 401, CHALLENGE
        return {"authenticated": True}, 200, {}


class BearerAuth(Compat):
    """A bearer token (RFC 6750). Any token is right."""

    paths = ("/bearer",)
    group = "Auth"
    sends = {"Authorization": "Bearer any-token"}

    @answers(200, ("authenticated", "token"), also=(401,))
    def get(self) -> Answer:
        """Return the token of the Authorization field; without one, 401."""
        scheme, space, token = current_request().environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme != "Bearer" or not space or not token.strip():
            return None, 401, {"WWW-Authenticate": "Bearer"}
        return {"authenticated": True, "token": token}, 200, {}


class ApiKey(Compat):
    """An API key in a header field, a query parameter, or a cookie."""

    paths = ("/api-key/<key>",)
    example = {"key": "k-123"}
    group = "Auth"
    sends = {"X-API-Key": "k-123"}
    parameters = (
        Text("key", "The key that is right.", longest=256, example="k-123"),
        Text("in", "Where it is sent: `header`, `query` or `cookie`.", "header", choices=PLACES),
        Text(
            "name",
            "The name of the field, the parameter or the cookie.",
            "X-API-Key",
            pattern=NAME,
            kind="a token of at most 64 characters",
        ),
    )

    @answers(200, ("authenticated", "in", "name"), also=(401,))
    def get(self, key: str, name: str, **choice: str) -> Answer:
        """Sign in with an API key; a right key in another place is 401 with a hint."""
        place = choice["in"]
        found = {where: key_in(current_request(), where, name) for where in PLACES}
        if is_one_of(found[place], key):
            return {"authenticated": True, "in": place, "name": name}, 200, {}
        challenge = {"WWW-Authenticate": f'ApiKey realm="toolbox", in="{place}", name="{name}"'}
        elsewhere = [where for where in PLACES if where != place and is_one_of(found[where], key)]
        if not elsewhere:
            return None, 401, challenge
        hint = f"The key came in: {elsewhere[0]}. Send it in: {place}."
        return {"authenticated": False, "hint": hint}, 401, challenge


def has_basic(request: Request, user: str, password: str) -> bool:
    """Whether the request has these Basic credentials: in UTF-8, or in latin-1 as some clients send them."""
    scheme, _, encoded = request.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        sent = b64decode(encoded.strip(" \t"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return is_one_of(sent, f"{user}:{password}")


def key_in(request: Request, place: str, name: str) -> bytes | None:
    """What a request has under this name in a header field, its query, or its cookies; the first value counts."""
    if place == "query":
        value = next(iter(arguments(request).get(name, ())), None)
        return None if value is None else value.encode("utf-8", "replace")
    lines = dict(reversed(request.sent_fields)) if place == "header" else cookies(request)
    found = lines.get(name.lower() if place == "header" else name)
    return None if found is None else found.encode("latin-1", "replace")


def is_one_of(sent: bytes | None, text: str) -> bool:
    """Whether these bytes are a text, in UTF-8 or in latin-1."""
    if sent is None:
        return False
    if hmac.compare_digest(sent, text.encode()):
        return True
    try:
        return hmac.compare_digest(sent, text.encode("latin-1"))
    except UnicodeEncodeError:
        return False
