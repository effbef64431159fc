"""Request bodies (CONTRACT §8): media types, charsets, and the envelope of version 2."""

import pytest

from tests.contract.expect import refused
from tests.contract.raw import ADMIN, ask

pytestmark = pytest.mark.one_database

V1 = "application/vnd.touchstone.v1+json"
V2 = "application/vnd.touchstone.v2+json"
BODY = b'{"title": "Sent", "body": "b"}'
NOT_TAKEN = [
    "application/json; charset=iso-8859-1",
    "application/json; charset=utf-16",
    "application/json; charset=",
    "application/json; charset=utf-8; charset=utf-8",
    "application/json; charset=utf-8; charset=latin-1",
    "json",
    "a/b, c/d",
    "application/json, application/json",
    "application/json, text/plain",
    "application/",
    "/json",
    "application json",
    "*/*",
    "application/*",
    "text/json",
    "text/plain",
    "application/x-json",
    "application/jsonp",
    "application/hal+json",
    "application/problem+json",
    "application/vnd.touchstone.v9+json",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "application/octet-stream",
]


def send(server, method, path, content_type, body=BODY):
    """A request with these bytes as its Content-Type (None: without one)."""
    field = b"" if content_type is None else b"Content-Type: " + content_type.encode() + b"\r\n"
    return ask(server.port, method, path, ADMIN + field + b"Content-Length: %d\r\n" % len(body), body)


@pytest.mark.crossed
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "Application/Json; Charset=UTF-8",
        "application/json;charset=utf-8",
        'application/json; charset="utf-8"',
        "application/json; charset=utf8",
        "application/json; charset=UTF8",
        "application/json ; charset=utf-8",
        V1,
        V1.upper(),
        f"{V1}; charset=utf-8",
    ],
)
@pytest.mark.parametrize(("method", "status"), [("POST", 201), ("PUT", 200)])
def test_json_is_accepted_in_any_spelling_of_its_name(server, article, method, status, content_type):
    path = "/articles" if method == "POST" else f"/articles/{article['id']}"
    answer = send(server, method, path, content_type)
    assert answer.status_code == status
    assert answer.json()["title"] == "Sent"


@pytest.mark.crossed
@pytest.mark.parametrize("content_type", [None, "", *NOT_TAKEN, "application/merge-patch+json"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_another_type_or_none_is_415_and_stores_nothing(server, article, stored, method, content_type):
    before = stored()
    answer = send(server, method, "/articles" if method == "POST" else f"/articles/{article['id']}", content_type)
    document = refused(answer, 415, "unsupported-media-type")
    assert {"application/json", V1, V2} <= set(document["supported"])
    assert answer.headers["Accept-Post" if method == "POST" else "Accept"].split(", ") == document["supported"]
    assert "Accept-Encoding" not in answer.headers
    assert stored() == before


@pytest.mark.parametrize("content_type", [None, "", V1, V2, *NOT_TAKEN])
def test_another_type_than_a_patch_is_415_and_changes_nothing(server, article, stored, content_type):
    before = stored()
    answer = send(server, "PATCH", f"/articles/{article['id']}", content_type)
    document = refused(answer, 415, "unsupported-media-type")
    assert document["supported"] == ["application/merge-patch+json", "application/json-patch+json", "application/json"]
    assert answer.headers["Accept-Patch"].split(", ") == document["supported"]
    assert "Accept-Encoding" not in answer.headers
    assert stored() == before


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/merge-patch+json", b'{"title": "Patched"}'),
        ("application/merge-patch+json; charset=utf-8", b'{"title": "Patched"}'),
        ("Application/Merge-Patch+JSON", b'{"title": "Patched"}'),
        ("application/json-patch+json", b'[{"op": "replace", "path": "/title", "value": "Patched"}]'),
        ("application/json", b'{"title": "Patched", "tags": null}'),  # a merge patch
        ("Application/JSON; charset=utf8", b'{"title": "Patched", "tags": null}'),
    ],
)
def test_each_type_of_patch_is_accepted(server, article, content_type, body):
    answer = send(server, "PATCH", f"/articles/{article['id']}", content_type, body)
    assert answer.status_code == 200
    assert (answer.json()["title"], answer.json()["body"]) == ("Patched", article["body"])
    assert answer.json()["tags"] == ([] if b"null" in body else article["tags"])
    assert answer.json()["version"] == article["version"] + 1
    assert answer.headers["ETag"]


@pytest.mark.parametrize(
    "fields", [b"Content-Length: 0\r\n", b"", b"Content-Type: application/json\r\nContent-Length: 0\r\n"]
)
def test_a_body_declared_empty_or_none_at_all_is_400(server, stored, fields):
    before = stored()
    refused(ask(server.port, "POST", "/articles", ADMIN + fields), 400, "malformed-json")
    assert stored() == before


# Version 2


@pytest.mark.parametrize(("method", "status"), [("POST", 201), ("PUT", 200)])
def test_version_2_is_sent_in_an_envelope(server, article, method, status):
    path = "/articles" if method == "POST" else f"/articles/{article['id']}"
    answer = send(server, method, path, V2, b'{"data": ' + BODY + b"}")
    assert answer.status_code == status
    assert answer.json()["title"] == "Sent"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (BODY, "#"),
        (b"{}", "#"),
        (b"[]", "#"),
        (b'{"data": {"title": "a", "body": "b"}, "meta": {}}', "#"),
        (b'{"data": null}', "#/data"),
        (b'{"data": []}', "#/data"),
        (b'{"data": {"title": 1, "body": "b"}}', "#/data/title"),
        (b'{"data": {"title": "a"}}', "#/data/body"),
        (b'{"data": {"title": "a", "body": "b", "tags": ["A"]}}', "#/data/tags/0"),
        (b'{"data": {"title": "a", "body": "b", "nothing": 1}}', "#/data/nothing"),
        (b'{"data": {"title": "a", "body": "b", "id": 999999999}}', "#/data/id"),
        (b'{"data": {"title": "a", "body": "b", "author_id": 999999999}}', "#/data/author_id"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_faults_in_an_envelope_have_pointers_from_its_root(server, article, stored, method, body, pointer):
    before = stored()
    answer = send(server, method, "/articles" if method == "POST" else f"/articles/{article['id']}", V2, body)
    document = refused(answer, 422, "invalid")
    assert document["errors"][0]["pointer"].startswith(pointer)
    assert pointer in [error["pointer"] for error in document["errors"]] or pointer == "#"
    assert stored() == before


def test_members_that_change_with_every_write_are_ignored_in_a_put(server, article):
    sent = b'{"data": {"title": "a", "body": "b", "version": 1000, "updated_at": null, "created_at": 0}}'
    answer = send(server, "PUT", f"/articles/{article['id']}", V2, sent)
    assert answer.status_code == 200
    assert (answer.json()["version"], answer.json()["created_at"]) == (article["version"] + 1, article["created_at"])
    errors = refused(send(server, "POST", "/articles", V2, sent), 422, "invalid")["errors"]
    assert {error["pointer"] for error in errors} == {"#/data/version", "#/data/updated_at", "#/data/created_at"}
