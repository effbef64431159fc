"""Checks of a message before it is stored: text in its charset, strict JSON, XML (CONTRACT §8, §11)."""

from encodings.aliases import aliases

import httpx
import pytest

from api.store.database import Database
from tests.resources.making import refused
from tests.resources.messages.messages import JSON, TAKEN, TEXT, XML, make, send, stored

pytestmark = pytest.mark.one_database

JSONS = TAKEN[1:4]

# Text


@pytest.mark.parametrize(
    ("charset", "content"),
    [
        ("utf-8", "é😀".encode()),
        ("UTF-8", "é".encode()),
        ("utf8", "é".encode()),
        ("us-ascii", b"plain"),
        ("iso-8859-1", bytes(range(256))),
        ("ISO-8859-15", b"\xa4"),
        ("windows-1252", b"\x80"),
        ("utf-16", "é😀".encode("utf-16")),
        ("utf-16le", "é".encode("utf-16-le")),
        ("shift_jis", "日本".encode("shift_jis")),
        ("gb18030", "中文".encode("gb18030")),
        ("koi8-r", "привет".encode("koi8-r")),
    ],
)
def test_text_in_its_charset_is_stored(api: httpx.Client, charset: str, content: bytes) -> None:
    made = make(api, content, f"text/plain; charset={charset}")
    assert api.get(f"/messages/{made['id']}").content == content


@pytest.mark.parametrize(
    ("charset", "content"),
    [
        ("utf-8", b"\xff"),
        ("utf-8", b"\xe2\x82"),
        ("utf-8", b"\xed\xa0\x80"),
        ("utf-8", b"a" * 300_000 + b"\xff"),
        ("us-ascii", b"\x80"),
        ("utf-16", b"\xff\xfea"),
        ("utf-16", b"\xff\xfe\x00\xd8"),
        ("shift_jis", b"\x81"),
        ("windows-1252", b"\x81"),
        ("utf-32", b"abc"),
    ],
)
def test_text_that_is_not_in_its_charset_is_400_and_not_stored(
    api: httpx.Client, store: Database, charset: str, content: bytes
) -> None:
    before = stored(store)
    refused(send(api, content, f"text/plain; charset={charset}"), 400, "malformed-body")
    assert stored(store) == before


def test_a_character_can_span_two_reads(api: httpx.Client) -> None:
    for offset in range(4):
        content = b"a" * (256 * 1024 - offset) + "😀".encode() + b"a" * 10
        assert send(api, content, "text/plain; charset=utf-8").status_code == 201, offset


@pytest.mark.crossed
@pytest.mark.parametrize("media_type", [TEXT, XML, "text/xml"])
@pytest.mark.parametrize("charset", ["no-such-charset", '""', "hex", "rot13", "zlib", "idna", "*"])
def test_an_unknown_charset_is_415(api: httpx.Client, store: Database, media_type: str, charset: str) -> None:
    before = stored(store)
    answer = send(api, b"<a/>", f"{media_type}; charset={charset}")
    assert refused(answer, 415, "unsupported-media-type")["supported"] == TAKEN
    assert answer.headers["Accept-Post"].split(", ") == TAKEN
    assert stored(store) == before


def test_no_charset_causes_an_internal_error(api: httpx.Client) -> None:
    names = sorted({*aliases, *aliases.values(), "raw_unicode_escape", "unicode_escape", "punycode", "undefined"})
    for charset in names:
        for media_type in (TEXT, XML):
            answer = send(api, b"<a/>", f"{media_type}; charset={charset}")
            assert answer.status_code in (201, 400, 415), (media_type, charset)


# JSON


@pytest.mark.parametrize(
    "content", [b"null", b"true", b"0", b'""', b"[]", b"{}", b"-0.0", b"1e3", b" [1]\n", b"[" * 32 + b"]" * 32]
)
@pytest.mark.parametrize("media_type", JSONS)
def test_json_with_any_root_is_stored(api: httpx.Client, media_type: str, content: bytes) -> None:
    made = make(api, content, media_type)
    assert api.get(f"/messages/{made['id']}").content == content


@pytest.mark.crossed
@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b"01",
        b"NaN",
        b"1e999",
        b'{"a": 1, "a": 2}',
        b'"\\ud800"',
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        '"é"'.encode("utf-16"),
        b"[" * 33 + b"]" * 33,
        b"[" * 100_000,
        b"1" * 5_000,
        b" ",
        b"<a/>",
    ],
)
@pytest.mark.parametrize("media_type", JSONS)
def test_malformed_json_is_400_and_not_stored(
    api: httpx.Client, store: Database, media_type: str, content: bytes
) -> None:
    before = stored(store)
    document = refused(send(api, content, media_type), 400, "malformed-json")
    assert (document["line"] >= 1, document["column"] >= 1) == (True, True)
    assert stored(store) == before


@pytest.mark.parametrize("content", [b"9007199254740992", b'["a\\u0000b"]'])
def test_ambiguous_json_is_422_and_not_stored(api: httpx.Client, store: Database, content: bytes) -> None:
    before = stored(store)
    assert refused(send(api, content, JSON), 422, "invalid")["errors"]
    assert stored(store) == before


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "us-ascii", "no-such-charset", '""'])
@pytest.mark.parametrize("media_type", JSONS)
def test_json_has_one_charset(api: httpx.Client, store: Database, media_type: str, charset: str) -> None:
    before = stored(store)
    answer = send(api, b"{}", f"{media_type}; charset={charset}")
    assert refused(answer, 415, "unsupported-media-type")["supported"] == TAKEN
    assert stored(store) == before


# XML


@pytest.mark.crossed
@pytest.mark.parametrize("media_type", [XML, "text/xml"])
@pytest.mark.parametrize(
    "content",
    [
        b"<a>",
        b"<a></b>",
        b"text",
        b"<a>&nbsp;</a>",
        b"<a>\xff</a>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        b'<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:1/"> %b;]><a/>',
        b'<!DOCTYPE a [<!ENTITY b "' + b"b" * 50_000 + b'">]><a>' + b"&b;" * 50_000 + b"</a>",
        b'<!DOCTYPE l [<!ENTITY a "a"><!ENTITY b "'
        + b"&a;" * 100
        + b'"><!ENTITY c "'
        + b"&b;" * 100
        + b'">]><l>&c;</l>',
    ],
)
def test_malformed_xml_and_entities_are_400_and_not_stored(
    api: httpx.Client, store: Database, media_type: str, content: bytes
) -> None:
    before = stored(store)
    refused(send(api, content, media_type), 400, "malformed-body")
    assert stored(store) == before


@pytest.mark.parametrize("content_type", ["application/xml; charset=utf-8", "text/xml; charset=us-ascii"])
def test_xml_that_is_not_in_its_charset_is_400_and_not_stored(
    api: httpx.Client, store: Database, content_type: str
) -> None:
    before = stored(store)
    refused(send(api, b"<a>\xe9</a>", content_type), 400, "malformed-body")
    assert stored(store) == before
