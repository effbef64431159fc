"""The auth lab: a session in a cookie, with a form that has a CSRF token.

curl -i http://127.0.0.1:8000/httpbin/session/sign-in -d user=postman -d password=password
"""

import hmac
import time
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any

from api.rules import plain_json
from api.rules.clock import timestamp
from api.rules.problems import Forbidden, MalformedBody
from api.rules.sealed import Seal, key_for
from api.web.compat import JSON, Answer, Compat, Headers, Text, answers, current_request, mount_path, services
from api.web.forms import FORM_TYPES, read_form
from api.web.marks import marks
from api.web.oauth import demo
from api.web.received import body, cookies
from api.web.request import Request
from resources.toolbox.lab import cookie, lab_page

FORM = "application/x-www-form-urlencoded"
SESSION = "toolbox_session"
CSRF = "toolbox_csrf"
SESSION_SECONDS = 900
CSRF_SECONDS = 3600
CSRF_TOKEN = Text("csrf_token", "The token of the form at `/session/sign-in`; forms of pages need it.")
CHALLENGE = {"WWW-Authenticate": f'Cookie realm="toolbox", cookie-name="{SESSION}"'}


class SessionSignIn(Compat):
    """The sign-in of the session lab: user `postman`, password `password`."""

    paths = ("/session/sign-in",)
    sends = {"Content-Type": FORM}
    body = "user=postman&password=password"
    group = "Auth"
    fields = (
        Text("user", "The user name.", required=True),
        Text("password", "The password.", required=True),
        CSRF_TOKEN,
    )
    forms = (*FORM_TYPES, JSON)

    @answers(200, "text/html")
    def get(self) -> Answer:
        """Return a page with the form, whose `csrf_token` belongs to the cookie that comes with it."""
        request = current_request()
        owner = cookies(request).get(CSRF)
        fields = Headers({"Cache-Control": "no-store"})
        if owner is None or csrf_seal().opened(owner, time.time()) is None:
            owner = csrf_seal().seal({"id": token_urlsafe(16)}, time.time() + CSRF_SECONDS)
            fields.add("Set-Cookie", cookie(CSRF, owner, seconds=CSRF_SECONDS, lax=True))
        user = session_of(request)
        page, policy = lab_page("lab_sign_in.html", token=csrf_token(owner), user=user["user"] if user else None)
        fields["Content-Security-Policy"] = policy
        return page, 200, fields

    @answers(303, also=(401,), refuses=[Forbidden, MalformedBody])
    def post(self) -> Answer:
        """Start a session with `user` and `password`, as a form or JSON; a form of a page needs its `csrf_token`."""
        request = current_request()
        sent = members(request)
        check_csrf(request, sent)
        if not (isinstance(sent.get("user"), str) and isinstance(sent.get("password"), str)):
            raise MalformedBody("Send user and password, as a form or as a JSON object.")
        if not is_demo_user(sent["user"], sent["password"]):
            return None, 401, CHALLENGE
        value = session_seal().seal({"user": demo.USER, "id": token_urlsafe(16)}, time.time() + SESSION_SECONDS)
        fields = {"Location": f"{mount_path()}/session", "Cache-Control": "no-store"}
        return None, 303, {**fields, "Set-Cookie": cookie(SESSION, value, seconds=SESSION_SECONDS, lax=True)}


class Session(Compat):
    """The session of the lab."""

    paths = ("/session",)
    group = "Auth"
    shows = 401

    @answers(200, ("expires_at", "user"), also=(401,))
    def get(self) -> Answer:
        """Return the signed-in user; without a session, or with a changed cookie, 401."""
        found = session_of(current_request())
        if found is None:
            return None, 401, CHALLENGE
        ends = timestamp(datetime.fromtimestamp(found["exp"], UTC))
        return {"user": found["user"], "expires_at": ends}, 200, {"Cache-Control": "no-store"}


class SessionSignOut(Compat):
    """The sign-out of the session lab."""

    paths = ("/session/sign-out",)
    body = ""
    group = "Auth"
    fields = (CSRF_TOKEN,)
    forms = (*FORM_TYPES, JSON)

    @answers(204, refuses=[Forbidden, MalformedBody])
    def post(self) -> Answer:
        """End the session, and delete its cookie; a form of a page needs its `csrf_token`."""
        request = current_request()
        check_csrf(request, members(request))
        found = session_of(request)
        if found is not None:
            marks().use(f"session:{found['id']}", found["exp"])
        return None, 204, {"Set-Cookie": cookie(SESSION, "", seconds=0, lax=True)}


def session_seal() -> Seal:
    """The seal of session cookies."""
    return Seal(services().secret, "session")


def csrf_seal() -> Seal:
    """The seal of the cookies that forms belong to."""
    return Seal(services().secret, "csrf")


def csrf_token(owner: str) -> str:
    """The token of the forms of a browser with this cookie."""
    return urlsafe_b64encode(hmac.digest(key_for(services().secret, "csrf form"), owner.encode(), "sha256")).decode()


def session_of(request: Request) -> dict[str, Any] | None:
    """The content of the session of a request, unless it is over, ended, or was changed."""
    found = session_seal().opened(cookies(request).get(SESSION, ""), time.time())
    return found if found and not marks().is_used(f"session:{found['id']}") else None


def members(request: Request) -> dict[str, Any]:
    """The members of the body: a form, or a JSON object. Raises MalformedBody."""
    content = body(request)
    if request.mimetype in FORM_TYPES:
        fields = read_form(content, request.environ["CONTENT_TYPE"]).fields
        return {name: values[0] for name, values in fields.items()}
    try:
        found = plain_json.read(content.decode()) if content else {}
    except UnicodeDecodeError:
        found = None
    if not isinstance(found, dict):
        raise MalformedBody("Send a form, or a JSON object.")
    return found


def check_csrf(request: Request, sent: dict[str, Any]) -> None:
    """Raise Forbidden if a browser sends a form without the token that its page had, or anyone sends a wrong one."""
    environ = request.environ
    from_page = "HTTP_ORIGIN" in environ or environ.get("HTTP_SEC_FETCH_SITE", "none") != "none"
    needed = from_page and request.mimetype in FORM_TYPES
    if not needed and "csrf_token" not in sent:
        return
    owner = cookies(request).get(CSRF, "")
    token = str(sent.get("csrf_token", "")).encode("utf-8", "replace")
    known = csrf_seal().opened(owner, time.time()) is not None
    if not known or not hmac.compare_digest(csrf_token(owner).encode(), token):
        raise Forbidden("The csrf_token is not that of the form at /session/sign-in for this browser.")


def is_demo_user(user: str, password: str) -> bool:
    """Whether these are the credentials of the demo user."""
    given = f"{user}\0{password}".encode("utf-8", "replace")
    return hmac.compare_digest(given, f"{demo.USER}\0{demo.PASSWORD}".encode())
