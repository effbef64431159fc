"""Every page passes axe-core, in light and in dark, on a large and on a small screen."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.judges import INSTALLED
from tests.servers import Server

pytestmark = pytest.mark.one_database

AXE = INSTALLED.parent / "axe-core" / "axe.min.js"
RUN = "async () => (await axe.run()).violations.map(each => [each.id, each.nodes[0].html.slice(0, 200)])"
PAGES = [
    "/",
    "/articles?limit=3&tags=one&count=true",
    "/articles/{article}",
    "/users",
    "/users/me",
    "/tokens",
    "/secrets",
    "/messages/{message}/metadata",
    "/hello",
    "/sign-in",
    "/problems",
    "/problems/not-found",
    "/nothing",
    "/articles?limit=x",
]
SCREENS = [
    pytest.param(("light", 1280), id="light-large", marks=pytest.mark.slow),
    pytest.param(("dark", 375), id="dark-small"),
    pytest.param(("light", 375), id="light-small", marks=pytest.mark.slow),
    pytest.param(("dark", 1280), id="dark-large", marks=pytest.mark.slow),
]


@pytest.fixture(params=SCREENS)
def page(request: pytest.FixtureRequest, browser: Browser, server: Server) -> Iterator[Page]:
    """A page in each scheme and size; the fast tests have the dark, small one, where most can go wrong."""
    scheme, width = request.param
    size: Any = {"width": width, "height": 800}
    context = browser.new_context(base_url=server.url, color_scheme=scheme, viewport=size)
    yield context.new_page()
    context.close()


def violations(page: Page) -> list[Any]:
    """The rules of axe-core that the page breaks, each with the first element; and too wide a page."""
    page.evaluate(AXE.read_text())
    found: list[Any] = page.evaluate(RUN)
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*found, ("scrolls sideways", width)] if width > 0 else found


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in as john").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_no_page_breaks_a_rule_of_accessibility(page: Page, things: dict[str, Any]) -> None:
    found = {}
    for path in ("/", "/articles", "/sign-in"):
        page.goto(path)
        found[f"{path}, signed out"] = violations(page)
    sign_in(page)
    for path in PAGES:
        page.goto(path.format(**things))
        for summary in page.locator("summary").all():
            summary.click()
        found[path] = violations(page)
    page.goto("/articles")
    changes = page.locator("form[method=post]")
    changes.get_by_label("Title").fill("a")
    changes.get_by_label("Tags").fill("Not OK")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found["a refused form"] = violations(page)
    assert {path: each for path, each in found.items() if each} == {}


@pytest.mark.slow
def test_the_reference_breaks_no_rule_of_accessibility(page: Page) -> None:
    page.goto("/docs")
    page.locator("#operations-tag-articles").click()
    expect(page.locator("#operations-articles-post_articles")).to_be_visible()
    assert violations(page) == []


@pytest.mark.slow
def test_an_open_operation_of_the_reference_breaks_no_rule_of_accessibility(page: Page) -> None:
    page.goto("/docs#/articles/post_articles")
    expect(page.locator(".microlight").first).to_have_attribute("tabindex", "0")
    assert violations(page) == []
