"""The pages of the auth lab in a real browser, and what a page of another site can read."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.elsewhere import Elsewhere, running
from tests.servers import Server
from tests.toolbox.lab import ASKED, exchange, lab

pytestmark = pytest.mark.one_database


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """The server of a client, whose pages may also misuse the browser."""
    with running() as found:
        found.page = "<title>Client</title><h1>Back at the client</h1>"
        yield found


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(base_url=server.url)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_person_approves_or_denies(server: Server, page: Page, elsewhere: Elsewhere, host: str) -> None:
    callback = elsewhere.url(host)
    asked = {**ASKED, "redirect_uri": callback, "scope": "profile email"}
    for button, member in (("Deny", "error"), ("Approve", "code")):
        page.goto(f"/httpbin/oauth/authorize?{urlencode(asked)}")
        expect(page.get_by_role("heading", name="Allow access?")).to_be_visible()
        expect(page.get_by_text("email", exact=True)).to_be_visible()
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("heading", name="Back at the client")).to_be_visible()
        told = parse_qs(urlsplit(page.url).query)
        assert told["state"] == ["s"]
        assert member in told
    with lab(server) as http:
        form = {**exchange(told["code"][0]), "redirect_uri": callback}
        assert http.post("/oauth/token", data=form).status_code == 200


def test_a_changed_page_is_out_of_date(server: Server) -> None:
    with lab(server) as http:
        answer = http.post("/oauth/authorize", data={"request": "x", "auto": "approve"})
        assert (answer.status_code, "out of date" in answer.text) == (400, True)
        assert http.get("/oauth/authorize", params={**ASKED, "auto": "maybe"}).status_code == 400


def test_a_person_signs_in_and_out_of_the_session_lab(page: Page) -> None:
    page.goto("/httpbin/session/sign-in")
    page.get_by_label("User").fill("postman")
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text('"user": "postman"')).to_be_visible()
    page.goto("/httpbin/session/sign-in")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/httpbin/session/sign-in")
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)


def test_a_page_of_another_site_cannot_use_the_session_lab(server: Server, page: Page, elsewhere: Elsewhere) -> None:
    page.goto("/httpbin/session/sign-in")
    elsewhere.page = (
        f'<form method="post" action="{server.url}/httpbin/session/sign-in">'
        '<input name="user" value="postman"><input name="password" value="password"><button>Win</button></form>'
    )
    page.goto(elsewhere.url("localhost"))
    with page.expect_navigation() as went:
        page.get_by_role("button", name="Win").click()
    assert went.value
    assert went.value.status == 403
    assert httpx.get(f"{server.url}/httpbin/session", trust_env=False).status_code == 401
