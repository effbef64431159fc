"""The live page of a journal: without scripts, and in a real browser."""

import re
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journal.asking import entries
from tests.journal.conftest import Start
from tests.pages.visitors import Visitor
from tests.resources.spaces.making import Space, spaces
from tests.servers import Server

pytestmark = pytest.mark.one_database

HTML = {"Accept": "text/html"}
ROW = re.compile(r'id="entry-(\d+)"')


def page_of(space: Space, query: str = "") -> httpx.Response:
    answer = space.control.get(f"{space.place}/journal{query}", headers=HTML)
    assert answer.status_code == 200, answer.text
    return answer


def rows(answer: httpx.Response) -> list[int]:
    return [int(number) for number in ROW.findall(answer.text)]


def test_the_newest_comes_first_and_older_ones_are_linked(space: Space) -> None:
    for _ in range(55):
        space.anonymous.get("/hello")
    page = page_of(space)
    assert rows(page) == list(range(55, 5, -1))
    [older] = re.findall(r'rel="next" href="([^"]*)"', page.text)
    assert rows(page_of(space, "?" + urlsplit(older.replace("&amp;", "&")).query)) == [5, 4, 3, 2, 1]


def test_an_entry_is_shown_as_it_was_on_the_wire(space: Space) -> None:
    fields = {"Idempotency-Key": "one", "X-Run": "<7>"}
    for _ in range(2):
        space.john.post("/articles", json={"title": "A & B", "body": "<script>"}, headers=fields)
    space.anonymous.get("/hello", headers={"Touchstone-Fault": "status;code=503"})
    text = page_of(space).text
    assert f"POST {space.prefix}/articles HTTP/1.1\n" in text
    assert "x-run: &lt;7&gt;\n" in text
    assert "HTTP/1.1 201 Created\n" in text
    assert "&#34;title&#34;:&#34;A &amp; B&#34;" in text
    assert "<script>&" not in text
    assert '<span class="mark mark-replay">replay</span>' in text
    assert '<span class="mark mark-fault">fault header</span>' in text
    assert f"curl -i {space.url}/articles -H" in text
    assert f'href="{space.place}/journal.har"' in text


def test_a_page_without_scripts_is_loaded_again(space: Space) -> None:
    space.anonymous.get("/hello")
    refresh = '<noscript><meta http-equiv="refresh" content="10"></noscript>'
    assert refresh in page_of(space).text
    for _ in range(51):
        space.anonymous.get("/hello")
    [older] = re.findall(r'rel="next" href="([^"]*)"', page_of(space).text)
    assert refresh not in page_of(space, "?" + urlsplit(older.replace("&amp;", "&")).query).text


def test_filters_of_the_page(space: Space) -> None:
    for path in ("/hello", "/articles/1", "/articles/99"):
        space.anonymous.get(path)
    page = page_of(space, "?method=&path=%2Farticles%2F%3Cid%3E&status=404&problem=")
    assert rows(page) == [3]
    assert 'value="/articles/&lt;id&gt;"' in page.text
    assert f'href="{space.place}/journal.har?path=%2Farticles%2F%3Cid%3E&amp;status=404"' in page.text
    assert "Nothing matches." in page_of(space, "?status=500").text


def test_the_policy_allows_the_script_of_the_page_alone(space: Space) -> None:
    page = page_of(space)
    policy = page.headers["Content-Security-Policy"]
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]+'; connect-src 'self';", policy)
    assert "unsafe" not in policy
    assert "script-src" not in space.control.get(space.place, headers=HTML).headers["Content-Security-Policy"]


LOADED = (("journal", "text/html"), ("journal.har", "*/*"), ("journal", "text/event-stream"))


def test_a_session_counts_for_what_the_page_loads(start: Start) -> None:
    visitor = Visitor(start(SPACES="admins"))
    with visitor.http as http:
        http.post("/spaces", json={"id": "x"}, auth=("admin", "secret"))
        for status in (401, 200):
            for path, accept in LOADED:
                assert http.head(f"/spaces/x/{path}", headers={"Accept": accept}).status_code == status, path
            visitor.sign_in("admin", "secret")
        assert http.get("/spaces/x/journal", headers={"Accept": "application/json"}).status_code == 401


@pytest.fixture
def opened(browser: Browser, space: Space) -> Page:
    """The page of a journal in a browser, live."""
    page = browser.new_page()
    page.goto(f"{str(space.control.base_url).rstrip('/')}{space.place}/journal")
    expect(page.locator("#live")).to_contain_text("Live")
    return page


def test_new_requests_appear_by_themselves(opened: Page, space: Space) -> None:
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text))
    for number in (1, 2):
        space.anonymous.get(f"/hello?name={number}")
        expect(opened.locator("#entries > li")).to_have_count(number)
        expect(opened.locator("#entries > li").first).to_contain_text(f"/hello?name={number}")
    opened.locator("#entry-1 summary").click()
    expect(opened.locator("#entry-1 .sides")).to_contain_text("HTTP/1.1 200 OK")
    for number in range(3, 60):
        space.anonymous.get(f"/hello?name={number}")
    expect(opened.locator("#entries > li").first).to_contain_text("/hello?name=59")
    assert len(entries(space)) == 59
    assert wrong == []


def test_a_request_is_copied_as_curl(opened: Page, space: Space) -> None:
    opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
    space.anonymous.post("/echo", content="it's", headers={"Content-Type": "text/plain", "X-Run": "7"})
    opened.locator("#entry-1 summary").click()
    opened.locator("#entry-1 [data-copy]").click()
    expect(opened.locator("#entry-1 [data-copy]")).to_have_text(re.compile("Copied|Selected"))
    command = opened.locator("#entry-1 pre").last.inner_text()
    assert command.startswith(f"curl -i {space.url}/echo ")
    assert "-H 'x-run: 7'" in command
    assert command.endswith("""--data-binary 'it'"'"'s'""")


def test_the_page_resumes_after_the_server_was_away(browser: Browser, space: Space) -> None:
    page = browser.new_page()
    context = page.context
    page.goto(f"{str(space.control.base_url).rstrip('/')}{space.place}/journal")
    expect(page.locator("#live")).to_contain_text("Live")
    context.set_offline(True)
    space.anonymous.get("/hello?name=away")
    context.set_offline(False)
    space.anonymous.get("/hello?name=back")
    expect(page.locator("#entries > li")).to_have_count(2)


def test_a_journal_of_a_space_without_one_is_empty(server: Server) -> None:
    with spaces(server, 1, journal=False) as [space]:
        assert "The space has received nothing yet." in page_of(space).text
