"""Pages of a list: cursors in both directions, and the links between pages (CONTRACT §4)."""

import itertools
import xml.etree.ElementTree as ET
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from api.store.database import Database
from tests.resources.making import make, path, put_in, refused


def ids(page: httpx.Response) -> list[int]:
    assert page.status_code == 200, page.text
    return [item["id"] for item in page.json()["items"]]


def link(page: httpx.Response, relation: str) -> str:
    return page.links[relation]["url"]


def check_next(page: httpx.Response) -> None:
    """Assert that the body names the next page exactly as Link does: a path, or null on the last page."""
    assert page.json()["next"] == page.links.get("next", {}).get("url")


def cursor(page: httpx.Response, relation: str = "next") -> str:
    return parse_qs(urlsplit(link(page, relation)).query)["cursor"][0]


def follow(api: httpx.Client, page: httpx.Response, relation: str) -> httpx.Response:
    return api.get(link(page, relation))


@pytest.fixture
def nine(store: Database, mark: str) -> list[int]:
    """Nine articles with one tag."""
    return [row["id"] for row in put_in(store, *({"title": f"t{n % 3}", "tags": [mark]} for n in range(9)))]


def test_an_empty_page_is_200_with_a_first_link_and_no_other(api: httpx.Client, mark: str) -> None:
    answer = api.get("/articles", params={"tags": mark})
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next": None})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["ETag"].startswith('W/"')
    assert set(answer.links) == {"first"}


def test_the_default_order_is_newest_first(api: httpx.Client, mark: str, nine: list[int]) -> None:
    assert ids(api.get("/articles", params={"tags": mark})) == nine[::-1]


def test_links_lead_in_both_directions(api: httpx.Client, mark: str, nine: list[int]) -> None:
    first = api.get("/articles", params={"tags": mark, "sort": "id", "limit": 4})
    second = follow(api, first, "next")
    third = follow(api, second, "next")
    assert [ids(page) for page in (first, second, third)] == [nine[:4], nine[4:8], nine[8:]]
    assert [set(page.links) for page in (first, second, third)] == [
        {"first", "next"},
        {"first", "prev", "next"},
        {"first", "prev"},
    ]
    for page in (first, second, third):
        check_next(page)
    back = follow(api, third, "prev")
    start = follow(api, back, "prev")
    assert [ids(page) for page in (back, start)] == [nine[4:8], nine[:4]]
    assert set(start.links) == {"first", "next"}
    assert ids(follow(api, start, "next")) == nine[4:8]
    assert ids(follow(api, third, "first")) == nine[:4]


def test_a_page_that_is_just_full_has_no_next(api: httpx.Client, mark: str, nine: list[int]) -> None:
    second = follow(api, api.get("/articles", params={"tags": mark, "limit": 6, "sort": "id"}), "next")
    assert ids(second) == nine[6:]
    whole = api.get("/articles", params={"tags": mark, "limit": 9})
    assert "next" not in whole.links
    assert (second.json()["next"], whole.json()["next"]) == (None, None)


def test_links_are_absolute_paths_that_keep_the_query(api: httpx.Client, mark: str, nine: list[int]) -> None:
    query = {"tags": mark, "title:startswith": "t", "sort": "title,-id", "fields": "id,title", "limit": "2"}
    page = api.get("/articles", params=query, headers={"Host": "evil.example"})
    for relation in ("first", "next"):
        target = urlsplit(link(page, relation))
        assert (target.scheme, target.netloc, target.path) == ("", "", "/articles")
        kept = {name: values[0] for name, values in parse_qs(target.query).items() if name != "cursor"}
        assert kept == query
    assert "cursor" not in parse_qs(urlsplit(link(page, "first")).query)
    assert set(cursor(page)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_version_2_has_the_links_in_its_envelope(api: httpx.Client, mark: str, nine: list[int]) -> None:
    v2 = {"Accept": "application/vnd.touchstone.v2+json"}
    page = api.get("/articles", params={"tags": mark, "limit": 4, "count": "true"}, headers=v2)
    document = page.json()
    assert [item["id"] for item in document["data"]] == nine[:4:-1][:4]
    assert {name: document["links"][name] for name in page.links} == {name: link(page, name) for name in page.links}
    assert document["links"]["self"].startswith("/articles?")
    assert document["meta"] == {"next": link(page, "next"), "total": 9}
    last = api.get("/articles", params={"tags": mark, "limit": 9}, headers=v2).json()
    assert (last["meta"], "next" in last["links"]) == ({"next": None}, False)


def test_xml_has_the_next_page_and_csv_and_ndjson_do_not(api: httpx.Client, mark: str, nine: list[int]) -> None:
    xml, csv, ndjson = (
        api.get("/articles", params={"tags": mark, "limit": 4, "fields": "id"}, headers={"Accept": accept})
        for accept in ("application/xml", "text/csv", "application/x-ndjson")
    )
    assert ET.fromstring(xml.content).findtext("next") == link(xml, "next")
    assert csv.text.splitlines() == ["id", *map(str, nine[:4:-1])]
    assert ndjson.text.splitlines() == [f'{{"id":{each}}}' for each in nine[:4:-1]]
    assert link(csv, "next") == link(ndjson, "next") == link(xml, "next")


def test_rows_deleted_and_created_meanwhile_shift_no_page(
    api: httpx.Client, admin: httpx.Client, mark: str, nine: list[int]
) -> None:
    query = {"tags": mark, "sort": "id", "limit": 3}
    first = api.get("/articles", params=query)
    for gone in (nine[0], nine[2], nine[4]):  # one before, the one at the edge, one beyond
        assert admin.delete(f"/articles/{gone}").status_code == 204
    new = make(api, tags=[mark])["id"]
    second = follow(api, first, "next")
    assert ids(second) == [nine[3], nine[5], nine[6]]
    assert ids(follow(api, second, "prev")) == [nine[1]]
    third = follow(api, second, "next")
    assert ids(third) == [nine[7], nine[8], new]
    assert "next" not in third.links


def test_a_row_that_moves_in_the_order_is_listed_at_its_new_place(api: httpx.Client, mark: str) -> None:
    made = {title: make(api, title=title, tags=[mark]) for title in "abcdef"}
    first = api.get("/articles", params={"tags": mark, "sort": "title", "limit": 2})
    assert ids(first) == [made["a"]["id"], made["b"]["id"]]
    api.put(path(made["a"]), json={"title": "z", "body": "", "tags": [mark]})
    second = follow(api, first, "next")
    assert ids(second) == [made["c"]["id"], made["d"]["id"]]
    assert ids(follow(api, second, "next")) == [made["e"]["id"], made["f"]["id"]]


def test_new_rows_come_before_the_first_page(api: httpx.Client, mark: str, nine: list[int]) -> None:
    first = api.get("/articles", params={"tags": mark, "limit": 4})
    new = make(api, tags=[mark])["id"]
    second = follow(api, first, "next")
    assert ids(second) == nine[4:0:-1]
    assert ids(follow(api, second, "prev")) == nine[:4:-1][:4]
    before = follow(api, follow(api, second, "prev"), "prev")
    assert ids(before) == [new]


SORTS = [
    "id",
    "-id",
    "title",
    "-title",
    "title,-id",
    "-title,id",
    "created_at,-title",
    "-updated_at,title,-id",
    "title,id",
]


@pytest.mark.parametrize("sort", SORTS)
def test_every_row_is_on_exactly_one_page_in_any_order(
    api: httpx.Client, store: Database, mark: str, sort: str
) -> None:
    moments = ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.001Z"]
    titles = ["b", "a", "é", "Z", "ß", "😀", "z", " ", "B", "a "]
    rows = put_in(
        store,
        *(
            {"title": title, "tags": [mark], "created_at": created, "updated_at": updated}
            for title, created, updated in itertools.product(titles[:5], moments, moments)
        ),
        *({"title": title, "tags": [mark]} for title in titles[5:]),
    )
    expected = rows
    for name in reversed([*sort.split(","), "-id" if sort.split(",")[-1].startswith("-") else "id"]):
        expected = sorted(expected, key=sorter(name), reverse=name.startswith("-"))
    page = api.get("/articles", params={"tags": mark, "sort": sort, "limit": 4})
    pages = [page]
    while "next" in pages[-1].links:
        pages.append(follow(api, pages[-1], "next"))
    assert [each for page in pages for each in ids(page)] == [row["id"] for row in expected]
    back = pages[-1]
    for there in reversed(pages[:-1]):
        back = follow(api, back, "prev")
        assert back.json() == there.json()
    assert "prev" not in back.links


def sorter(name: str) -> Any:
    return lambda row: row[name.removeprefix("-")]


def test_the_longest_titles_have_cursors_too(api: httpx.Client, store: Database, mark: str) -> None:
    for sign in ("😀", "\x01", '"'):
        rows = put_in(store, *({"title": sign * 200, "body": sign, "tags": [mark]} for _ in range(3)))
        query = {"tags": mark, "sort": "title", "limit": 1, "title": sign * 200}
        first = api.get("/articles", params=query)
        assert ids(first) == [rows[0]["id"]]
        assert ids(follow(api, first, "next")) == [rows[1]["id"]]


def spoiled(text: str) -> list[str]:
    """A cursor with one thing changed."""
    middle = len(text) // 2
    other = "A" if text[middle] != "A" else "B"
    return [
        text[:middle] + other + text[middle + 1 :],
        text[:-1],
        text + "A",
        text + "=",
        " " + text,
        text.swapcase(),
        text[::-1],
        "junk",
        "é",
        "eyJpZCI6MX0",
    ]


@pytest.mark.parametrize("way", range(10))
def test_a_tampered_cursor_is_400(api: httpx.Client, mark: str, nine: list[int], way: int) -> None:
    query = {"tags": mark, "limit": 3}
    bad = spoiled(cursor(api.get("/articles", params=query)))[way]
    document = refused(api.get("/articles", params={**query, "cursor": bad}), 400, "invalid-cursor")
    assert [fault["parameter"] for fault in document["errors"]] == ["cursor"]


@pytest.mark.parametrize(
    "change",
    [
        {"sort": "title"},
        {"sort": "-id"},
        {"tags": "other"},
        {"tags": None},
        {"status": "published"},
        {"q": "title"},
        {"title:ne": "t9"},
        {"title": "t1"},
    ],
    ids=str,
)
def test_a_cursor_of_another_filter_or_sort_is_400(api: httpx.Client, mark: str, nine: list[int], change: dict) -> None:
    query = {"tags": mark, "limit": 3, "sort": "id"}
    there = cursor(api.get("/articles", params=query))
    other = {name: value for name, value in {**query, **change}.items() if value is not None}
    refused(api.get("/articles", params={**other, "cursor": there}), 400, "invalid-cursor")


def test_a_cursor_of_another_list_is_400(api: httpx.Client) -> None:
    there = cursor(api.get("/users", params={"limit": 1}))
    refused(api.get("/articles", params={"limit": 1, "cursor": there}), 400, "invalid-cursor")


def test_a_cursor_works_with_another_limit_other_fields_and_a_count(
    api: httpx.Client, mark: str, nine: list[int]
) -> None:
    query = {"tags": mark, "limit": 3, "sort": "id"}
    there = cursor(api.get("/articles", params=query))
    answer = api.get("/articles", params={**query, "limit": 5, "fields": "id", "count": "true", "cursor": there})
    check_next(answer)
    assert answer.json() == {"items": [{"id": n} for n in nine[3:8]], "next": link(answer, "next"), "total": 9}


def test_a_cursor_works_for_another_representation(api: httpx.Client, mark: str, nine: list[int]) -> None:
    first = api.get("/articles", params={"tags": mark, "limit": 3, "sort": "id", "fields": "id"})
    second = api.get(link(first, "next"), headers={"Accept": "text/csv"})
    assert second.text.splitlines() == ["id", *map(str, nine[3:6])]


@pytest.mark.parametrize("filters", ["title:in=a" + ",b" * 2000, "title:ne=" + "!" * 6000])
def test_a_link_is_not_longer_than_the_request_and_its_cursor(api: httpx.Client, filters: str) -> None:
    for _ in range(2):
        make(api, title="b", tags=[])
    sent = f"/articles?limit=1&{filters}"
    link = api.get(sent).links["next"]["url"]
    assert len(link) < len(sent) + 200
    assert api.get(link).status_code == 200
