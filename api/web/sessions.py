"""Sessions of people with a browser: a cookie that counts for pages and their forms alone (CONTRACT §1).

Who is not signed in has another cookie, by which the forms that were made for that browser are known. Were it the
same one, a link from another site would sign people out: the browser follows it without the cookie, and gets a new one.
"""

import re
from datetime import timedelta
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
from api.web.request import Request, current_request, services
from api.web.storage import database, reading

SESSION = "session"
VISITOR = "visitor"
_COOKIES = {name: re.compile(rf"(?:^|;)[ \t]*{name}[ \t]*=[ \t]*([^; \t]*)") for name in (SESSION, VISITOR)}
ELSEWHERE = "A page of another site sent this form."
OUT_OF_DATE = "This form is out of date. Look it over, and send it again."


def cookie_of(request: Request, name: str = SESSION) -> str | None:
    """What a cookie says; None where there is none of its form, or more than one: one of them was planted."""
    # Werkzeug's parser would unquote and decode every cookie: the field may hold 16 KiB of those of other applications.
    sent = _COOKIES[name].findall(request.environ.get("HTTP_COOKIE", ""))
    return sent[0] if len(sent) == 1 and token_digest(sent[0]) else None


def form_owner(request: Request) -> str | None:
    """The cookie that the forms of this browser are known by."""
    return cookie_of(request) or cookie_of(request, VISITOR)


def account_of_session(request: Request, *, well_known: bool) -> Account | None:
    """The account that the browser is signed in as. `well_known` lets development accounts in."""
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
    """Start a session of this account, end the browser's other one, and give what its cookie is to say.

    It is always something new: who knew the old cookie, or planted it, knows nothing.
    Raises LostRace where the account has changed.
    """
    if not is_unchanged(db, account):
        raise LostRace  # a new password ends all sessions, also those that are being started with the old one
    end_session(db, request)
    token = new_token()
    sessions.start_session(db, account, token_digest(token) or b"")
    return token


def end_session(db: Connection, request: Request) -> bool:
    """End the browser's session, if it has one; say whether it had."""
    digest = token_digest(cookie_of(request))
    return digest is not None and sessions.end_session(db, digest)


def give_cookie(request: Request, token: str, name: str = SESSION) -> None:
    """Let the answer set a cookie of the browser; an empty one takes it away."""
    request.new_cookie = _cookie(name, token, request)


def own_form_token() -> str:
    """The token for the forms of the page that is being made; a browser that has no cookie yet is given one with it."""
    request = current_request()
    owner = request.form_owner or form_owner(request)
    if owner is None:
        owner = new_token()
        give_cookie(request, owner, VISITOR)
    request.form_owner = owner
    return form_token(owner)


def is_from_own_page(request: Request) -> bool:
    """Whether a browser vouches that a page of this server sent the form; after `refuse_from_elsewhere`."""
    return request.environ.get("HTTP_SEC_FETCH_SITE") == "same-origin" or "HTTP_ORIGIN" in request.environ


def refuse_from_elsewhere(request: Request) -> None:
    """Refuse with 403 a form that a page of another origin made the browser send."""
    environ = request.environ
    if is_from_elsewhere(
        site=environ.get("HTTP_SEC_FETCH_SITE"),
        origin=environ.get("HTTP_ORIGIN"),
        hosts=(environ.get("HTTP_HOST", ""), urlsplit(services().settings.public_url).netloc),
    ):
        raise Forbidden(ELSEWHERE)


def check_form(request: Request, token: str) -> None:
    """Refuse with 403 a form that was not made for this browser, signed in as it is."""
    if not is_form_token(form_owner(request), token):
        raise Forbidden(OUT_OF_DATE)


def _idle() -> timedelta:
    return timedelta(minutes=services().settings.session_idle_minutes)


def _cookie(name: str, token: str, request: Request) -> str:
    # Without Expires the browser forgets it when it is closed.
    public = urlsplit(services().settings.public_url)
    return dump_cookie(
        name,
        token,
        max_age=None if token else 0,
        path=(public.path if public.scheme else request.environ.get("SCRIPT_NAME")) or "/",
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
        pass  # the session ends a little early, and the request is not to fail for it
