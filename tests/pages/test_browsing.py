"""The browsable API: a page for each resource with the answer that a program gets, with links and without scripts."""

import json
from typing import Any

import httpx
import pytest

from api.describe.browsable import TEMPLATES
from tests.contract.routes import EXAMPLES, KNOWN, ROUTES, VERBATIM
from tests.pages.soundness import check_page
from tests.pages.visitors import BROWSER, JSON, Visitor, as_json, read
from tests.servers import Server

pytestmark = pytest.mark.one_database

# Resources whose page shows the answer of the API; others have their own pages.
BROWSABLE = [route for route in KNOWN if "text/html" in ROUTES[route].reads and "text/html" not in ROUTES[route].offers]
# Fields that differ from answer to answer.
FRESH = {"x-request-id", "date", "server", "connection"}


def example(route: str, things: dict[str, Any]) -> str:
    return EXAMPLES[route].format(**things)


def test_most_resources_are_browsable() -> None:
    assert len(BROWSABLE) >= 15
    assert {"/", "/articles", "/articles/<id:article_id>", "/echo", "/status/<int:code>"} <= set(BROWSABLE)
    assert not set(BROWSABLE) & set(VERBATIM)


@pytest.mark.parametrize("route", BROWSABLE)
@pytest.mark.parametrize("who", ["stranger", "john", "chief"])
def test_every_page_is_sound_for_every_visitor(request, things, route, who) -> None:
    visitor: Visitor = request.getfixturevalue(who)
    answer = visitor.get(example(route, things))
    assert answer.status_code in (200, 401, 403, 404)
    page = check_page(answer)
    if answer.status_code != 200:
        return
    if route not in TEMPLATES:
        assert page.text("h1").split() == ["GET", example(route, things)]
    assert page.text("strong") == "200 OK"


@pytest.mark.parametrize("route", BROWSABLE)
def test_a_page_shows_the_answer_that_a_program_gets(server: Server, things: dict[str, Any], route: str) -> None:
    path = example(route, things)
    with httpx.Client(base_url=server.url, auth=("john", "john"), trust_env=False) as http:
        plain, shown = http.get(path), http.get(path, headers={**BROWSER, "Accept": "text/html"})
    if plain.status_code != 200:
        assert shown.status_code == plain.status_code
        return
    page = read(shown)
    if not route.startswith("/echo"):
        assert json.loads(page.labelled("Representation")) == plain.json()
    names = [each.text for each in page.all("dt")]
    fields = dict(zip(map(str.lower, names), [each.text for each in page.all("dd")], strict=True))
    told = {name: value for name, value in plain.headers.items() if name not in FRESH}
    if route.startswith("/echo"):
        told.pop("content-length")  # /echo returns the request's fields, which differ
    assert {name: fields[name] for name in told} == told
    assert set(fields) - set(told) <= {"x-request-id", "content-length"}


def test_every_link_of_a_page_works(john: Visitor, things: dict[str, Any]) -> None:
    seen = set()
    for route in BROWSABLE:
        answer = john.get(example(route, things))
        if answer.status_code == 200:
            seen |= {target for target in read(answer).links() if target.startswith("/")}
    assert len(seen) > 20
    for target in sorted(seen):
        answer = john.get(target)
        if "Touchstone-Fault" in answer.headers:
            continue  # a space of another test
        # Resources for administrators are linked too.
        assert answer.status_code == (403 if target == "/admin/audit" else 200), target


# Links


def test_ids_link_to_items_and_foreign_keys_to_accounts(john: Visitor, things: dict[str, Any]) -> None:
    page = john.page("/articles?limit=1")
    item = as_json(john, "/articles?limit=1")["items"][0]
    assert page.link(str(item["id"])) == f"/articles/{item['id']}"
    assert f"/users/{things['user']}" in john.page(f"/articles/{things['article']}").links()
    assert page.link("users") if False else page.link("Home") == "/"
    assert (
        john.page("/users?limit=1").link(str(as_json(john, "/users?limit=1")["items"][0]["id"])).startswith("/users/")
    )
    assert john.page("/secrets").link('"browsed"') == "/secrets/browsed"
    metadata = f"/messages/{things['message']}/metadata"
    assert john.page("/messages").link(f'"{things["message"]}"') == metadata
    assert john.page(metadata).link(things["message"]) == f"/messages/{things['message']}"
    assert f"/users/{things['user']}" in john.page(metadata).links()


def test_pages_of_a_list_link_to_the_next_and_previous(stranger: Visitor) -> None:
    first = stranger.page("/articles?limit=1&sort=id")
    second = stranger.page(first.link("Next page"))
    assert second.text("pre") != first.text("pre")
    assert stranger.page(second.link("Previous page")).text("pre") == first.text("pre")
    assert stranger.page(second.link("First page")).text("pre") == first.text("pre")
    assert "First page" not in [each.text for each in first.all("a")]


def test_only_paths_of_this_server_become_links(stranger: Visitor, admin: httpx.Client) -> None:
    for title in (
        "//evil.test",
        "https://evil.test/",
        "javascript:alert(1)",
        "/nothing",
        "/pages/articles",
        "/sign-out",
    ):
        made = admin.post("/articles", json={"title": title, "body": ""}).json()
        page = stranger.page(f"/articles/{made['id']}")
        assert title not in page.links()
        assert title in page.text("pre")
    made = admin.post("/articles", json={"title": "/hello", "body": ""}).json()
    assert "/hello" in stranger.page(f"/articles/{made['id']}").links()


# The icon


def test_the_icon_is_cached_until_it_changes(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/favicon.ico")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/vnd.microsoft.icon")
    assert answer.content[:4] == b"\0\0\1\0"
    assert 100 < len(answer.content) < 5_000
    again = anonymous.get("/favicon.ico", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_program_gets_no_page_and_no_cookie(anonymous: httpx.Client) -> None:
    for route in BROWSABLE:
        if "<" not in route:
            answer = anonymous.get(route, headers=JSON)
            assert "html" not in answer.headers["Content-Type"]
            assert "Set-Cookie" not in answer.headers
