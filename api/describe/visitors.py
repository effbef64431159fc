"""Who looks at a page, as its head shows it."""

from dataclasses import dataclass
from urllib.parse import quote

from api.rules.accounts import Account
from api.web.request import Request
from api.web.sessions import own_form_token


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a page: the account, the token for the page's forms, and where signing in leads back to.

    `known` tells whether anybody looked: a path that names nothing is refused before that.
    """

    account: Account | None
    token: str
    back: str
    known: bool

    @property
    def leaves(self) -> bool:
        """Whether there is a session to sign out of."""
        return self.account is not None and self.account.by_session

    @property
    def sign_in(self) -> str:
        """The path of the sign-in, which leads back here."""
        return f"/sign-in?next={quote(self.back, safe='/')}"


def visitor(request: Request, back: str, *, forms: bool = False) -> Visitor:
    """Who looks at the page that is being made; `forms` tells whether it has forms beside the one to sign out."""
    account = request.account
    needs_token = forms or (account is not None and account.by_session)
    known = account is not None or request.takes_session
    return Visitor(account, own_form_token() if needs_token else "", back, known)
