"""The visitor of a page, for its header."""

from dataclasses import dataclass
from urllib.parse import quote

from api.rules.accounts import Account
from api.web.auth import browser_account
from api.web.request import Request
from api.web.sessions import own_form_token


@dataclass(frozen=True, slots=True)
class Visitor:
    """The visitor of a page: the account, the token for forms, and the path to return to after signing in."""

    account: Account | None
    token: str
    back: str

    @property
    def leaves(self) -> bool:
        """Whether there is a session to end."""
        return self.account is not None and self.account.by_session

    @property
    def sign_in(self) -> str:
        """The path of the sign-in, which returns to this page."""
        return f"/sign-in?next={quote(self.back, safe='/')}"


def visitor(request: Request, back: str, *, forms: bool = False) -> Visitor:
    """The visitor of the current request; `forms` says whether the page has forms besides the one to sign out."""
    account = request.account
    if account is None and not request.takes_session and request.environ.get("HTTP_AUTHORIZATION") is None:
        # An unknown path is refused before anybody is identified. Its page depends on the cookie too (Vary).
        request.takes_session = True
        account = browser_account(request)
    needs_token = forms or (account is not None and account.by_session)
    return Visitor(account, own_form_token() if needs_token else "", back)
