"""When an answer is a page, and HTTP on pages: negotiation, conditions, statuses, curl commands."""

import json
import re
from typing import Any

import httpx
import pytest

from tests.contract.routes import ROUTES
from tests.pages.soundness import check_page
from tests.pages.visitors import HTML, Visitor, read

pytestmark = pytest.mark.one_database


def test_a_page_is_sent_only_if_it_is_requested(stranger: Visitor) -> None:
    for accept, kind in (
        ("text/html", HTML),
        ("text/html;q=0.9, application/json;q=0.8", HTML),
        ("text/*", "text/csv; charset=utf-8"),
        ("text/csv;q=0, text/*", HTML),
        ("text/html, application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/csv, text/html;q=0.9", "text/csv; charset=utf-8"),
        ("application/xhtml+xml, */*;q=0.1", "application/json"),
    ):
        assert stranger.get("/articles", headers={"Accept": accept}).headers["Content-Type"] == kind, accept


def test_writes_offer_no_pages(admin: httpx.Client) -> None:
    written = [route for route, resource in ROUTES.items() if "text/html" in resource.writes]
    assert [route for route in written if not ROUTES[route].for_forms] == []
    sent = {"title": "a", "body": ""}
    answer = admin.post("/articles", json=sent, headers={"Accept": "text/html"})
    assert answer.status_code == 406
    told = admin.post("/articles", json=sent, headers={"Accept": "image/png"}).json()["available"]
    assert "text/html" not in told
    assert "text/html" in admin.get("/articles", headers={"Accept": "image/png"}).json()["available"]


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("If-None-Match", '"v1"', 200),
        ("If-None-Match", "*", 304),
        ("If-Modified-Since", "Sat, 01 Jan 2050 00:00:00 GMT", 200),
        ("If-Match", '"v1"', 412),
        ("If-Match", "*", 200),
        ("If-Match", "x", 400),
        ("Range", "bytes=0-1", 200),
    ],
)
def test_a_page_has_no_tag(stranger: Visitor, things: dict[str, Any], field: str, value: str, status: int) -> None:
    answer = stranger.get(f"/articles/{things['article']}", headers={field: value})
    assert answer.status_code == status
    assert "ETag" not in answer.headers
    assert "Last-Modified" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_whole_list_is_not_available_as_a_page(stranger: Visitor) -> None:
    answer = stranger.get("/articles?limit=all")
    assert (answer.status_code, read(answer).text("h1")) == (400, "Invalid query parameter")


@pytest.mark.parametrize("code", [200, 201, 202, 206, 300, 303])
def test_a_requested_status_is_a_page_with_that_status(stranger: Visitor, code: int) -> None:
    answer = stranger.get(f"/status/{code}")
    assert answer.status_code == code
    assert f'"status": {code}' in check_page(answer).text("pre")
    if code == 206:
        length = len(answer.content)
        assert answer.headers["Content-Range"] == f"bytes 0-{length - 1}/{length}"


def test_a_page_shows_curl_commands_for_its_operations(
    stranger: Visitor, john: Visitor, things: dict[str, Any]
) -> None:
    path = f"/articles/{things['article']}"
    shown = stranger.page(path).labelled("Commands")
    assert f"curl -i {stranger.origin}{path}" in shown
    assert f"curl -i -X DELETE -u USERNAME {stranger.origin}{path}" in shown
    assert f"curl -i -X DELETE -u john {stranger.origin}{path}" in john.page(path).labelled("Commands")
    posted = re.search(r"-d '(\{.*?\})'", john.page("/articles").labelled("Commands"))
    assert posted
    assert set(json.loads(posted[1])) == {"title", "body"}
