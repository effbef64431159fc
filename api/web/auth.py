"""Who asks, and whether they may: the words that a resource says in its methods (CONTRACT §9).

    author = signed_in("articles:write")   # 401 403
    admin = admin_only()                   # 401 403
    owner_only(article["author_id"])       # 403

`identify` has run before any method: credentials that are sent and wrong are
refused on public resources too.
"""

from api.rules import environ_keys
from api.rules.accounts import Account
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
from api.store.database import LostRace
from api.web import throttling
from api.web.request import Request, current_request
from api.web.sessions import account_of_session
from api.web.storage import database, reading

# One sentence for everything that a password login can fail by: none of them tells which accounts there are.
REMEMBERED = (
    "A page of another site sent this, perhaps with a login that the browser remembers: send a token, or another type."
)
NOT_VERIFIED = "The user name and password are not those of an account."


def identify(request: Request) -> None:
    """Find out who asks, and put it into `request.account`; the log is told the number.

    Raises InvalidHeader (400) for two fields, InvalidToken or Unauthenticated
    (401) for credentials that are not good, RateLimited (429) where too many failed before.
    """
    request.account = _account(request)
    if request.account:
        request.environ[environ_keys.ACCOUNT_ID] = request.account.id


def _account(request: Request) -> Account | None:
    """The account by the Authorization field, or else by a session."""
    field: str | None = request.environ.get("HTTP_AUTHORIZATION")
    if field is None:
        return account_of_session(request, well_known=_lets_developers_in(request)) if request.takes_session else None
    if "," in field and sum(name == "authorization" for name, _ in request.sent_fields) > 1:
        raise InvalidHeader(
            errors=[{"header": "Authorization", "code": "repeated", "detail": "This field may stand once."}],
            headers=INVALID_REQUEST,
        )
    match read_authorization(field):
        case Basic() as sent:
            return _by_password(sent, request)
        case Bearer() as sent:
            return _by_token(sent, request)
    raise Unauthenticated("The scheme of the Authorization field is not known here.", headers=ANY_SCHEME)


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
        raise Unauthenticated(NOT_VERIFIED, headers=PASSWORD)  # no account has it, and a hash takes 25 ms
    return verified_login(sent.username or "", sent.password or "", request)


def verified_login(username: str, password: str, request: Request, *, challenge: Challenge = PASSWORD) -> Account:
    """The account of a user name and a password.

    Raises RateLimited (429) where too many failed before, Unauthenticated (401), with `challenge`, for all else.
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


def _by_token(sent: Bearer, request: Request) -> Account:
    digest, moment = token_digest(sent.token), present()
    found = None
    if digest is not None:
        with reading() as db:
            found = accounts.find_token(db, digest, moment, well_known=_lets_developers_in(request))
    if found is None:
        raise InvalidToken(headers=INVALID_TOKEN)
    account, noted = found
    if not noted:
        _note_use(account, moment)
    return account


def _lets_developers_in(request: Request) -> bool:
    """Whether accounts whose passwords everybody knows may sign in: in development, and from this machine only.

    `run.py serve` listens on loopback there; another server may be told to listen anywhere.
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
        pass  # a note for people: the request is not to fail for it


def reader() -> Account | None:
    """The account that asks; None for one who is not signed in."""
    return current_request().account


def signed_in(*scopes: str) -> Account:
    """The account that asks; refuse with 401 who is not signed in, and with 403 a token without these scopes."""
    account = reader()
    if account is None:
        raise Unauthenticated(headers=ANY_SCHEME)
    if account.lacks(scopes):
        raise InsufficientScope(required_scopes=list(scopes), headers=insufficient_scope(scopes))
    return account


def admin_only() -> Account:
    """The administrator who asks; refuse with 401 who is not signed in, and with 403 anyone else."""
    account = signed_in()
    if account.role != "admin":
        raise Forbidden("This is for administrators.")
    return signed_in("admin")


def owner_only(owner_id: int | None) -> None:
    """Refuse with 403 a signed-in account that neither owns this nor is an administrator."""
    if not signed_in().may_change(owner_id):
        raise Forbidden("This belongs to somebody else.")


def password_only(why: str) -> None:
    """Refuse with 403 an account that is signed in by a token or a session: `why` says what needs the password."""
    if not signed_in().by_password:
        raise Forbidden(why)
