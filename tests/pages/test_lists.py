"""Lists as tables: the query as controls, and the JSON beside the table."""

import json
from typing import Any

import pytest

from tests.pages.html import Document, Form
from tests.pages.visitors import Visitor, as_json

pytestmark = pytest.mark.one_database


def controls(page: Document) -> Form:
    """The form with the query."""
    return next(each for each in page.forms if each.method == "get")


def cells(page: Document) -> list[list[str]]:
    """The texts of the table, one list for each row."""
    columns = len([each for each in page.all("th") if each.text not in ("Method", "Summary")])
    texts = [each.text for each in page.all("td")][: -2 * len(page.labelled("Commands").split("curl ")[1:])]
    return [texts[place : place + columns] for place in range(0, len(texts), columns)]


def shown(page: Document) -> Any:
    """The JSON beside the table."""
    return json.loads(page.labelled("Representation"))


def test_a_list_is_a_table_with_the_json_beside_it(john: Visitor, things: dict[str, Any]) -> None:
    page = john.page("/articles?limit=2")
    assert [row[0] for row in cells(page)] == [str(each["id"]) for each in shown(page)["items"]]
    assert shown(page) == as_json(john, "/articles?limit=2", auth=("john", "john"))
    assert page.link("Next page")


def test_a_title_repeats_the_query(stranger: Visitor) -> None:
    page = stranger.page("/articles?limit=2&sort=-title")
    assert page.text("h1") == "GET /articles?limit=2&sort=-title"
    assert page.text("title") == "GET /articles?limit=2&sort=-title · Touchstone"
    assert "/articles?limit=2&sort=-title'" in page.labelled("Commands")


def test_the_page_says_what_its_header_fields_belong_to(stranger: Visitor) -> None:
    said = " ".join(stranger.page("/articles").labelled("Header fields").split())
    assert said.startswith("A program gets this answer for the same request with Accept: application/json")


def test_the_controls_show_and_change_the_query(john: Visitor, things: dict[str, Any]) -> None:
    path = "/articles?q=browsed&sort=-title&limit=50&count=true&tags=one&title:contains=Brow&title:ne=x"
    form = controls(john.page(path))
    sent = {"q": "browsed", "sort": "-title", "limit": "50", "tags": "one", "title:contains": "Brow"}
    assert {name: form.fields[name] for name in sent} == {name: [text] for name, text in sent.items()}
    assert form.fields["count"] == ["true"]
    assert form.fields["title:ne"] == ["x"]  # it has no control, but it stays
    texts = {name: texts[0] for name, texts in form.fields.items()}
    page = Document(john.get(form.action, params={**texts, "q": "", "limit": "10"}).text)
    assert "q=" not in page.text("h1")
    assert "limit=10" in page.text("h1")
    assert shown(page)["total"] >= 1
    assert "in total" in page.text("main")


@pytest.mark.parametrize("path", ["/articles", "/users", "/tokens", "/secrets", "/messages", "/hello"])
def test_controls_sent_as_they_are_ask_for_the_same_page(john: Visitor, path: str) -> None:
    form = controls(john.page(path))
    answer = john.get(form.action, params={name: texts[0] for name, texts in form.fields.items()})
    assert answer.status_code == 200
    assert shown(Document(answer.text)) == shown(john.page(path))


def test_local_times_of_controls_are_times_in_utc(john: Visitor, things: dict[str, Any]) -> None:
    page = john.page("/articles?created_at:gte=2001-02-03T04:05&created_at:lt=2002-01-01T00:00:00")
    assert "created_at:gte=2001-02-03T04:05:00Z&created_at:lt=2002-01-01T00:00:00Z" in page.text("h1")
    assert controls(page).fields["created_at:gte"] == ["2001-02-03T04:05:00"]
    assert shown(page)["items"] == []
    assert "Nothing matches." in page.text("main")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ("2001-02-03T04:05:06+02:00", "2001-02-03T02:05:06.000"),
        ("2001-02-03T04:05:06.789-23:59", "2001-02-04T04:04:06.789"),
        ("2001-02-03t04:05:06+00:00", "2001-02-03T04:05:06.000"),
        ("2001-02-03T04:05:06Z", "2001-02-03T04:05:06"),
    ],
)
@pytest.mark.parametrize("path", ["/articles", "/users", "/messages"])
def test_a_filter_with_an_offset_is_the_same_instant_after_show(
    john: Visitor, things: dict[str, Any], path: str, typed: str, field: str
) -> None:
    page = Document(john.get(path, params={"created_at:gte": typed}).text)
    form = controls(page)
    assert form.fields["created_at:gte"] == [field]
    again = Document(john.get(form.action, params={name: texts[0] for name, texts in form.fields.items()}).text)
    assert f"created_at:gte={field}Z" in again.text("h1")
    assert controls(again).fields["created_at:gte"] == [field]


def test_only_a_page_reads_empty_parameters_as_absent(stranger: Visitor) -> None:
    assert as_json(stranger, "/articles?q=")["status"] == 400
    assert as_json(stranger, "/articles?title=")["items"] == []
    assert shown(stranger.page("/articles?title="))["items"] != []
