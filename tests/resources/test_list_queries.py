"""The parameters of a list: limit, sort, fields, count, and what is refused (CONTRACT §4)."""

import xml.etree.ElementTree as ET

import httpx
import pytest

from api.store.database import Database
from tests.resources.making import make, path, put_in, refused


@pytest.mark.parametrize(("query", "expected"), [("", 20), ("limit=1", 1), ("limit=20", 20), ("limit=100", 100)])
def test_limit_sets_the_size_of_a_page_and_its_default_is_20(
    api: httpx.Client, store: Database, mark: str, query: str, expected: int
) -> None:
    put_in(store, *({"tags": [mark]} for _ in range(101)))
    answer = api.get(f"/articles?tags={mark}&{query}")
    assert len(answer.json()["items"]) == expected
    assert "next" in answer.links


BAD = [
    ("limit=0", "limit"),
    ("limit=-1", "limit"),
    ("limit=101", "limit"),
    ("limit=1000000000000000000000", "limit"),
    ("limit=1.5", "limit"),
    ("limit=1e1", "limit"),
    ("limit=+5", "limit"),
    ("limit=%2B5", "limit"),
    ("limit=05", "limit"),
    ("limit=5_0", "limit"),
    ("limit=%D9%A3", "limit"),
    ("limit=ten", "limit"),
    ("limit=", "limit"),
    ("limit=ALL", "limit"),
    ("limit=5&limit=5", "limit"),
    ("sort=", "sort"),
    ("sort=rank", "sort"),
    ("sort=body", "sort"),
    ("sort=id,", "sort"),
    ("sort=--id", "sort"),
    ("sort=%2Bid", "sort"),
    ("sort=id,id", "sort"),
    ("sort=id,-id", "sort"),
    ("sort=ID", "sort"),
    ("fields=", "fields"),
    ("fields=secret", "fields"),
    ("fields=id,", "fields"),
    ("fields=id,id", "fields"),
    ("fields=-id", "fields"),
    ("count=yes", "count"),
    ("count=1", "count"),
    ("count=", "count"),
    ("count=TRUE", "count"),
    ("q=", "q"),
    ("q=%20", "q"),
    ("q=...", "q"),
    ("q=a&q=b", "q"),
    ("cursor=", "cursor"),
    ("page=2", "page"),
    ("offset=20", "offset"),
    ("body=x", "body"),
    ("version=1", "version"),
    ("id=1", "id"),
    ("title:like=x", "title:like"),
    ("title:=x", "title:"),
    ("title:EQ=x", "title:EQ"),
    ("title:contains:x=x", "title:contains:x"),
    ("Title=x", "Title"),
    ("title=a&title=b", "title"),
    ("title:in=a&title:in=b", "title:in"),
    ("author_id=john", "author_id"),
    ("author_id=0", "author_id"),
    ("author_id=-1", "author_id"),
    ("author_id=01", "author_id"),
    ("author_id=9223372036854775808", "author_id"),
    ("author_id=", "author_id"),
    ("author_id:in=1,x", "author_id:in"),
    ("author_id:in=1,,2", "author_id:in"),
    ("author_id:contains=1", "author_id:contains"),
    ("status=gone", "status"),
    ("status=Draft", "status"),
    ("status:in=draft,gone", "status:in"),
    ("created_at=yesterday", "created_at"),
    ("created_at=2026-01-01", "created_at"),
    ("created_at=2026-01-01T00:00:00", "created_at"),
    ("created_at:lt=2026-02-30T00:00:00Z", "created_at:lt"),
    ("updated_at:in=2026-01-01T00:00:00Z,never", "updated_at:in"),
    ("=x", ""),
    ("title=%FF", "title"),
    ("title=%ED%A0%80", "title"),
    ("title%00=x", "title\ufffd"),
]


@pytest.mark.parametrize(("query", "parameter"), BAD)
def test_a_bad_parameter_is_400_and_named(api: httpx.Client, query: str, parameter: str) -> None:
    document = refused(api.get(f"/articles?{query}"), 400, "invalid-parameter")
    assert [fault["parameter"] for fault in document["errors"]] == [parameter]
    assert all(set(fault) == {"parameter", "code", "detail"} for fault in document["errors"])


def test_every_bad_parameter_is_named_at_once(api: httpx.Client) -> None:
    document = refused(api.get("/articles?limit=0&sort=x&nope=1&author_id=x&title=a&title=b"), 400, "invalid-parameter")
    assert {fault["parameter"] for fault in document["errors"]} == {"limit", "sort", "nope", "author_id", "title"}


def test_a_search_without_a_word_is_400(api: httpx.Client) -> None:
    document = refused(api.get("/articles", params={"q": "!!!"}), 400, "invalid-parameter")
    assert document["errors"][0]["code"] == "no_words"


@pytest.mark.parametrize("query", ["_=1700000000000", "_=", "_=1&_=2", "limit=5&_=1"])
def test_the_cache_buster_is_ignored_and_left_out_of_links(api: httpx.Client, query: str) -> None:
    answer = api.get(f"/articles?{query}")
    assert answer.status_code == 200
    assert "_=" not in answer.headers["Link"].partition("cursor=")[0]


def test_count_adds_the_total_of_all_pages(api: httpx.Client, store: Database, mark: str) -> None:
    put_in(store, *({"title": f"t{n % 2}", "tags": [mark]} for n in range(7)))
    answer = api.get("/articles", params={"tags": mark, "title": "t0", "limit": 3, "count": "true"})
    assert (len(answer.json()["items"]), answer.json()["total"]) == (3, 4)
    later = api.get(answer.links["next"]["url"])
    assert (len(later.json()["items"]), later.json()["total"]) == (1, 4)
    none = api.get("/articles", params={"tags": mark, "title": "t2", "count": "true"})
    assert none.json() == {"items": [], "next": None, "total": 0}


@pytest.mark.parametrize("query", ["", "&count=false"])
def test_without_count_there_is_no_total(api: httpx.Client, mark: str, query: str) -> None:
    assert api.get(f"/articles?tags={mark}{query}").json() == {"items": [], "next": None}


def test_fields_returns_only_these_members_in_that_order(api: httpx.Client, mark: str) -> None:
    article = make(api, title=mark, tags=[mark])
    answer = api.get("/articles", params={"tags": mark, "fields": "title,id"})
    assert [list(item.items()) for item in answer.json()["items"]] == [[("title", mark), ("id", article["id"])]]


def test_fields_can_omit_the_member_of_the_order(api: httpx.Client, store: Database, mark: str) -> None:
    put_in(store, *({"title": title, "tags": [mark], "body": title} for title in "bca"))
    first = api.get("/articles", params={"tags": mark, "fields": "body", "sort": "title", "limit": 2})
    assert first.json()["items"] == [{"body": "a"}, {"body": "b"}]
    assert api.get(first.links["next"]["url"]).json()["items"] == [{"body": "c"}]


def test_limit_all_is_for_streams_only(api: httpx.Client) -> None:
    for accept in ("application/json", "application/vnd.touchstone.v2+json", "*/*"):
        document = refused(api.get("/articles?limit=all", headers={"Accept": accept}), 400, "invalid-parameter")
        assert [fault["parameter"] for fault in document["errors"]] == ["limit"]
    assert api.get("/articles?limit=all", headers={"Accept": "application/xml"}).status_code == 400


def test_a_list_in_xml_has_its_items_as_elements(api: httpx.Client, mark: str) -> None:
    articles = [make(api, title=f"{mark} & <{n}>", tags=[mark]) for n in range(2)]
    answer = api.get(f"/articles?tags={mark}&count=true", headers={"Accept": "application/xml"})
    assert answer.headers["Content-Type"] == "application/xml"
    root = ET.fromstring(answer.content)
    assert root.tag == "article"
    assert [item.findtext("title") for item in root.findall("items/item")] == [
        article["title"] for article in articles[::-1]
    ]
    assert root.findtext("total") == "2"


def test_the_tag_of_a_list_is_weak_and_changes_with_it(api: httpx.Client, mark: str) -> None:
    article = make(api, tags=[mark])
    place = f"/articles?tags={mark}"
    before = api.get(place).headers["ETag"]
    assert before.startswith('W/"')
    assert api.get(place).headers["ETag"] == before
    for tags in (before, before.removeprefix("W/"), f'"x", {before}', "*"):
        answer = api.get(place, headers={"If-None-Match": tags})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == before
        assert {"cache-control", "vary", "date"} <= set(answer.headers)
        assert "Content-Type" not in answer.headers
    assert api.head(place, headers={"If-None-Match": before}).status_code == 304
    api.put(path(article), json={"title": "other", "body": "", "tags": [mark]})
    after = api.get(place, headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.headers["ETag"] != before
    make(api, tags=[mark])
    assert api.get(place).headers["ETag"] not in (before, after.headers["ETag"])


def test_each_representation_of_a_list_has_a_tag_of_its_own(api: httpx.Client, mark: str) -> None:
    make(api, tags=[mark])
    accepts = ["application/json", "application/vnd.touchstone.v2+json", "application/xml", "text/csv"]
    tags = [api.get(f"/articles?tags={mark}", headers={"Accept": accept}).headers["ETag"] for accept in accepts]
    assert len(set(tags)) == len(tags)


def test_a_weak_tag_never_satisfies_if_match(api: httpx.Client, mark: str) -> None:
    place = f"/articles?tags={mark}"
    tag = api.get(place).headers["ETag"]
    refused(api.get(place, headers={"If-Match": tag}), 412, "precondition-failed")
    assert api.get(place, headers={"If-Match": "*"}).status_code == 200
