"""The pages in a real browser: create and change articles, upload files; also by keyboard only, and without scripts."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.servers import Server

pytestmark = pytest.mark.one_database

# The browser logs this for a 4xx page, which is not an error of the page.
REFUSED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


def opened(browser: Browser, server: Server, **options: Any) -> Iterator[Page]:
    """A page; errors in its console, and requests to other hosts, fail the tests."""
    context = browser.new_context(base_url=server.url, **options)
    page = context.new_page()
    faults: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: None if REFUSED.match(message.text) else faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    yield page
    context.close()
    assert faults == []
    assert hosts == {server.url.removeprefix("http://")}


SCRIPTS = [
    pytest.param(True, id="with scripts"),
    pytest.param(False, id="without scripts", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module", params=SCRIPTS)
def shared(request: pytest.FixtureRequest, browser: Browser, server: Server) -> Iterator[Page]:
    """A page of a browser with JavaScript, and of one without."""
    yield from opened(browser, server, java_script_enabled=request.param)


@pytest.fixture
def page(shared: Page) -> Page:
    """That page, signed out."""
    shared.context.clear_cookies()
    return shared


@pytest.fixture(scope="module")
def small(browser: Browser, server: Server) -> Iterator[Page]:
    """A page 320 pixels wide."""
    yield from opened(browser, server, viewport={"width": 320, "height": 640})


def sign_in(page: Page, account: dict[str, Any], back: str = "/") -> None:
    page.goto(f"/sign-in?next={back}")
    page.get_by_label("User name").fill(account["username"])
    page.get_by_label("Password").fill(account["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def changes(page: Page) -> Locator:
    """The forms that change something; the controls of a list have fields of the same names."""
    return page.locator("form[method=post]")


def test_an_article_is_created_changed_and_deleted(
    page: Page, account: dict[str, Any], anonymous: httpx.Client
) -> None:
    sign_in(page, account, "/articles")
    expect(page.get_by_role("heading", level=1)).to_have_text("GET /articles")
    expect(page.locator(".status")).to_have_text(re.compile("200 OK"))
    changes(page).get_by_label("Title").fill("Made in a browser")
    changes(page).get_by_label("Body").fill("One\ntwo")
    changes(page).get_by_label("Tags").fill("one\ntwo")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"GET /articles/\d+"))
    path = page.url[page.url.index("/articles") :]
    made = anonymous.get(path).json()
    assert (made["title"], made["body"], made["tags"]) == ("Made in a browser", "One\ntwo", ["one", "two"])
    expect(changes(page).get_by_label("Title")).to_have_value("Made in a browser")
    changes(page).get_by_label("Title").fill("Changed in a browser")
    changes(page).get_by_label("Status").select_option("draft")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Representation")).to_contain_text('"version": 2')
    assert anonymous.get(path).status_code == 404  # a draft
    page.get_by_role("heading", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("GET /articles")
    answer = page.goto(path)
    assert answer
    assert answer.status == 404


def test_a_file_is_uploaded_read_and_deleted(page: Page, account: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "Grüße.txt"
    file.write_bytes(b"Bytes \xff as they are")
    sign_in(page, account, "/messages")
    changes(page).get_by_label("File").set_input_files(file)
    changes(page).get_by_label("Type").select_option("application/octet-stream")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_label("Representation")).to_contain_text('"filename": "Grüße.txt"')
    expect(page.get_by_label("Representation")).to_contain_text('"size": 19')
    page.get_by_role("heading", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_label("Representation")).to_contain_text('"items": []')


def test_links_lead_through_the_whole_api(page: Page, article: dict[str, Any]) -> None:
    page.goto("/")
    page.get_by_role("link", name="/articles", exact=False).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("GET /articles")
    page.get_by_role("link", name=str(article["id"]), exact=True).first.click()
    expect(page.get_by_label("Representation")).to_contain_text(article["title"])
    page.locator("pre").get_by_role("link", name=str(article["author_id"]), exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"GET /users/{article['author_id']}")
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="users").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("GET /users")


def test_a_fault_is_announced_and_links_to_its_field(page: Page, account: dict[str, Any]) -> None:
    sign_in(page, account, "/articles")
    changes(page).get_by_label("Title").fill("A title")
    changes(page).get_by_label("Tags").fill("fine\nNot OK")
    page.get_by_role("button", name="Create").click()
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("Invalid content")
    expect(changes(page).get_by_label("Title")).to_have_value("A title")
    tags = changes(page).get_by_label("Tags")
    expect(tags).to_have_attribute("aria-invalid", "true")
    expect(tags).to_have_accessible_description(re.compile("Line 2: "))
    alert.get_by_role("link", name="Tags").click()
    expect(page).to_have_url(re.compile("#post-tags$"))
    tags.fill("fine")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"GET /articles/\d+"))


def test_signing_out_makes_the_visitor_anonymous(page: Page, account: dict[str, Any]) -> None:
    sign_in(page, account)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()
    answer = page.goto("/users/me")
    assert answer
    assert answer.status == 401
    page.get_by_role("main").get_by_role("link", name="Sign in").click()
    expect(page.get_by_label("User name")).to_be_focused()


def test_the_keyboard_alone_is_enough(page: Page, account: dict[str, Any]) -> None:
    keyboard = page.keyboard
    page.goto("/articles")
    keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#main$"))
    page.goto("/sign-in?next=/articles")
    # The browser focuses the first field without a click or a key.
    expect(page.get_by_label("User name")).to_be_focused()
    keyboard.type(account["username"])
    keyboard.press("Tab")
    keyboard.type(account["password"])
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("GET /articles")
    changes(page).get_by_label("Title").focus()
    keyboard.type("Typed")
    for text in ("With keys alone", "typed", ""):
        keyboard.press("Tab")
        keyboard.type(text)
    keyboard.press("Tab")
    expect(page.get_by_role("button", name="Create")).to_be_focused()
    keyboard.press("Enter")
    expect(page.get_by_label("Representation")).to_contain_text('"title": "Typed"')
    delete = page.locator("summary").filter(has_text="Delete")
    delete.focus()
    keyboard.press("Enter")
    keyboard.press("Tab")
    expect(page.get_by_role("button", name="Delete")).to_be_focused()
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("GET /articles")


def test_the_keyboard_focus_is_visible(page: Page) -> None:
    page.goto("/articles")
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.locator(":focus").evaluate("one => getComputedStyle(one).outlineWidth") == "3px"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/articles",
        "/users/me",
        pytest.param("/sign-in", marks=pytest.mark.slow),
        pytest.param("/problems", marks=pytest.mark.slow),
        pytest.param("/problems/invalid", marks=pytest.mark.slow),
        pytest.param("/nothing", marks=pytest.mark.slow),
    ],
)
def test_a_small_screen_needs_no_horizontal_scrolling(small: Page, path: str, account: dict[str, Any]) -> None:
    small.context.clear_cookies()
    for signed_in in (False, True):
        if signed_in:
            sign_in(small, account)
        small.goto(path)
        for summary in small.locator("summary").all():
            summary.click()
        assert small.evaluate("document.documentElement.scrollWidth") <= 320, signed_in


def test_no_value_breaks_in_its_middle_on_a_small_screen(
    browser: Browser, server: Server, account: dict[str, Any], things: dict[str, Any]
) -> None:
    for page in opened(browser, server, viewport={"width": 375, "height": 640}):
        sign_in(page, {"username": "john", "password": "john"})
        for path in ("/", "/articles?limit=2&sort=-title", f"/messages/{things['message']}/metadata", "/nothing"):
            page.goto(path)
            assert page.evaluate(BROKEN) == [], path


# The values that are on more than one line.
BROKEN = """() => [...document.querySelectorAll(".whole, h1 .part, .crumbs a, main > p code")].filter(one => {
    const range = document.createRange();
    range.selectNodeContents(one);
    return new Set([...range.getClientRects()].map(each => Math.round(each.top))).size > 1;
}).map(one => one.textContent)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_can_be_read_in_light_and_in_dark(browser: Browser, server: Server, scheme: Any) -> None:
    """Contrast of at least 4.5 to 1 between each text and its background (WCAG 2.2, 1.4.3)."""
    for page in opened(browser, server, color_scheme=scheme):
        sign_in(page, {"username": "john", "password": "john"}, "/articles")
        changes(page).get_by_label("Title").fill("a")
        changes(page).get_by_label("Tags").fill("Not OK")
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_role("alert")).to_be_visible()
        poor = page.evaluate(CONTRAST)
        page.goto("/articles/1")
        poor += page.evaluate(CONTRAST)
        assert poor == []


CONTRAST = """() => {
    const numbers = color => color.match(/[\\d.]+/g).map(Number);
    const light = color => {
        const straight = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
        const [r, g, b] = numbers(color).map(v => straight(v / 255));
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const behind = one => {
        for (; one; one = one.parentElement) {
            const color = getComputedStyle(one).backgroundColor;
            if (numbers(color)[3] !== 0) return color;
        }
        return "rgb(255, 255, 255)";
    };
    const poor = [];
    for (const one of document.querySelectorAll("main *, header *")) {
        const texts = [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
        if (!texts) continue;
        const [a, b] = [light(getComputedStyle(one).color), light(behind(one))].sort((x, y) => y - x);
        const ratio = (a + .05) / (b + .05);
        if (ratio < 4.5) poor.push([one.tagName, one.className, one.textContent.trim().slice(0, 20), ratio.toFixed(2)]);
    }
    return poor;
}"""
