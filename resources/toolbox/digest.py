"""The auth lab: Digest as httpbin has it, and strictly by RFC 7616.

curl -i --digest -u user:passwd http://127.0.0.1:8000/httpbin/digest-auth/auth/user/passwd/SHA-256
"""

import time
from typing import Any

from api.rules.digest import ALGORITHMS, QOPS, Credentials, Nonces, challenge, credentials, response, verified
from api.rules.plain_json import written
from api.rules.problems import InvalidHeader
from api.rules.sealed import key_for
from api.web.compat import JSON, Answer, Compat, Headers, Text, answers, current_request, services
from api.web.marks import marks
from api.web.oauth import demo
from api.web.received import body, cookies
from api.web.request import Request
from resources.toolbox.auth import PASSWD, USER
from resources.toolbox.lab import cookie

REALM = "toolbox"
# What httpbin takes for yes in `require-cookie`.
YES = ("1", "t", "true")
NEVER = "never"
# Seconds that a nonce of the strict lab is good for.
NONCE_SECONDS = 300
OFFERED = ("SHA-256", "MD5")


class DigestAuth(Compat):
    """Digest authentication as httpbin has it. Its state is in cookies, so that any worker can serve it."""

    paths = tuple(
        f"/digest-auth/<qop>/<user>/<passwd>{more}" for more in ("", "/<algorithm>", "/<algorithm>/<stale_after>")
    )
    example = {"qop": "auth", "user": "user", "passwd": "passwd", "algorithm": "SHA-256", "stale_after": NEVER}
    group = "Auth"
    shows = 401
    parameters = (
        Text("qop", "`auth` or `auth-int`; with any other word, both are offered.", longest=32, example="auth"),
        USER,
        PASSWD,
        Text(
            "algorithm",
            "The algorithm of RFC 7616, or `SHA-512`; any other word is `MD5`.",
            "MD5",
            only_in_path=True,
            example="SHA-256",
        ),
        Text(
            "stale_after",
            "The number of answers after which a nonce is stale, or `never`.",
            NEVER,
            pattern=f"{NEVER}|[0-9]{{1,19}}",
            kind="never, or a whole number of 0 or more",
            only_in_path=True,
            example=NEVER,
        ),
        Text("require-cookie", "With `1`, `t` or `true`, the cookies of the challenge must come back.", ""),
    )

    @answers(200, ("authenticated", "user"), also=(401, 403))
    def get(self, qop: str, user: str, passwd: str, algorithm: str, stale_after: str, **query: str) -> Answer:
        """Sign in with Digest; other credentials are 401 with a new nonce."""
        known = algorithm if algorithm in ALGORITHMS else "MD5"
        offered = (qop,) if qop in QOPS else QOPS
        needs_cookie = query["require-cookie"].lower() in YES
        return as_httpbin(known, offered, user, passwd, stale_after, needs_cookie=needs_cookie)


class PostmanDigestAuth(Compat):
    """Digest authentication as at Postman Echo: user `postman`, password `password`."""

    paths = ("/digest-auth",)
    group = "Auth"
    shows = 401

    @answers(200, ("authenticated",), also=(401,))
    def get(self) -> Answer:
        """Sign in with Digest, as `postman` with the password `password`."""
        data, status, fields = as_httpbin("MD5", QOPS[:1], demo.USER, demo.PASSWORD, NEVER, needs_cookie=False)
        return data and {"authenticated": True}, status, fields


class StrictDigest(Compat):
    """Digest authentication strictly by RFC 7616: nonces expire, `nc` rises, and the server proves itself."""

    paths = ("/digest/<user>/<passwd>", "/digest/<user>/<passwd>/<algorithm>")
    example = {"user": "user", "passwd": "passwd", "algorithm": "SHA-256"}
    group = "Auth"
    shows = 401
    parameters = (
        USER,
        PASSWD,
        Text(
            "algorithm",
            "The only algorithm; without it, SHA-256 and MD5 are offered.",
            choices=tuple(ALGORITHMS),
            only_in_path=True,
            example="SHA-256",
        ),
    )

    @answers(200, ("authenticated", "user"), also=(401,), refuses=[InvalidHeader])
    def get(self, user: str, passwd: str, algorithm: str | None) -> Answer:
        """Sign in with Digest; a broken field is 400, an old nonce or a repeated `nc` 401 with `stale=true`."""
        offered = (algorithm,) if algorithm else OFFERED
        nonces = Nonces(key_for(services().secret, "digest nonce"))
        request, now = current_request(), time.time()
        given = strict_credentials(request)
        if given is None or given.realm != REALM or given.algorithm not in offered or given.qop not in QOPS:
            return challenged(nonces, offered, now)
        proved = verified(given, user, passwd, request.method, body(request))
        if proved is None:
            return challenged(nonces, offered, now)
        age = nonces.age(given.nonce, now)
        fresh = age is not None and age <= NONCE_SECONDS
        if not fresh or not marks().rise(f"nonce:{given.nonce}", given.nc or 0, now + NONCE_SECONDS):
            return challenged(nonces, offered, now, stale=True)
        content = written({"authenticated": True, "user": user})
        proof = response(given, *proved, "", b"" if request.method == "HEAD" else content)
        quoted = given.cnonce.replace("\\", "\\\\").replace('"', '\\"')
        info = f'rspauth="{proof}", qop={given.qop}, cnonce="{quoted}", nc={given.sent_nc}'
        fields = {"Authentication-Info": f'{info}, nextnonce="{nonces.new(now)}"', "Content-Type": JSON}
        return content, 200, fields


def as_httpbin(
    algorithm: str, offered: tuple[str, ...], user: str, password: str, stale_after: str, *, needs_cookie: bool
) -> tuple[Any, int, Headers]:
    """Answer a request as httpbin does."""
    request = current_request()
    sent = cookies(request)
    fields = Headers()
    try:
        given = credentials(request.environ.get("HTTP_AUTHORIZATION", ""))
    except ValueError:
        given = None
        sent = {}  # broken credentials are no use of a nonce
    if given is None or (needs_cookie and not sent):
        return refused(fields, algorithm, offered, {"stale_after": stale_after})
    if needs_cookie and sent.get("fake") != "fake_value":
        fields.add("Set-Cookie", cookie("fake", "fake_value"))
        return {"errors": ["missing cookie set on challenge"]}, 403, fields
    left = sent.get("stale_after")
    again = {"stale_after": stale_after, "last_nonce": given.nonce[:256]}
    if left == "0" or given.nonce == sent.get("last_nonce"):
        return refused(fields, algorithm, offered, again, stale=True)
    taken = given.qop in offered or (given.qop is None and len(offered) > 1)
    if not (taken and given.algorithm == algorithm and given.realm == REALM and is_target(request, given.uri)) or not (
        verified(given, user, password, request.method, body(request))
    ):
        return refused(fields, algorithm, offered, again)
    fields.add("Set-Cookie", cookie("fake", "fake_value"))
    if left:
        following = str(int(left) - 1) if left.isascii() and left.isdigit() and len(left) < 20 else NEVER
        fields.add("Set-Cookie", cookie("stale_after", following))
    return {"authenticated": True, "user": user}, 200, fields


def refused(
    fields: Headers, algorithm: str, offered: tuple[str, ...], values: dict[str, str], *, stale: bool = False
) -> tuple[Any, int, Headers]:
    """A 401 with a challenge as httpbin's, and its cookies."""
    nonce = Nonces(key_for(services().secret, "digest nonce")).new(time.time())
    fields.add("WWW-Authenticate", challenge(REALM, nonce, algorithm=algorithm, qop=", ".join(offered), stale=stale))
    for name, value in {**values, "fake": "fake_value"}.items():
        fields.add("Set-Cookie", cookie(name, value))
    return None, 401, fields


def challenged(nonces: Nonces, offered: tuple[str, ...], now: float, *, stale: bool = False) -> Answer:
    """A 401 with a challenge for each algorithm, the strongest first (RFC 7616 §3.7)."""
    fields = Headers()
    nonce = nonces.new(now)
    for algorithm in offered:
        more = ", charset=UTF-8, userhash=true"
        line = challenge(REALM, nonce, algorithm=algorithm, qop=", ".join(QOPS), stale=stale, more=more)
        fields.add("WWW-Authenticate", line)
    return None, 401, fields


def strict_credentials(request: Request) -> Credentials | None:
    """The Digest credentials of a request. Raises InvalidHeader if they are broken, or for another target."""
    try:
        given = credentials(request.environ.get("HTTP_AUTHORIZATION", ""))
        if given and not is_target(request, given.uri):
            raise ValueError("uri is not the target of the request (RFC 7616 §3.4.6).")
    except ValueError as error:
        detail = {"header": "authorization", "code": "malformed", "detail": str(error)}
        raise InvalidHeader(errors=[detail]) from None
    return given


def is_target(request: Request, uri: str) -> bool:
    """Whether this `uri` is the target of the request as it was sent, with the mount and the query."""
    return uri in (request.sent_target, request.environ.get("REQUEST_URI"))
