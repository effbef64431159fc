"""PATCH /articles/<id> by a merge patch (RFC 7396, CONTRACT §5)."""

import json

import httpx
import pytest

from tests.resources.making import MERGE, MINIMAL, NEVER_AN_ID, make, path, pointers, read, refused


def merge(api: httpx.Client, article: dict, patch: object, **fields: str) -> httpx.Response:
    return api.patch(path(article), json=patch, headers={**MERGE, **fields})


def test_a_patch_returns_the_whole_article_with_its_tag(api: httpx.Client) -> None:
    article = make(api, tags=["kept"])
    answer = merge(api, article, {"title": "New"})
    assert answer.status_code == 200
    changed = answer.json()
    assert changed == {**article, "title": "New", "version": 2, "updated_at": changed["updated_at"]}
    there = api.get(path(article))
    assert answer.headers["ETag"] == there.headers["ETag"] == '"v2"'
    assert there.content == answer.content


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({}, {}),
        ({"tags": ["b"]}, {"tags": ["b"]}),
        ({"tags": []}, {"tags": []}),
        ({"tags": None}, {"tags": []}),
        ({"status": None}, {"status": "published"}),
        ({"title": "t", "body": ""}, {"title": "t", "body": ""}),
        ({"unknown": None}, {}),
        # Members that change with every write are ignored.
        ({"version": 9, "title": "t"}, {"title": "t"}),
        ({"version": None}, {}),
        ({"created_at": None, "updated_at": "2026-01-01T00:00:00.000Z"}, {}),
    ],
)
def test_a_merge_patch_sets_members_and_null_resets_them(api: httpx.Client, patch: dict, expected: dict) -> None:
    article = make(api, tags=["a"], status="draft")
    answer = merge(api, article, patch)
    assert answer.status_code == 200
    assert answer.json() == {**article, **expected, "version": 2, "updated_at": answer.json()["updated_at"]}


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"title": None}, "#/title"),
        ({"title": ""}, "#/title"),
        ({"title": 1}, "#/title"),
        ({"title": "x" * 201}, "#/title"),
        ({"body": None}, "#/body"),
        ({"tags": "a"}, "#/tags"),
        ({"tags": ["A"]}, "#/tags/0"),
        ({"tags": {"0": "a"}}, "#/tags"),
        ({"status": "gone"}, "#/status"),
        ({"unknown": 1}, "#/unknown"),
        ({"id": 1}, "#/id"),
        ({"id": None}, "#/id"),
        ({"author_id": 1}, "#/author_id"),
        ({"author_id": None}, "#/author_id"),
        ([], "#"),
        ("title", "#"),
        (None, "#"),
    ],
)
def test_a_result_that_is_not_valid_is_422_and_changes_nothing(api: httpx.Client, patch: object, pointer: str) -> None:
    article = make(api)
    # The patch also has a valid member, which must not be stored.
    sent = {"status": "draft", **patch} if isinstance(patch, dict) and "status" not in patch else patch
    answer = api.patch(path(article), content=json.dumps(sent), headers=MERGE)
    assert pointers(answer) == {pointer}
    assert read(api, article) == article


def test_all_faults_are_reported_at_once(api: httpx.Client) -> None:
    answer = merge(api, make(api), {"title": None, "tags": ["A"], "id": 1, "more": 1})
    assert pointers(answer) == {"#/title", "#/tags/0", "#/id", "#/more"}


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8"])
def test_plain_json_is_a_merge_patch(api: httpx.Client, media_type: str) -> None:
    article = make(api, tags=["a"], status="draft")
    answer = api.patch(path(article), content=b'{"title": "New", "tags": null}', headers={"Content-Type": media_type})
    assert answer.status_code == 200
    expected = {"title": "New", "tags": [], "version": 2, "updated_at": answer.json()["updated_at"]}
    assert answer.json() == read(api, article) == {**article, **expected}
    # It is not a JSON Patch, whatever it looks like.
    assert pointers(api.patch(path(article), json=[{"op": "remove", "path": "/tags"}])) == {"#"}
    refused(api.patch(path(article), content=b"{", headers={"Content-Type": media_type}), 400, "malformed-json")


def test_read_only_members_that_are_equal_pass(api: httpx.Client) -> None:
    article = make(api)
    answer = merge(api, article, {**article, "title": "New"})
    assert (answer.status_code, answer.json()["title"]) == (200, "New")


@pytest.mark.parametrize("content", [b"{", b"", b'{"title": "a", "title": "b"}', b"{'title': 1}"])
def test_a_malformed_patch_is_400_and_changes_nothing(api: httpx.Client, content: bytes) -> None:
    article = make(api)
    refused(api.patch(path(article), content=content, headers=MERGE), 400, "malformed-json")
    assert read(api, article) == article


@pytest.mark.parametrize("media_type", [None, "text/plain", "application/xml", "application/vnd.touchstone.v2+json"])
def test_another_media_type_is_415_with_accept_patch(api: httpx.Client, media_type: str | None) -> None:
    article = make(api)
    fields = {"Content-Type": media_type} if media_type else {}
    answer = api.patch(path(article), content=b'{"title": "New"}', headers=fields)
    document = refused(answer, 415, "unsupported-media-type")
    expected = {"application/merge-patch+json", "application/json-patch+json", "application/json"}
    assert set(answer.headers["Accept-Patch"].split(", ")) == set(document["supported"]) == expected
    assert "Accept-Encoding" not in answer.headers
    assert read(api, article) == article


def test_minimal_is_204_without_content(api: httpx.Client) -> None:
    article = make(api)
    answer = merge(api, article, {"title": "New"}, **MINIMAL)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Preference-Applied"] == "return=minimal"
    assert "Content-Type" not in answer.headers
    assert read(api, article)["title"] == "New"


def test_an_absent_article_is_404(api: httpx.Client) -> None:
    refused(merge(api, {"id": NEVER_AN_ID}, {"title": "New"}), 404, "not-found")


def test_an_impossible_accept_changes_nothing(api: httpx.Client) -> None:
    article = make(api)
    refused(merge(api, article, {"title": "New"}, Accept="image/png"), 406, "not-acceptable")
    assert read(api, article) == article


@pytest.mark.parametrize("media_type", ["application/vnd.touchstone.v2+json", "application/xml"])
def test_the_tag_of_a_patch_is_that_of_its_representation(api: httpx.Client, media_type: str) -> None:
    article = make(api)
    answer = merge(api, article, {"title": "New"}, Accept=media_type)
    there = api.get(path(article), headers={"Accept": media_type})
    assert answer.headers["Content-Type"] == media_type
    assert (answer.headers["ETag"], answer.content) == (there.headers["ETag"], there.content)
