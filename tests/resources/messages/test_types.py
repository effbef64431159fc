"""Types of messages: each accepted media type, the 201 answer, and refusals (CONTRACT §1, §2, §8)."""

import hashlib
import re

import httpx
import pytest

from api.store.database import Database
from tests.resources.making import MINIMAL, refused, user_id
from tests.resources.messages.messages import (
    BINARY,
    FORM,
    JSON,
    MEMBERS,
    TAKEN,
    TEXT,
    XML,
    form,
    make,
    part,
    send,
    stored,
)

pytestmark = pytest.mark.one_database

V2 = "application/vnd.touchstone.v2+json"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
KEPT = [
    (TEXT, b"Hello"),
    (TEXT, b"\r\n trailing \x00 and leading\n\n"),
    (TEXT, b"\xff\xfe without a charset nothing is assumed"),
    ("text/plain; charset=utf-8", "é 😀".encode()),
    ('Text/Plain;Charset="UTF-8" ; Format=flowed', b"\xef\xbb\xbfwith a byte order mark"),
    (JSON, b' {"a" : [1,  2]}\n'),
    ("application/json; charset=utf-8", '"é"'.encode()),
    ("application/vnd.touchstone.v1+json", b'{"a":1}'),
    (V2, b'{"data":{"a":1}}'),
    (V2, b"[]"),
    (XML, b'<?xml version="1.0"?>\n<a/>\n'),
    ("text/xml; charset=iso-8859-1", b"<a>\xe9</a>"),
    ("application/xml", "<a>é</a>".encode("utf-16")),
    (BINARY, bytes(range(256))),
    (BINARY, b"\x00"),
    ('application/octet-stream; name="caf\xe9"', b"\r\n\r\n"),
    (FORM, form(part("a", b"1"))),
    (f"{FORM}; charset=utf-8", form(part("é", b""))),
]


@pytest.mark.parametrize(("content_type", "content"), KEPT)
def test_a_body_is_stored_byte_for_byte_and_201_has_its_metadata(
    api: httpx.Client, store: Database, content_type: str, content: bytes
) -> None:
    answer = api.post("/messages", content=content, headers={"Content-Type": content_type.encode("latin-1")})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Content-Type"] == JSON
    known = answer.json()
    assert list(known) == MEMBERS
    assert UUID.fullmatch(known["id"])
    assert (known["content_type"], known["size"]) == (content_type, len(content))
    assert known["sha256"] == hashlib.sha256(content).hexdigest()
    assert known["sender_id"] == user_id(store, "john")
    assert known["filename"] is None
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", known["created_at"])
    assert len(known["parts"]) == content.count(b"form-data")
    place = answer.headers["Location"]
    assert place == f"/messages/{known['id']}"
    found = api.get(place)
    assert (found.status_code, found.content) == (200, content)
    assert found.headers["Content-Type"].encode("latin-1") == content_type.encode("latin-1")
    # The content of the 201 is not that of Location, so it has its own address (RFC 9110 §8.7).
    assert answer.headers["Content-Location"] == f"{place}/metadata"
    assert api.get(answer.headers["Content-Location"]).json() == known
    assert answer.headers["ETag"] == found.headers["ETag"]
    assert re.fullmatch(r'"[^"]+"', answer.headers["ETag"])


def test_the_same_message_twice_is_two_messages(api: httpx.Client) -> None:
    first, second = make(api, b"twice"), make(api, b"twice")
    assert first["id"] != second["id"]
    assert first["sha256"] == second["sha256"]


def test_the_sender_is_the_account_or_null(anonymous: httpx.Client, steve: httpx.Client, store: Database) -> None:
    assert make(anonymous)["sender_id"] is None
    assert make(steve)["sender_id"] == user_id(store, "steve")


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ('attachment; filename="report.txt"', "report.txt"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("attachment; filename*=UTF-8''%E2%82%AC.txt", "€.txt"),
        ("attachment", None),
        ("garbage;;", None),
    ],
)
def test_the_name_of_a_file_is_stored_without_its_path(api: httpx.Client, field: str, name: str | None) -> None:
    assert make(api, Content_Disposition=field)["filename"] == name


def test_minimal_has_only_location(api: httpx.Client) -> None:
    answer = send(api, b"Hello", **MINIMAL)
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["Preference-Applied"] == "return=minimal"
    assert "Content-Type" not in answer.headers
    assert "Prefer" in answer.headers["Vary"]
    # Content-Location is the address of the answer's content, and this answer has none (RFC 9110 §8.7).
    assert "Content-Location" not in answer.headers
    found = api.get(answer.headers["Location"])
    assert (found.content, found.headers["ETag"]) == (b"Hello", answer.headers["ETag"])


@pytest.mark.parametrize("accept", [*TAKEN[1:5], "*/*"])
def test_201_has_the_requested_representation(api: httpx.Client, accept: str) -> None:
    answer = send(api, form(part("a", b"1")), FORM, Accept=accept)
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == (JSON if accept == "*/*" else accept)
    again = api.get(answer.headers["Content-Location"], headers={"Accept": accept})
    assert again.headers["Content-Type"] == answer.headers["Content-Type"]
    # Both databases give members in the order of the representation.
    if accept != V2:
        assert again.content == answer.content
        return
    assert again.json()["data"] == answer.json()["data"]
    assert answer.json()["links"]["self"] == answer.headers["Content-Location"]


@pytest.mark.parametrize("accept", ["text/plain", "image/png", "application/octet-stream", "text/csv"])
def test_an_unavailable_answer_type_is_406_and_stores_nothing(api: httpx.Client, store: Database, accept: str) -> None:
    before = stored(store)
    refused(send(api, b"Hello", Accept=accept), 406, "not-acceptable")
    assert stored(store) == before


# Other types, no type, no body, a coding


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/html",
        "text/csv",
        "text/*",
        "*/*",
        "text",
        "image/png",
        "application/json, text/plain",
        "text/plain; charset=utf-8; charset=utf-8",
        "text/plain; charset",
        "application/problem+json",
        "application/vnd.touchstone.v9+json",
        "application/merge-patch+json",
        "image/svg+xml",
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=frontier",
        "multipart/byteranges; boundary=frontier",
        "application/octet-stream/x",
    ],
)
def test_another_type_or_none_is_415_and_not_stored(
    api: httpx.Client, store: Database, content_type: str | None
) -> None:
    before = stored(store)
    answer = send(api, b"{}", content_type)
    assert refused(answer, 415, "unsupported-media-type")["supported"] == TAKEN
    assert answer.headers["Accept-Post"].split(", ") == TAKEN
    assert "Accept-Encoding" not in answer.headers
    assert stored(store) == before


def test_options_lists_the_accepted_types(anonymous: httpx.Client) -> None:
    answer = anonymous.options("/messages")
    assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert answer.headers["Accept-Post"].split(", ") == TAKEN


@pytest.mark.parametrize("content_type", [*TAKEN[:-1], FORM])
@pytest.mark.parametrize("content", [b"", iter([])], ids=["declared empty", "chunked and empty"])
def test_an_empty_body_is_400_and_not_stored(
    api: httpx.Client, store: Database, content_type: str, content: bytes
) -> None:
    before = stored(store)
    refused(send(api, content, content_type), 400, "malformed-body")
    assert stored(store) == before


def test_no_body_and_no_type_is_400(api: httpx.Client, store: Database) -> None:
    before = stored(store)
    refused(api.post("/messages"), 400, "malformed-body")
    assert stored(store) == before


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "br", "identity", "deflate", "gzip, gzip", ""])
def test_a_coded_body_is_415_and_not_stored(api: httpx.Client, store: Database, coding: str) -> None:
    before = stored(store)
    answer = send(api, b"Hello", Content_Encoding=coding)
    assert refused(answer, 415, "unsupported-encoding")["supported"] == ["identity"]
    assert answer.headers["Accept-Encoding"] == "identity"
    assert "Accept-Post" not in answer.headers
    assert stored(store) == before


def test_refused_anonymous_messages_do_not_count_for_the_quota(anonymous: httpx.Client, store: Database) -> None:
    before = stored(store)
    refused(send(anonymous, b"<a>", XML), 400, "malformed-body")
    refused(send(anonymous, b"a", "image/png"), 415, "unsupported-media-type")
    assert stored(store) == before
