"""The interactive reference at `/docs`, in a real browser: it works, and loads nothing from other hosts (BRIEF 11)."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.servers import Server

pytestmark = pytest.mark.one_database

HTML = {"Accept": "text/html"}
ARTICLES = "#operations-tag-articles"
TOKENS = "#operations-tag-tokens"
READ_ARTICLE = "#operations-articles-get_articles_item"
MAKE_TOKEN = "#operations-tokens-post_tokens"


def drawn(server: Server, browser: Browser) -> Iterator[Page]:
    """The rendered reference; requests to other hosts, and errors in the console, fail the tests."""
    context = browser.new_context()
    page = context.new_page()
    hosts: set[str] = set()
    faults: list[str] = []
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]) if "://" in request.url else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{server.url}/docs")
    expect(page.locator(ARTICLES)).to_be_visible()
    yield page
    context.close()
    assert hosts == {server.url.removeprefix("http://")}
    assert faults == []


@pytest.fixture(scope="module")
def shared(server: Server, browser: Browser) -> Iterator[Page]:
    """One reference for all tests without signing in, because rendering takes seconds."""
    yield from drawn(server, browser)


@pytest.fixture
def page(shared: Page) -> Iterator[Page]:
    """The reference, with everything collapsed."""
    yield shared
    for heading in shared.locator(".opblock-tag[data-is-open=true]").all():
        heading.click()


@pytest.fixture
def page_to_sign_in(server: Server, browser: Browser) -> Iterator[Page]:
    """A separate reference, because it remembers the sign-in."""
    yield from drawn(server, browser)


@pytest.mark.slow
def test_it_shows_every_operation(page: Page, anonymous: httpx.Client) -> None:
    document = anonymous.get("/openapi.json").json()
    operations = (each for item in document["paths"].values() for each in item.values())
    ids = [each["operationId"] for each in operations if "operationId" in each]
    shown = []
    for heading in page.locator(".opblock-tag").all():
        heading.click()
        expect(page.locator(".opblock").first).to_be_visible()
        shown += page.locator(".opblock").evaluate_all("blocks => blocks.map(block => block.id)")
        heading.click()
        expect(page.locator(".opblock")).to_have_count(0)
    assert len(shown) == len(ids)
    assert all(any(place.endswith(f"-{each}") for place in shown) for each in ids)


def test_try_it_out_shows_the_answer(page: Page) -> None:
    page.locator(ARTICLES).click()
    block = page.locator(READ_ARTICLE)
    block.locator(".opblock-summary-control").click()
    block.get_by_placeholder("article_id").fill("1")
    block.get_by_role("button", name="Execute").click()
    answered = block.locator(".live-responses-table .response-col_status").last
    expect(answered).to_have_text(re.compile("^200"))


def test_signing_in_allows_writing(page_to_sign_in: Page) -> None:
    page = page_to_sign_in
    page.get_by_role("button", name="Authorize").click()
    dialog = page.locator(".dialog-ux")
    dialog.get_by_label("auth-basic-username").fill("john")
    dialog.get_by_label("auth-basic-password").fill("john")
    dialog.get_by_role("button", name="Apply credentials").first.click()
    dialog.get_by_role("button", name="Close").last.click()
    page.locator(TOKENS).click()
    block = page.locator(MAKE_TOKEN)
    block.locator(".opblock-summary-control").click()
    block.locator("textarea").first.fill("{}")
    block.get_by_role("button", name="Execute").click()
    answered = block.locator(".live-responses-table .response-col_status").last
    expect(answered).to_have_text(re.compile("^201"))


@pytest.mark.slow
def test_a_401_is_shown_without_a_password_prompt(page: Page) -> None:
    page.locator(TOKENS).click()
    block = page.locator(MAKE_TOKEN)
    block.locator(".opblock-summary-control").click()
    block.locator("textarea").first.fill("{}")
    block.get_by_role("button", name="Execute").click()
    answered = block.locator(".live-responses-table .response-col_status").last
    expect(answered).to_have_text(re.compile("^401"))


def test_without_javascript_it_lists_every_operation(server: Server, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.url}/docs")
    expect(page.get_by_role("row").filter(has_text="PATCH").filter(has_text="/articles/{article_id}")).to_be_visible()
    context.close()


def test_scripts_of_other_hosts_do_not_run(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/docs", headers=HTML)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "http" not in re.sub(r'href="https?://127\.0\.0\.1[^"]*"', "", answer.text)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("swagger-ui.css", "text/css; charset=utf-8"),
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("start.js", "text/javascript; charset=utf-8"),
    ],
)
def test_browsers_cache_its_files_until_they_change(anonymous: httpx.Client, name: str, content_type: str) -> None:
    answer = anonymous.get(f"/docs/{name}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)
    assert answer.headers["Cache-Control"] == "public, no-cache"
    again = anonymous.get(f"/docs/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["index.html", "swagger-ui.js", "VERSION", "LICENSE"])
def test_no_other_file_is_served(anonymous: httpx.Client, name: str) -> None:
    assert anonymous.get(f"/docs/{name}").status_code == 404


def test_json_has_links_to_the_documents(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/docs", headers={"Accept": "application/json"})
    assert answer.headers["Content-Type"] == "application/json"
    for place in answer.json().values():
        assert anonymous.get(place).status_code == 200


def test_head_and_options_are_behind_a_switch(page: Page) -> None:
    page.locator(ARTICLES).click()
    expect(page.locator(READ_ARTICLE)).to_be_visible()
    rare = page.locator(".opblock-head, .opblock-options")
    assert rare.count() > 0
    expect(rare.first).to_be_hidden()
    switch = page.get_by_label("Show HEAD and OPTIONS too")
    switch.check()
    expect(rare.first).to_be_visible()
    switch.uncheck()
    expect(rare.first).to_be_hidden()


@pytest.mark.slow
def test_it_is_dark_in_the_dark_and_leads_back(page: Page) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html.dark-mode")).to_be_attached()
    assert page.evaluate(background) == "rgb(16, 21, 27)"
    page.emulate_media(color_scheme="light")
    expect(page.locator("html.dark-mode")).not_to_be_attached()
    expect(page.get_by_role("link", name="Home")).to_have_attribute("href", "/")
