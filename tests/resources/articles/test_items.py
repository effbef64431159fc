"""GET and DELETE of one article, and unsupported methods (CONTRACT §5)."""

import xml.etree.ElementTree as ET

import httpx
import pytest

from api.store.database import Database
from tests.resources.making import NEVER_AN_ID, make, path, put_in, read, refused

V2 = "application/vnd.touchstone.v2+json"


def test_an_article_is_read_with_its_validators(api: httpx.Client, settled: dict) -> None:
    answer = api.get(path(settled))
    assert (answer.status_code, answer.json()) == (200, settled)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["ETag"] == '"v2"'
    assert answer.headers["Last-Modified"].endswith(" GMT")
    assert answer.headers["Cache-Control"].endswith("no-cache")
    assert "Accept" in answer.headers["Vary"].split(", ")


@pytest.mark.parametrize("spelling", ["0", "-1", "01", "1e3", "1.0", "٣", str(2**63), str(2**200), "x", "%31x"])
def test_a_malformed_id_is_404(api: httpx.Client, spelling: str) -> None:
    refused(api.get(f"/articles/{spelling}"), 404, "not-found")


def test_a_404_names_the_path(api: httpx.Client) -> None:
    document = refused(api.get(f"/articles/{NEVER_AN_ID}"), 404, "not-found")
    assert f"/articles/{NEVER_AN_ID}" in document["detail"]


@pytest.mark.parametrize("fields", [["title"], ["version", "id"], ["tags", "status", "author_id"]])
def test_fields_returns_only_these_members_in_that_order(api: httpx.Client, fields: list) -> None:
    article = make(api)
    answer = api.get(path(article), params={"fields": ",".join(fields)})
    assert answer.status_code == 200
    assert list(answer.json().items()) == [(name, article[name]) for name in fields]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("fields=secret", "fields"),
        ("fields=", "fields"),
        ("fields=id,id", "fields"),
        ("fields=id&fields=title", "fields"),
        ("expand=author", "expand"),
        ("Fields=id", "Fields"),
    ],
)
def test_a_bad_query_is_400_and_names_the_parameter(api: httpx.Client, query: str, parameter: str) -> None:
    document = refused(api.get(f"{path(make(api))}?{query}"), 400, "invalid-parameter")
    assert [fault["parameter"] for fault in document["errors"]] == [parameter]


def test_the_cache_buster_is_ignored(api: httpx.Client) -> None:
    article = make(api)
    assert api.get(path(article) + "?_=1700000000000").json() == article


def test_version_2_wraps_the_article(api: httpx.Client) -> None:
    article = make(api)
    answer = api.get(path(article), headers={"Accept": V2})
    assert answer.headers["Content-Type"] == V2
    assert answer.json() == {"data": article, "links": {"self": path(article)}, "meta": {"version": 1}}


def test_xml_has_the_members_as_elements(api: httpx.Client, store: Database) -> None:
    article = put_in(store, {"title": "<&>\x01", "tags": ["a", "b"], "author_id": None})[0]
    answer = api.get(path(article), headers={"Accept": "application/xml"})
    assert answer.headers["Content-Type"] == "application/xml"
    root = ET.fromstring(answer.content)
    assert root.tag == "article"
    assert [child.tag for child in root] == list(article)
    assert root.findtext("title") == "<&>\ufffd"
    assert [item.text for item in root.findall("tags/item")] == ["a", "b"]
    author = root.find("author_id")
    assert author is not None
    assert author.get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true"


def test_a_deleted_article_is_204_and_then_404(api: httpx.Client) -> None:
    article = make(api)
    answer = api.delete(path(article))
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer.headers
    for method in ("GET", "HEAD", "DELETE"):
        assert api.request(method, path(article)).status_code == 404


def test_a_delete_ignores_accept(api: httpx.Client) -> None:
    assert api.delete(path(make(api)), headers={"Accept": "image/png"}).status_code == 204


def test_a_query_parameter_is_400_and_deletes_nothing(api: httpx.Client) -> None:
    article = make(api)
    refused(api.delete(path(article) + "?force=1"), 400, "invalid-parameter")
    assert read(api, article) == article


def test_a_body_of_a_delete_is_ignored(api: httpx.Client) -> None:
    answer = api.request("DELETE", path(make(api)), content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 204


def test_post_to_an_article_is_405_with_allow(api: httpx.Client) -> None:
    article = make(api)
    answer = api.post(path(article), json={"title": "t", "body": ""})
    document = refused(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"
    assert document["allowed"] == answer.headers["Allow"].split(", ")
    assert read(api, article) == article


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_the_collection_has_no_such_method(api: httpx.Client, method: str) -> None:
    answer = api.request(method, "/articles", json={})
    refused(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_options_describe_an_article(api: httpx.Client) -> None:
    answer = api.options(path(make(api)))
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"
    assert set(answer.headers["Accept-Patch"].split(", ")) == {
        "application/merge-patch+json",
        "application/json-patch+json",
        "application/json",
    }


def test_options_describe_the_collection(api: httpx.Client) -> None:
    answer = api.options("/articles")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert "application/json" in answer.headers["Accept-Post"].split(", ")
