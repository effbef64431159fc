"""Browser sessions: a cookie that counts only for pages and their forms (CONTRACT §1).

A browser that is not signed in has a different cookie, which identifies the forms made for it. With one
cookie for both, a link from another site would sign people out: the browser follows it without the cookie, and would
get a new one.
"""

import re
from datetime import timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from werkzeug.http import dump_cookie

from api.rules.accounts import Account
from api.rules.clock import now, timestamp
from api.rules.forms import form_token, is_form_token, is_from_elsewhere
from api.rules.problems import Forbidden, Unavailable
from api.rules.tokens import new_token, token_digest
from api.store import sessions
from api.store.accounts import LAST_USED_EVERY, is_unchanged
from api.store.database import Connection, LostRace
from api.web.request import Request, current_request, link_prefix, services
from api.web.storage import database, reading

SESSION = "session"
VISITOR = "visitor"
ELSEWHERE = "A page of another site sent this form."
OUT_OF_DATE = "This form is out of date. Check it, and send it again."


def cookie_of(request: Request, name: str = SESSION) -> str | None:
    """Return the value of a cookie; None if it is absent, malformed, or sent more than once (one may be planted)."""
    # Werkzeug's parser would decode every cookie, and the field may hold 16 KiB of cookies of other applications.
    sent = _pattern(_name(request, name)).findall(request.environ.get("HTTP_COOKIE", ""))
    return sent[0] if len(sent) == 1 and token_digest(sent[0]) else None


def form_owner(request: Request) -> str | None:
    """Return the cookie that identifies the forms of this browser."""
    return cookie_of(request) or cookie_of(request, VISITOR)


def account_of_session(request: Request, *, well_known: bool) -> Account | None:
    """Return the account that the browser is signed in as. `well_known` also allows development accounts."""
    digest = token_digest(cookie_of(request))
    if digest is None:
        return None
    with reading() as db:
        found = sessions.find_session(db, digest, _idle(), well_known=well_known)
    if found is None:
        return None
    account, last_used_at = found
    _note_use(digest, last_used_at)
    return account


def start_session(db: Connection, request: Request, account: Account) -> str:
    """Start a session of this account, end the browser's previous one, and return the value for the cookie.

    The value is always new, so a cookie that was known or planted before is useless.
    Raises LostRace if the account has changed.
    """
    if not is_unchanged(db, account):
        raise LostRace  # a new password ends all sessions, including those being started with the old one
    end_session(db, request)
    token = new_token()
    sessions.start_session(db, account, token_digest(token) or b"")
    return token


def end_session(db: Connection, request: Request) -> bool:
    """End the browser's session, if it has one. Returns whether it had."""
    digest = token_digest(cookie_of(request))
    return digest is not None and sessions.end_session(db, digest)


def give_cookie(request: Request, token: str, name: str = SESSION) -> None:
    """Set a cookie of the browser with the response; an empty `token` deletes it."""
    request.new_cookie = _cookie(_name(request, name), token, request)


def own_form_token() -> str:
    """Return the token for the forms of the current page. A browser without a cookie gets one with the response."""
    request = current_request()
    owner = request.form_owner or form_owner(request)
    if owner is None:
        owner = new_token()
        give_cookie(request, owner, VISITOR)
    request.form_owner = owner
    return form_token(owner)


def is_from_own_page(request: Request) -> bool:
    """Whether the browser confirms that a page of this server sent the form. Call `refuse_from_elsewhere` before."""
    return request.environ.get("HTTP_SEC_FETCH_SITE") == "same-origin" or "HTTP_ORIGIN" in request.environ


def refuse_from_elsewhere(request: Request) -> None:
    """Raise 403 for a form that a page of another origin caused the browser to send."""
    environ = request.environ
    if is_from_elsewhere(
        site=environ.get("HTTP_SEC_FETCH_SITE"),
        origin=environ.get("HTTP_ORIGIN"),
        hosts=(environ.get("HTTP_HOST", ""), urlsplit(services().settings.public_url).netloc),
    ):
        raise Forbidden(ELSEWHERE)


def check_form(request: Request, token: str) -> None:
    """Raise 403 for a form that was made for another browser, or for another session of this one."""
    if not is_form_token(form_owner(request), token):
        raise Forbidden(OUT_OF_DATE)


def _name(request: Request, name: str) -> str:
    """The name of a cookie: that of a space carries its id, since browsers send the server's own cookies there too."""
    return f"{name}-{request.space.id}" if request.space else name


@lru_cache(maxsize=256)
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|;)[ \t]*{re.escape(name)}[ \t]*=[ \t]*([^; \t]*)")


def _idle() -> timedelta:
    return timedelta(minutes=services().settings.session_idle_minutes)


def _cookie(name: str, token: str, request: Request) -> str:
    # Without Expires, the browser forgets the cookie when it closes.
    return dump_cookie(
        name,
        token,
        max_age=None if token else 0,
        path=urlsplit(link_prefix()).path or "/",
        secure=request.over_tls,
        httponly=True,
        samesite="Strict",
    )


def _note_use(digest: bytes, last_used_at: str) -> None:
    moment = now()
    if last_used_at > timestamp(moment - LAST_USED_EVERY):
        return
    try:
        with database().transaction(at_once=True) as db:
            sessions.mark_session_used(db, digest, timestamp(moment))
    except (Unavailable, LostRace):
        pass  # the session ends a little earlier; the request must not fail because of it
