"""A page of another site cannot change or read anything with a browser that is signed in here (CONTRACT §1)."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page

from api.store.audit import audit
from api.store.database import Database
from tests.pages import elsewhere
from tests.pages.elsewhere import Elsewhere
from tests.pages.visitors import Visitor, last_change, read
from tests.servers import Server

pytestmark = pytest.mark.one_database

# `127.0.0.1` is the same site with another port, where SameSite has no effect; `localhost` is another site.
PLACES = ["127.0.0.1", "localhost"]
ENCTYPES = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "", "Origin": "https://evil.test"},
    {"Sec-Fetch-Site": "", "Origin": "null"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.test"},
    {"Sec-Fetch-Site": "none", "Origin": "http://localhost"},
]


# By HTTP alone


@pytest.mark.parametrize("fields", FOREIGN, ids=str)
def test_a_form_from_another_site_is_403_even_with_its_token(
    visitor: Visitor, store: Database, fields: dict[str, str]
) -> None:
    page = visitor.page("/articles")
    before = last_change(store)
    headers = {name: value for name, value in fields.items() if value}
    if not fields["Sec-Fetch-Site"]:
        del visitor.http.headers["Sec-Fetch-Site"]
    for form in (page.form("POST"), page.forms[0]):
        answer = visitor.send(form, title="Forged", body="", headers=headers)
        assert answer.status_code == 403
        # The page does not show the foreign values as if the person had typed them.
        assert "Forged" not in answer.text
        assert "another site" in read(answer).text("main")
    assert last_change(store) == before


@pytest.mark.crossed
@pytest.mark.parametrize("path", ["/pages/articles", "/sign-out", "/sign-in"])
@pytest.mark.parametrize("token", [None, "", "x", "A" * 43, "é", "another's"])
def test_a_form_without_the_token_of_its_session_is_403(
    visitor: Visitor, stranger: Visitor, store: Database, path: str, token: str | None
) -> None:
    form = visitor.page("/sign-in").forms[-1] if path == "/sign-in" else visitor.page("/articles").form("POST")
    form.action = path
    if path == "/sign-out":
        form.fields, form.enctype = {}, ""
    if token == "another's":
        token = stranger.page("/sign-in").forms[-1].fields["_token"][0]
    before = last_change(store)
    filled = {"/pages/articles": {"title": "Forged", "body": ""}, "/sign-in": {"username": "john", "password": "john"}}
    answer = visitor.send(form, _token=token, **filled.get(path, {}))
    assert answer.status_code == 403
    assert last_change(store) == before
    assert visitor.get("/users/me").status_code == 200


def test_a_form_without_a_cookie_is_403(visitor: Visitor, store: Database) -> None:
    form = visitor.page("/articles").form("POST")
    visitor.http.cookies.clear()
    before = last_change(store)
    assert visitor.send(form, title="Forged", body="").status_code == 403
    assert last_change(store) == before


def test_a_form_with_a_remembered_basic_login_is_403(server: Server, store: Database) -> None:
    visitor = Visitor(server)
    visitor.http.auth = httpx.BasicAuth("john", "john")
    form = visitor.page("/articles").form("POST")
    before = last_change(store)
    for headers in ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}, {"Sec-Fetch-Site": "same-site"}):
        assert visitor.send(form, title="Forged", body="", headers=headers).status_code == 401
    assert visitor.send(form, title="Forged", body="", _token="x").status_code == 403
    assert last_change(store) == before
    assert visitor.send(form, title="By John", body="").status_code == 303
    visitor.http.close()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/pages/articles", "/sign-out"])
def test_only_post_has_an_effect(visitor: Visitor, store: Database, path: str, method: str) -> None:
    before = last_change(store)
    query = "?_method=POST&title=Forged&body="
    assert visitor.http.request(method, path + query).status_code == 405
    assert last_change(store) == before
    assert visitor.get("/users/me").status_code == 200


# In a browser


@pytest.fixture
def there() -> Iterator[Elsewhere]:
    """The other server."""
    with elsewhere.running() as found:
        yield found


@pytest.fixture
def context(browser: Browser, server: Server, account: dict[str, Any]) -> Iterator[BrowserContext]:
    """A browser that is signed in to the server."""
    found = browser.new_context()
    page = found.new_page()
    page.goto(f"{server.url}/sign-in")
    page.get_by_label("User name").fill(account["username"])
    page.get_by_label("Password").fill(account["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{server.url}/")
    page.close()
    yield found
    found.close()


def is_signed_in(context: BrowserContext, server: Server) -> bool:
    """Whether the browser's cookies sign it in: a request without a page takes a tenth of the time."""
    typed = {"Accept": "text/html", "Sec-Fetch-Site": "none"}
    return context.request.get(f"{server.url}/users/me", headers=typed).status == 200


def changes(store: Database, account: dict[str, Any]) -> list[str]:
    """The changes of the account in the audit trail."""
    with store.reading() as db:
        mine = sa.select(audit.c.action).where(audit.c.user_id == account["id"]).order_by(audit.c.id)
        return list(db.execute(mine).scalars())


def lure(context: BrowserContext, there: Elsewhere, place: str, source: str) -> Page:
    """Open a page of the other server with this content."""
    there.page = f"<!doctype html><title>Elsewhere</title>{source}"
    page = context.new_page()
    page.goto(there.url(place))
    return page


def forged(action: str, enctype: str, **fields: str) -> str:
    """A form that submits itself."""
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    form = f'<form id="f" method="post" action="{action}" enctype="{enctype}">{inputs}</form>'
    return f"{form}<script>document.getElementById('f').submit()</script>"


@pytest.mark.parametrize(
    ("place", "enctype"),
    [
        *((place, ENCTYPES[0]) for place in PLACES),
        *(pytest.param(place, enctype, marks=pytest.mark.slow) for place in PLACES for enctype in ENCTYPES[1:]),
    ],
)
def test_a_self_submitting_form_of_another_site_changes_nothing(
    server: Server, context: BrowserContext, there: Elsewhere, store: Database, account, place: str, enctype: str
) -> None:
    # Any page can have this: a token that was created for another visitor.
    stranger = Visitor(server)
    token = stranger.page("/sign-in").forms[-1].fields["_token"][0]
    stranger.http.close()
    for path, fields in (
        ("/pages/articles", {"_method": "POST", "_token": token, "title": "Forged", "body": ""}),
        ("/pages/users/me", {"_method": "DELETE", "_token": token}),
        ("/sign-out", {"_token": token}),
        ("/sign-in", {"_token": token, "username": "steve", "password": "steve", "next": "/"}),
    ):
        page = lure(context, there, place, forged(server.url + path, enctype, **fields))
        page.wait_for_url(f"{server.url}{path}")
        assert page.locator("h1").text_content() in ("Forbidden", "Sign in", "Unsupported media type")
        page.close()
        assert changes(store, account) == ["sign-in"]
        assert is_signed_in(context, server)


@pytest.mark.crossed
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("mode", ["no-cors", "cors"])
def test_a_script_of_another_site_changes_nothing_and_reads_nothing(
    server: Server, context: BrowserContext, there: Elsewhere, store: Database, account, place: str, mode: str
) -> None:
    page = lure(context, there, place, "")
    told = page.evaluate(
        """async ([url, mode]) => {
            const said = [];
            const ask = async (path, options) => {
                try {
                    const answer = await fetch(url + path, {credentials: "include", mode, ...options});
                    said.push([answer.type, answer.status, await answer.text()]);
                } catch (error) { said.push(["error", 0, ""]); }
            };
            const form = new URLSearchParams({_method: "POST", title: "Forged", body: "", _token: "x"});
            await ask("/pages/articles", {method: "POST", body: form});
            await ask("/sign-out", {method: "POST", body: new URLSearchParams({_token: "x"})});
            await ask("/articles", {headers: {Accept: "text/html"}});
            await ask("/sign-in", {});
            return said;
        }""",
        [server.url, mode],
    )
    # A script reads nothing with the cookie: the answer is opaque or missing, because no answer allows credentials.
    assert {(kind, text) for kind, _, text in told} <= {("opaque", ""), ("error", "")}, json.dumps(told)
    page.close()
    assert changes(store, account) == ["sign-in"]
    assert is_signed_in(context, server)


OTHER_LINKS = ("/users", "/", "/nothing", "/secrets", "/pages/articles")


@pytest.mark.crossed
@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-out", *(pytest.param(path, marks=pytest.mark.slow) for path in OTHER_LINKS)]
)
@pytest.mark.parametrize("place", PLACES)
def test_a_link_from_another_site_signs_nobody_out(
    server: Server, context: BrowserContext, there: Elsewhere, store: Database, account, place: str, path: str
) -> None:
    """The browser follows it without the cookie; an answer must not replace that cookie."""
    page = lure(context, there, place, f'<a href="{server.url}{path}">Go</a>')
    page.get_by_role("link").click()
    page.wait_for_url(f"{server.url}{path}")
    page.close()
    assert is_signed_in(context, server)
    assert changes(store, account) == ["sign-in"]


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_images_links_and_frames_of_another_site_change_nothing(
    server: Server, context: BrowserContext, there: Elsewhere, store: Database, account, place: str
) -> None:
    paths = ("/pages/articles?_method=POST&title=Forged&body=", "/sign-out", "/pages/users/me?_method=DELETE")
    images = "".join(f'<img src="{server.url}{path}" alt="">' for path in paths)
    page = lure(context, there, place, f'{images}<iframe src="{server.url}/users/me"></iframe>')
    page.wait_for_load_state("networkidle")
    framed = [frame.url for frame in page.frames[1:]]
    # Frames are forbidden, which prevents clickjacking.
    assert [url for url in framed if url.startswith(server.url)] == []
    page.close()
    assert changes(store, account) == ["sign-in"]
    assert is_signed_in(context, server)
