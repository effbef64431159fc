"""Digests of uploads and downloads: declared, checked, requested (RFC 9530; decision 0007; CONTRACT §10)."""

import hashlib
from base64 import b64encode

import httpx
import pytest

from api.store.database import Database
from tests.resources.making import refused
from tests.resources.messages.messages import BINARY, FORM, JSON, TEXT, form, make, part, place, send, stored

pytestmark = pytest.mark.one_database

CONTENT = b'{"hello": "world"}'
FIELDS = ["Content-Digest", "Repr-Digest"]


def digest(content: bytes, algorithm: str = "sha-256") -> str:
    """A member of a digest field for this content."""
    hashed = hashlib.new(algorithm.replace("-", ""), content).digest()
    return f"{algorithm}=:{b64encode(hashed).decode()}:"


GOOD = [
    digest(CONTENT),
    digest(CONTENT, "sha-512"),
    f"{digest(CONTENT)}, {digest(CONTENT, 'sha-512')}",
    f"{digest(CONTENT, 'sha-512')},{digest(CONTENT)}",
    f"md5=:AAAA:, {digest(CONTENT)}",
    "md5=:AAAA:",
    "unixsum=1, new",
    "",
]
WRONG = [
    digest(b"another"),
    digest(b""),
    digest(b"another", "sha-512"),
    f"{digest(CONTENT)}, {digest(b'another', 'sha-512')}",
    f"{digest(b'another')}, {digest(CONTENT, 'sha-512')}",
]
MALFORMED = ["sha-256=x", "sha-256", "sha-256=:AAAA:", "sha-256=:!!:", "garbage garbage", "SHA-256=1", "sha-256=::"]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", GOOD)
def test_content_with_its_declared_digest_is_stored(api: httpx.Client, field: str, value: str) -> None:
    message = make(api, CONTENT, JSON, **{field: value})
    assert message["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert api.get(place(message)).content == CONTENT


@pytest.mark.crossed
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", WRONG)
def test_content_with_another_digest_is_400_and_not_stored(
    api: httpx.Client, store: Database, field: str, value: str
) -> None:
    before = stored(store)
    refused(send(api, CONTENT, JSON, **{field: value}), 400, "digest-mismatch")
    assert stored(store) == before


@pytest.mark.parametrize(("content", "repr_"), [(CONTENT, b"another"), (b"another", CONTENT)])
@pytest.mark.parametrize("algorithm", ["sha-256", "sha-512"])
def test_each_of_two_fields_is_checked(
    api: httpx.Client, store: Database, content: bytes, repr_: bytes, algorithm: str
) -> None:
    fields = {"Content-Digest": digest(content, algorithm), "Repr-Digest": digest(repr_, algorithm)}
    before = stored(store)
    refused(send(api, CONTENT, JSON, **fields), 400, "digest-mismatch")
    assert stored(store) == before


def test_two_matching_fields_are_accepted(api: httpx.Client) -> None:
    fields = {"Content-Digest": digest(CONTENT), "Repr-Digest": digest(CONTENT, "sha-512")}
    assert send(api, CONTENT, JSON, **fields).status_code == 201


@pytest.mark.parametrize("second", [digest(CONTENT, "sha-512"), "md5=:AAAA:"])
def test_a_field_in_two_lines_is_one_dictionary(api: httpx.Client, second: str) -> None:
    # RFC 9651 §4.2: lines of one field are joined.
    lines = [("Content-Type", JSON), ("Content-Digest", digest(CONTENT)), ("Content-Digest", second)]
    assert api.post("/messages", content=CONTENT, headers=lines).status_code == 201
    lines[1] = ("Content-Digest", digest(b"another"))
    refused(api.post("/messages", content=CONTENT, headers=lines), 400, "digest-mismatch")


@pytest.mark.crossed
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", MALFORMED)
def test_a_malformed_digest_is_400_and_nothing_is_stored(
    api: httpx.Client, store: Database, field: str, value: str
) -> None:
    before = stored(store)
    document = refused(send(api, CONTENT, JSON, **{field: value}), 400, "invalid-header")
    assert [error["header"] for error in document["errors"]] == [field]
    assert stored(store) == before


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_upload_is_checked_to_its_last_byte(api: httpx.Client, store: Database, chunked: bool) -> None:
    content = b"x" * 700_000
    before = stored(store)
    for wrong in (content[:-1] + b"y", content[:-1], b"y" + content[1:]):
        sent = iter([wrong[:5], wrong[5:]]) if chunked else wrong
        refused(send(api, sent, BINARY, Content_Digest=digest(content)), 400, "digest-mismatch")
    assert stored(store) == before
    sent = iter([content[:5], content[5:]]) if chunked else content
    assert send(api, sent, BINARY, Content_Digest=digest(content)).status_code == 201


def test_the_digest_is_that_of_the_body_and_not_of_a_part(api: httpx.Client) -> None:
    body = form(part("a", CONTENT))
    assert send(api, body, FORM, Content_Digest=digest(body)).status_code == 201
    refused(send(api, body, FORM, Content_Digest=digest(CONTENT)), 400, "digest-mismatch")


def test_a_broken_body_with_a_matching_digest_is_malformed(api: httpx.Client) -> None:
    refused(send(api, b"{", JSON, Content_Digest=digest(b"{")), 400, "malformed-json")


# Reading


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("want", ["sha-256=1", "sha-256=10", "sha-512=3, sha-256=10", "unixsum=1,sha-256=5"])
def test_a_requested_digest_is_sent(api: httpx.Client, method: str, want: str) -> None:
    message = make(api, form(part("a", CONTENT), part("b", b"")), FORM)
    for url, content in (
        (place(message), form(part("a", CONTENT), part("b", b""))),
        (place(message, 1), CONTENT),
        (place(message, 2), b""),
    ):
        answer = api.request(method, url, headers={"Want-Repr-Digest": want})
        assert answer.status_code == 200
        assert answer.headers["Repr-Digest"] == digest(content)


@pytest.mark.parametrize("want", ["sha-256=0", "sha-512=10", "md5=1", "", "garbage garbage", "sha-256=x", "sha-256=-1"])
def test_an_unrequested_or_unsupported_digest_is_not_sent(api: httpx.Client, want: str) -> None:
    answer = api.get(place(make(api)), headers={"Want-Repr-Digest": want})
    assert (answer.status_code, answer.content) == (200, b"0123456789")
    assert "Repr-Digest" not in answer.headers


def test_without_a_request_no_digest_is_sent(api: httpx.Client) -> None:
    assert "Repr-Digest" not in api.get(place(make(api))).headers


def test_the_digest_of_a_range_is_that_of_the_whole_content(api: httpx.Client) -> None:
    fields = {"Want-Repr-Digest": "sha-256=1", "Range": "bytes=0-1"}
    answer = api.get(place(make(api, CONTENT, TEXT)), headers=fields)
    assert (answer.status_code, answer.content) == (206, CONTENT[:2])
    assert answer.headers["Repr-Digest"] == digest(CONTENT)  # RFC 9530 §3
