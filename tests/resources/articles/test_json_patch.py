"""PATCH /articles/<id> by a JSON Patch (RFC 6902, CONTRACT §5)."""

import json
from typing import Any

import httpx
import pytest

from tests.resources.making import JSON_PATCH, MINIMAL, make, path, pointers, read, refused


def patch(api: httpx.Client, article: dict, operations: Any, **fields: str) -> httpx.Response:
    return api.patch(path(article), json=operations, headers={**JSON_PATCH, **fields})


def op(name: str, path: str, **members: Any) -> dict:
    return {"op": name, "path": path, **members}


RENAME = op("replace", "/title", value="New")


def test_a_patch_returns_the_whole_article_with_its_tag(api: httpx.Client) -> None:
    article = make(api, tags=["a"])
    answer = patch(api, article, [op("test", "/version", value=1), RENAME, op("add", "/tags/-", value="b")])
    assert answer.status_code == 200
    changed = answer.json()
    expected = {"title": "New", "tags": ["a", "b"], "version": 2, "updated_at": changed["updated_at"]}
    assert changed == {**article, **expected}
    assert answer.headers["ETag"] == api.get(path(article)).headers["ETag"] == '"v2"'
    assert read(api, article) == changed


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([], {}),
        ([op("add", "/tags/0", value="z")], {"tags": ["z", "a", "b"]}),
        ([op("add", "/tags", value=[])], {"tags": []}),
        ([op("add", "/title", value="New")], {"title": "New"}),
        ([op("remove", "/tags/0")], {"tags": ["b"]}),
        ([op("remove", "/tags")], {"tags": []}),
        ([op("remove", "/status")], {"status": "published"}),
        ([op("replace", "/tags/1", value="c")], {"tags": ["a", "c"]}),
        ([op("move", "/tags/0", **{"from": "/tags/1"})], {"tags": ["b", "a"]}),
        ([op("move", "/body", **{"from": "/title"}), op("add", "/title", value="x")], {"title": "x", "body": "T"}),
        ([op("copy", "/body", **{"from": "/title"})], {"body": "T"}),
        ([op("copy", "/tags/-", **{"from": "/tags/0"})], {"tags": ["a", "b", "a"]}),
        ([op("add", "/x", value=1), op("remove", "/x")], {}),
        ([op("test", "/tags", value=["a", "b"]), op("test", "/version", value=1)], {}),
        ([op("replace", "/title", value="New", comment="ignored (RFC 6902 §4)")], {"title": "New"}),
    ],
    ids=str,
)
def test_each_operation_does_what_the_rfc_says(api: httpx.Client, operations: list, expected: dict) -> None:
    article = make(api, title="T", body="B", tags=["a", "b"], status="draft")
    answer = patch(api, article, operations)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {**article, **expected, "version": 2, "updated_at": answer.json()["updated_at"]}


@pytest.mark.parametrize(
    "operation",
    [
        op("test", "/title", value="other"),
        op("test", "/version", value="1"),
        op("test", "/version", value=True),
        op("test", "/tags", value=["b", "a"]),
        op("test", "/nothing", value=None),
        op("remove", "/nothing"),
        op("remove", "/tags/2"),
        op("remove", "/tags/-"),
        op("remove", "/tags/00"),
        op("replace", "/nothing", value=1),
        op("add", "/tags/3", value="x"),
        op("add", "/nothing/here", value="x"),
        op("add", "/title/here", value="x"),
        op("copy", "/title", **{"from": "/nothing"}),
        op("move", "/title", **{"from": "/nothing"}),
    ],
    ids=str,
)
def test_an_absent_path_or_a_failed_test_is_409_and_nothing_is_applied(api: httpx.Client, operation: dict) -> None:
    article = make(api, tags=["a", "b"])
    for operations in ([RENAME, operation], [operation, RENAME]):
        refused(patch(api, article, operations), 409, "patch-conflict")
        assert read(api, article) == article


@pytest.mark.parametrize(
    "operations",
    [
        {},
        "remove",
        None,
        [1],
        [None],
        [[]],
        [{}],
        [{"op": "remove"}],
        [{"path": "/title"}],
        [op("rename", "/title")],
        [op("Remove", "/title")],
        [{"op": 1, "path": "/title"}],
        [{"op": "remove", "path": 1}],
        [op("remove", "title")],
        [op("remove", "#/title")],
        [op("remove", "/title~2")],
        [op("add", "/title")],
        [op("replace", "/title")],
        [op("test", "/title")],
        [op("move", "/title")],
        [op("copy", "/title")],
        [op("copy", "/title", **{"from": "title"})],
        [op("move", "/tags/0", **{"from": "/tags"})],
    ],
    ids=str,
)
def test_a_malformed_patch_is_400_and_nothing_is_applied(api: httpx.Client, operations: Any) -> None:
    article = make(api)
    sent = [RENAME, *operations] if isinstance(operations, list) else operations
    answer = api.patch(path(article), content=json.dumps(sent), headers=JSON_PATCH)
    refused(answer, 400, "malformed-body")
    assert read(api, article) == article


@pytest.mark.parametrize("content", [b"", b"[", b"[,]"])
def test_what_is_not_json_is_400(api: httpx.Client, content: bytes) -> None:
    refused(api.patch(path(make(api)), content=content, headers=JSON_PATCH), 400, "malformed-json")


@pytest.mark.parametrize(
    ("operations", "pointer"),
    [
        ([op("remove", "/title")], "#/title"),
        ([op("remove", "/body")], "#/body"),
        ([op("replace", "/title", value="")], "#/title"),
        ([op("replace", "/title", value=["x"])], "#/title"),
        ([op("add", "/tags/-", value="A")], "#/tags/1"),
        ([op("add", "/nickname", value="x")], "#/nickname"),
        ([op("add", "/a~1b~0", value="x")], "#/a~1b~0"),
        ([op("replace", "/version", value=9)], "#/version"),
        ([op("replace", "/version", value=True)], "#/version"),
        ([op("remove", "/version")], "#/version"),
        ([op("replace", "/updated_at", value="2026-01-01T00:00:00.000Z")], "#/updated_at"),
        ([op("replace", "/created_at", value=None)], "#/created_at"),
        ([op("remove", "/id")], "#/id"),
        ([op("add", "/author_id", value=999)], "#/author_id"),
        ([op("replace", "", value=[])], "#"),
        ([op("replace", "", value="text")], "#"),
    ],
    ids=str,
)
def test_a_result_that_is_not_valid_is_422_and_nothing_is_applied(
    api: httpx.Client, operations: list, pointer: str
) -> None:
    article = make(api, tags=["a"])
    assert pointers(patch(api, article, [op("replace", "/status", value="draft"), *operations])) == {pointer}
    assert read(api, article) == article


def test_invalid_intermediate_states_do_not_matter(api: httpx.Client) -> None:
    article = make(api)
    answer = patch(api, article, [op("remove", "/title"), op("add", "/title", value="Back")])
    assert (answer.status_code, answer.json()["title"]) == (200, "Back")


def test_read_only_members_set_to_their_values_pass(api: httpx.Client) -> None:
    article = make(api)
    answer = patch(api, article, [op("replace", "/id", value=article["id"]), RENAME])
    assert (answer.status_code, answer.json()["title"]) == (200, "New")


def test_the_whole_document_can_be_replaced(api: httpx.Client) -> None:
    article = make(api, tags=["a"])
    answer = patch(api, article, [op("replace", "", value={**article, "title": "New", "tags": []})])
    assert (answer.status_code, answer.json()["title"], answer.json()["tags"]) == (200, "New", [])


def test_minimal_is_204_without_content(api: httpx.Client) -> None:
    article = make(api)
    answer = patch(api, article, [RENAME], **MINIMAL)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Preference-Applied"] == "return=minimal"
    assert read(api, article)["title"] == "New"
