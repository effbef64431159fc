"""Signing in and out for people with a browser. Programs send credentials with each request instead.

curl -i http://127.0.0.1:8000/sign-in
"""

from http import HTTPStatus
from typing import Annotated, Any

from pydantic import Field

from api.describe.pages import page, policy
from api.describe.visitors import visitor
from api.kit import (
    Answer,
    Forbidden,
    RequestParser,
    Resource,
    Strict,
    Unauthenticated,
    answers,
    audited,
    current_request,
    link_prefix,
    reader,
    representations,
    transaction,
)
from api.rules.authorization import TOKEN
from api.rules.forms import LONGEST_PATH, own_path
from api.rules.media import HTML
from api.web import sessions
from api.web.auth import development_accounts, verified_login
from api.web.representations import Links

# Characters of a user name or a password: more than the limit of either.
LONGEST = 1024

Token = Annotated[str, Field(alias="_token", max_length=100)]
Next = Annotated[str, Field(max_length=LONGEST_PATH)]


class SignInQuery(Strict):
    """The path of this server to go to afterwards."""

    next: Next = "/"


class SignInForm(Strict):
    """The credentials, the path to go to afterwards, and the CSRF token."""

    username: Annotated[str, Field(max_length=LONGEST, examples=["ada"])]
    password: Annotated[str, Field(max_length=LONGEST, examples=["correct horse"])]
    next: Next = "/"
    token: Token = ""


class SignOutForm(Strict):
    """The CSRF token."""

    token: Token = ""


class SignInOut(Strict):
    """The signed-in account; null without one."""

    username: str | None


def sign_in_page(back: str, *, username: str = "", problem: Any = None) -> bytes:
    """Return the page with the form."""
    request = current_request()
    return page(
        "sign_in.html",
        prefix=link_prefix(),
        visitor=visitor(request, back, forms=True),
        back=back,
        username=username,
        problem=problem,
        wrong=isinstance(problem, Unauthenticated),
        longest=LONGEST,
        accounts=development_accounts(),
    )


def as_page(data: Any, noun: str, links: Links) -> bytes:
    """The page with the form, for a request."""
    return sign_in_page(own_path(current_request().args.get("next", "/")) or "/")


def led_on(path: str, username: str | None) -> Answer:
    """Redirect a browser to this path; return the signed-in account to a program."""
    if current_request().representation == HTML:
        return None, HTTPStatus.SEE_OTHER, {"Location": link_prefix() + path}
    return {"username": username}, HTTPStatus.OK, {}


class SignIn(Resource):
    """The sign-in for people with a browser."""

    paths = ("/sign-in",)
    offers = {**representations.ITEM, HTML: as_page}
    caching = "no-store"
    prefers = False
    for_forms = True
    query = RequestParser(SignInQuery, location="args")
    form = RequestParser(SignInForm, location="form")

    @answers(200, SignInOut, asks=query)
    def get(self) -> Answer:
        """Read the signed-in account; in a browser, sign in."""
        self.query.parse_args()
        account = reader()
        fields = {"Content-Security-Policy": policy()} if current_request().representation == HTML else {}
        return {"username": account.username if account else None}, HTTPStatus.OK, fields

    @answers(200, SignInOut, takes=form, refuses=[Forbidden], also=[303])
    def post(self) -> Answer:
        """Sign a browser in with user name and password. Its session cookie works for pages only."""
        request = current_request()
        sessions.refuse_from_elsewhere(request)  # 403
        request.page = lambda problem, _document: sign_in_page("/", problem=problem)
        sent = self.form.parse_args()  # 400 413 415 422
        back, username = own_path(sent["next"]) or "/", sent["username"]
        request.page = lambda problem, _document: sign_in_page(back, username=username, problem=problem)
        sessions.check_form(request, sent["_token"])  # 403
        # For a Basic challenge, the browser would show its own dialog.
        request.account = verified_login(username, sent["password"], request, challenge=TOKEN)  # 401 429
        with transaction() as db:
            token = sessions.start_session(db, request, request.account)
            audited(db, "sign-in", self.place())
        sessions.give_cookie(request, token)
        return led_on(back, request.account.username)


class SignOut(Resource):
    """The sign-out for people with a browser."""

    paths = ("/sign-out",)
    offers = SignIn.offers
    caching = "no-store"
    prefers = False
    for_forms = True
    form = RequestParser(SignOutForm, location="form")

    @answers(200, SignInOut, takes=form, refuses=[Forbidden], also=[303])
    def post(self) -> Answer:
        """Sign a browser out."""
        request = current_request()
        sessions.refuse_from_elsewhere(request)  # 403
        sent = self.form.parse_args()  # 400 413 415 422
        sessions.check_form(request, sent["_token"])  # 403
        with transaction() as db:
            if sessions.end_session(db, request):
                audited(db, "sign-out", self.place())
        sessions.give_cookie(request, "")
        return led_on("/", None)
