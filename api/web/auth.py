"""Authentication and authorization: the calls that a resource makes in its methods (CONTRACT §9).

    author = signed_in("articles:write")   # 401 403
    admin = admin_only()                   # 401 403
    owner_only(article["author_id"])       # 403

`identify` runs before every method: wrong credentials are refused
on public resources too.
"""

from contextlib import suppress
from hmac import compare_digest

from api.rules import environ_keys
from api.rules.accounts import DEVELOPMENT_PASSWORDS, Account
from api.rules.addresses import is_loopback
from api.rules.authorization import (
    ANY_SCHEME,
    INVALID_REQUEST,
    INVALID_TOKEN,
    PASSWORD,
    TOKEN,
    Basic,
    Bearer,
    Challenge,
    insufficient_scope,
    read_authorization,
)
from api.rules.clock import present
from api.rules.cors import is_unasked
from api.rules.passwords import VerifiedPasswords
from api.rules.problems import (
    Forbidden,
    InsufficientScope,
    InvalidHeader,
    InvalidToken,
    Unauthenticated,
    Unavailable,
)
from api.rules.tokens import token_digest
from api.store import accounts
from api.store.database import LostRace, PassingFailure
from api.web import throttling
from api.web.request import Request, current_request
from api.web.sessions import account_of_session
from api.web.storage import database, reading

# The same sentence for every failed password login, so that it does not reveal which accounts exist.
REMEMBERED = (
    "A page of another site sent this, perhaps with a login that the browser remembers: send a token, or another type."
)
NOT_VERIFIED = "The user name and password are not those of an account."


def identify(request: Request) -> None:
    """Find the account of the request, and set `request.account`. The log gets its id, and the journal its name.

    Raises InvalidHeader (400) for two fields, InvalidToken or Unauthenticated
    (401) for bad credentials, and RateLimited (429) after too many failures.
    """
    request.account = _account(request)
    if request.account:
        request.environ[environ_keys.ACCOUNT_ID] = request.account.id
        request.environ[environ_keys.ACCOUNT_NAME] = request.account.username


def _account(request: Request) -> Account | None:
    """Return the account of the Authorization field, or of the session if there is no such field."""
    field: str | None = request.environ.get("HTTP_AUTHORIZATION")
    if field is None:
        return account_of_session(request, well_known=_lets_developers_in(request)) if request.takes_session else None
    if "," in field and sum(name == "authorization" for name, _ in request.sent_fields) > 1:
        raise InvalidHeader(
            errors=[{"header": "Authorization", "code": "repeated", "detail": "Send this field only once."}],
            headers=INVALID_REQUEST,
        )
    match read_authorization(field):
        case Basic() as sent:
            return _by_password(sent, request)
        case Bearer() as sent:
            return _by_token(sent, request)
    raise Unauthenticated("This server does not support the scheme of the Authorization field.", headers=ANY_SCHEME)


def _by_password(sent: Basic, request: Request) -> Account:
    environ = request.environ
    if is_unasked(
        request.method,
        environ.get("CONTENT_TYPE", ""),
        site=environ.get("HTTP_SEC_FETCH_SITE"),
        origin=environ.get("HTTP_ORIGIN"),
        host=environ.get("HTTP_HOST"),
    ):
        raise Unauthenticated(REMEMBERED, headers=TOKEN)
    if sent.too_long:
        raise Unauthenticated(NOT_VERIFIED, headers=PASSWORD)  # no account has such a password, and a hash takes 25 ms
    return verified_login(sent.username or "", sent.password or "", request)


def verified_login(username: str, password: str, request: Request, *, challenge: Challenge = PASSWORD) -> Account:
    """Return the account of a user name and a password.

    Raises RateLimited (429) after too many failures, and Unauthenticated (401) with `challenge` for any other failure.
    """
    throttling.check_logins(username, request)  # 429
    with reading() as db:
        found = accounts.find_login(db, username, well_known=_lets_developers_in(request))
    account, password_hash = found or (None, None)
    verified: VerifiedPasswords = request.app.services.passwords
    if account is None or not verified.remembers(password, password_hash):
        with throttling.attempted_login(username, request):  # 429
            if not verified.fits(password, password_hash) or account is None:
                raise Unauthenticated(NOT_VERIFIED, headers=challenge)
    return account


def _by_token(sent: Bearer, request: Request) -> Account | None:
    """Return the account of a token; None for the token of a space that the request controls."""
    digest, moment = token_digest(sent.token), present()
    if digest is not None and request.space and compare_digest(digest, request.space.token_digest):
        return _admin_of_space()
    found = None
    if digest is not None:
        with reading() as db:
            found = accounts.find_token(db, digest, moment, well_known=_lets_developers_in(request))
    if found is None and digest is not None and request.resource.in_registry:
        spaces = request.app.services.spaces
        request.controls = spaces.of_token(digest) if spaces else None
        if request.controls is not None:
            return None
    if found is None:
        raise InvalidToken(headers=INVALID_TOKEN)
    account, noted = found
    if not noted:
        _note_use(account, moment)
    return account


def _admin_of_space() -> Account:
    with reading() as db:
        found = accounts.find_admin(db)
    if found is None:
        raise InvalidToken("The space has no account admin any more.", headers=INVALID_TOKEN)
    return found


def _lets_developers_in(request: Request) -> bool:
    """Whether accounts with well-known passwords may sign in: only in development, and only from this machine.

    `run.py serve` listens only on loopback in development, but other servers can be configured to listen anywhere.
    """
    settings = request.app.services.settings
    if not settings.development:
        return False
    return settings.expose_development_accounts or is_loopback(request.environ.get("REMOTE_ADDR", ""))


def _note_use(account: Account, moment: str) -> None:
    try:
        with database().transaction(at_once=True) as db:
            accounts.mark_used(db, account.token_id or 0, moment)
    except (Unavailable, LostRace):
        pass  # it is only information for people; the request must not fail because of it


def development_accounts() -> list[tuple[str, str]]:
    """Return the user names and passwords of the development accounts that this client can sign in with now."""
    if not _lets_developers_in(current_request()):
        return []
    with reading() as db:
        names = accounts.well_known_usernames(db)
    return [(name, DEVELOPMENT_PASSWORDS[name]) for name in names if name in DEVELOPMENT_PASSWORDS]


def browser_account(request: Request) -> Account | None:
    """Return the account of the browser's session, for the header of a page that was refused before `identify`."""
    with suppress(Unavailable, PassingFailure):
        return account_of_session(request, well_known=_lets_developers_in(request))
    return None


def reader() -> Account | None:
    """Return the account of the request, or None if the client is not signed in."""
    return current_request().account


def signed_in(*scopes: str) -> Account:
    """Return the account of the request. Raises 401 if not signed in, and 403 if a token lacks one of these scopes."""
    account = reader()
    if account is None:
        raise Unauthenticated(headers=ANY_SCHEME)
    if account.lacks(scopes):
        raise InsufficientScope(required_scopes=list(scopes), headers=insufficient_scope(scopes))
    return account


def admin_only() -> Account:
    """Return the administrator of the request. Raises 401 if not signed in, and 403 for all other accounts."""
    account = signed_in()
    if account.role != "admin":
        raise Forbidden("This is for administrators.")
    return signed_in("admin")


def owner_only(owner_id: int | None) -> None:
    """Raise 403 unless the signed-in account owns this or is an administrator."""
    if not signed_in().may_change(owner_id):
        raise Forbidden("This belongs to another account.")


def password_only(why: str) -> None:
    """Raise 403 for an account that signed in by a token or a session. `why` says what requires the password."""
    if not signed_in().by_password:
        raise Forbidden(why)
