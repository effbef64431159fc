"""`/problems`: the pages that refusals link to (CONTRACT §10)."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import httpx
import pytest

from api.describe.pages import page
from api.describe.visitors import Visitor
from tests.resources.making import refused

pytestmark = pytest.mark.one_database

HTML = {"Accept": "text/html"}
CATALOGUE = {
    "malformed-json": 400,
    "malformed-body": 400,
    "digest-mismatch": 400,
    "invalid-host": 400,
    "request-timeout": 408,
    "uri-too-long": 414,
    "header-fields-too-large": 431,
    "insufficient-storage": 507,
    "invalid-parameter": 400,
    "invalid-cursor": 400,
    "invalid-header": 400,
    "invalid-idempotency-key": 400,
    "unauthenticated": 401,
    "invalid-token": 401,
    "forbidden": 403,
    "insufficient-scope": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "not-acceptable": 406,
    "conflict": 409,
    "patch-conflict": 409,
    "idempotency-in-progress": 409,
    "precondition-failed": 412,
    "precondition-required": 428,
    "content-too-large": 413,
    "unsupported-media-type": 415,
    "unsupported-encoding": 415,
    "range-not-satisfiable": 416,
    "invalid": 422,
    "idempotency-key-reused": 422,
    "rate-limited": 429,
    "internal-error": 500,
    "not-implemented": 501,
    "unavailable": 503,
}
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """A parsed HTML page: elements, attributes and text; unbalanced tags are refused."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: dict[str, str] = {}
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record the element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Record the text under its element, and all text under the empty name."""
        for name in ("", *self.open[-1:]):
            self.texts[name] = self.texts.get(name, "") + data

    def attributes(self, name: str) -> list[str]:
        """All values of this attribute."""
        return [attributes[name] or "" for _, attributes in self.elements if name in attributes]


def read_page(api: httpx.Client, path: str) -> tuple[httpx.Response, Page]:
    answer = api.get(path, headers=HTML)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.text.lower().startswith("<!doctype html>")
    return answer, Page(answer.text)


def test_the_list_has_every_problem_of_the_contract(api: httpx.Client) -> None:
    answer = api.get("/problems")
    assert answer.status_code == 200
    listed = {problem["slug"]: problem["status"] for problem in answer.json()["items"]}
    assert CATALOGUE.items() <= listed.items()
    assert all(re.fullmatch("[a-z][a-z-]+", slug) for slug in listed)
    order = [problem["status"] for problem in answer.json()["items"]]
    assert order == sorted(order)


@pytest.mark.parametrize("slug", CATALOGUE)
def test_every_problem_is_explained(api: httpx.Client, slug: str) -> None:
    answer = api.get(f"/problems/{slug}")
    assert answer.status_code == 200
    problem = answer.json()
    assert (problem["slug"], problem["status"]) == (slug, CATALOGUE[slug])
    assert problem["title"]
    for member in ("happened", "advice"):
        assert problem[member].endswith(".")
        assert "\n" not in problem[member]


@pytest.mark.parametrize("slug", CATALOGUE)
def test_every_problem_has_a_page_for_people(api: httpx.Client, slug: str) -> None:
    problem = api.get(f"/problems/{slug}").json()
    _, shown = read_page(api, f"/problems/{slug}")
    assert problem["title"] in shown.texts["title"]
    assert problem["title"] == shown.texts["h1"]
    for member in ("happened", "advice"):
        # Text between backticks is a separate element.
        words = problem[member].replace("`", "").split()
        assert "".join(words) in "".join(shown.texts[""].split())


def test_every_listed_problem_links_to_its_page(api: httpx.Client) -> None:
    _, shown = read_page(api, "/problems")
    links = [place for place in shown.attributes("href") if place.startswith("/problems/")]
    assert {f"/problems/{slug}" for slug in CATALOGUE} <= set(links)
    assert {api.get(place).status_code for place in links} == {200}
    rows = re.findall('<tr><td>[0-9]{3}</td><td><a href="([^"]+)"', api.get("/problems", headers=HTML).text)
    assert len(rows) == len(set(rows)) == len(api.get("/problems").json()["items"])


@pytest.mark.parametrize("path", ["/problems", "/problems/not-found"])
def test_a_page_has_a_language_and_a_title_and_loads_nothing_from_elsewhere(api: httpx.Client, path: str) -> None:
    _, shown = read_page(api, path)
    assert dict(shown.elements)["html"] == {"lang": "en"}
    assert shown.texts["title"].strip()
    tags = {tag for tag, _ in shown.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base"}
    assert shown.attributes("src") == []
    assert all(place == "#main" or re.match("/(?!/)", place) for place in shown.attributes("href"))
    assert not [name for _, attributes in shown.elements for name in attributes if name.startswith("on")]
    assert shown.attributes("style") == []


@pytest.mark.parametrize("path", ["/problems", "/problems/not-found"])
def test_the_policy_allows_the_style_of_the_page_and_nothing_else(api: httpx.Client, path: str) -> None:
    answer, shown = read_page(api, path)
    directives = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["frame-ancestors"] == "'none'"
    digest = base64.b64encode(hashlib.sha256(shown.texts["style"].encode()).digest()).decode()
    assert directives["style-src"] == f"'sha256-{digest}'"
    assert directives["img-src"] == "'self'"  # the icon
    assert set(directives) <= {"default-src", "style-src", "img-src", "frame-ancestors", "base-uri", "form-action"}
    assert "http:" not in shown.texts["style"]
    assert "@import" not in shown.texts["style"]


def test_only_pages_have_a_wider_policy(api: httpx.Client) -> None:
    for path in ("/problems", "/problems/not-found"):
        policy = api.get(path).headers["Content-Security-Policy"]
        assert policy == "default-src 'none'; frame-ancestors 'none'"


def test_every_value_of_a_page_is_escaped() -> None:
    evil = "<script>alert('x')</script>&\"'"
    problem = {"status": 404, "title": evil, "detail": evil, "type": evil, "instance": evil}
    values = {"problem": problem, "status_line": evil, "advice": evil, "leads_on": True}
    shown = Page(page("refusal.html", prefix=evil, visitor=Visitor(None, evil, evil), **values).decode())
    assert "script" not in [tag for tag, _ in shown.elements]
    assert evil in shown.texts[""]


def test_an_unknown_problem_is_404(api: httpx.Client) -> None:
    for slug in ("nothing", "Not-Found", "about:blank", "problem", "not-found%20"):
        refused(api.get(f"/problems/{slug}"), 404, "not-found")
        assert api.get(f"/problems/{slug}", headers=HTML).status_code == 404


def test_a_refusal_links_to_its_page(api: httpx.Client) -> None:
    document = api.get("/nothing").json()
    explained = api.get(document["type"])
    assert explained.status_code == 200
    assert explained.json()["title"] == document["title"]


@pytest.mark.parametrize("accept", ["application/xml", "application/vnd.touchstone.v2+json"])
def test_problems_have_other_representations_too(api: httpx.Client, accept: str) -> None:
    for path in ("/problems", "/problems/not-found"):
        answer = api.get(path, headers={"Accept": accept})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, accept)


def test_a_browser_gets_the_page(api: httpx.Client) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
    answer = api.get("/problems/not-found", headers={"Accept": accept})
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Accept" in answer.headers["Vary"]
