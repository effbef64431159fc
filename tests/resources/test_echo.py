"""`/echo`: the server returns what it received (CONTRACT §1)."""

import base64
import gzip
import json
import xml.etree.ElementTree as ET
from typing import Any

import httpx
import pytest

from tests.resources.making import refused

pytestmark = pytest.mark.one_database

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
BODIES = {"json", "form", "files", "text", "base64"}
BINARY = bytes(range(256))


def echoed(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


def post(api: httpx.Client, content: bytes | str, media_type: str | None, **fields: str) -> dict[str, Any]:
    headers = {**({"Content-Type": media_type} if media_type else {}), **fields}
    return echoed(api.post("/echo", content=content, headers=headers))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/echo", "/echo/any/path", "/echo/1", "/echo/a%20b"])
def test_every_method_gets_its_name_and_url(api: httpx.Client, method: str, path: str) -> None:
    received = echoed(api.request(method, path + "?a=1"))
    assert received["method"] == method
    assert received["path"] == path.replace("%20", " ")
    assert received["url"] == str(api.base_url).rstrip("/") + path + "?a=1"
    assert received["args"] == {"a": "1"}
    assert received["origin"] == "127.0.0.1"
    assert not BODIES & set(received)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gets_its_body_back(api: httpx.Client, method: str) -> None:
    received = echoed(api.request(method, "/echo", json={"a": [1, None]}))
    assert received["json"] == {"a": [1, None]}
    assert (received["content_type"], received["content_length"]) == ("application/json", len(b'{"a":[1,null]}'))


@pytest.mark.parametrize("method", METHODS)
def test_the_echo_as_text_is_one_line(api: httpx.Client, method: str) -> None:
    answer = api.request(method, "/echo", headers={"Accept": "text/plain"})
    assert (answer.status_code, answer.text.strip()) == (200, f"ECHO: {method}")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_head_and_options(api: httpx.Client) -> None:
    head = api.head("/echo/x")
    assert (head.status_code, head.content, head.headers["Content-Type"]) == (200, b"", "application/json")
    options = api.options("/echo/x")
    assert (options.status_code, options.content) == (204, b"")
    assert options.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"


@pytest.mark.parametrize(
    ("query", "args"),
    [
        ("", {}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=1&a=2&a=", {"a": ["1", "2", ""]}),
        ("a", {"a": ""}),
        ("a=b%20c+d%26", {"a": "b c d&"}),
        ("%C3%A9=%F0%9F%98%80", {"é": "😀"}),
        ("a.b[c]=1", {"a.b[c]": "1"}),
    ],
)
def test_parameters_are_returned_decoded(api: httpx.Client, query: str, args: dict) -> None:
    assert echoed(api.get(f"/echo?{query}"))["args"] == args


def test_header_fields_are_returned_as_sent(api: httpx.Client) -> None:
    fields = [
        ("X-One", "1"),
        ("X-Twice", "a"),
        ("X-Twice", "b, c"),
        ("X_Under", "kept"),
        ("Accept-Language", "de;q=0.5"),
    ]
    received = {name.lower(): value for name, value in echoed(api.get("/echo", headers=fields))["headers"].items()}
    assert (received["x-one"], received["x-twice"], received["accept-language"]) == ("1", "a, b, c", "de;q=0.5")
    assert received["host"] == api.base_url.netloc.decode()
    assert "proxy" not in received
    assert not [name for name in received if name.startswith(("wsgi", "touchstone"))]


@pytest.mark.parametrize(
    "content", ["null", "0", "[]", "[1, [2]]", '"text"', "true", "1.5", '{"é": "😀"}', "-0.0", "1e3"]
)
@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8", "application/ld+json"])
def test_any_json_is_returned_as_json(api: httpx.Client, content: str, media_type: str) -> None:
    received = post(api, content.encode(), media_type)
    assert received["json"] == json.loads(content)
    assert received["content_type"] == media_type
    assert BODIES & set(received) == {"json"}


def test_malformed_json_is_400(api: httpx.Client) -> None:
    for content in (b"{", b"{'a': 1}", b"01", b'{"a": 1, "a": 2}'):
        answer = api.post("/echo", content=content, headers={"Content-Type": "application/json"})
        refused(answer, 400, "malformed-json")


def test_a_form_is_returned_as_fields(api: httpx.Client) -> None:
    received = post(api, "a=1&b=x+y%26%C3%A9&a=2&empty=", "application/x-www-form-urlencoded")
    assert received["form"] == {"a": ["1", "2"], "b": "x y&é", "empty": ""}
    assert not {"json", "text", "base64"} & set(received)


def test_a_multipart_form_is_returned_as_fields_and_files(api: httpx.Client) -> None:
    files = [
        ("note", (None, "hello é")),
        ("upload", ("a.txt", "text é".encode(), "text/plain")),
        ("upload", ("b.bin", BINARY, "application/octet-stream")),
        ("evil", ("../../etc/passwd", b"", "text/plain")),
    ]
    received = echoed(api.post("/echo", files=files))
    assert received["form"] == {"note": "hello é"}
    text, binary = received["files"]["upload"]
    assert text == {"filename": "a.txt", "content_type": "text/plain", "text": "text é"}
    assert (binary["filename"], base64.b64decode(binary["base64"])) == ("b.bin", BINARY)
    assert received["files"]["evil"]["filename"] == "passwd"


def multipart(api: httpx.Client, *parts: bytes) -> dict[str, Any]:
    content = b"".join(b"--x\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--x--\r\n"
    return post(api, content, "multipart/form-data; boundary=x")


@pytest.mark.parametrize(
    "type_of_part", [b"application/octet-stream", b"image/png", b"text/plain", b"text/plain; charset=ascii"]
)
def test_a_part_without_a_file_name_can_have_any_bytes(api: httpx.Client, type_of_part: bytes) -> None:
    received = multipart(api, b'name="a"\r\nContent-Type: ' + type_of_part + b"\r\n\r\n\xff\xfe")
    shown = {"filename": None, "content_type": type_of_part.decode(), "base64": "//4="}
    assert (received["form"], received["files"]) == ({}, {"a": shown})


def test_a_field_is_decoded_by_its_charset(api: httpx.Client) -> None:
    latin = b"\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n\xe9"
    assert multipart(api, b'name="a"' + latin)["form"] == {"a": "é"}
    # RFC 7578 §4.6: a field named `_charset_` gives the charset of the others.
    fields = [b'name="_charset_"\r\n\r\nwindows-1252', b'name="a"\r\n\r\n\x80', b'name="b"' + latin]
    assert multipart(api, *fields)["form"] == {"_charset_": "windows-1252", "a": "€", "b": "é"}


def test_the_name_of_a_file_may_be_extended_or_an_encoded_word(api: httpx.Client) -> None:
    received = multipart(
        api,
        b"name=a; filename*=utf-8''..%2Fna%C3%AFve.txt\r\n\r\n1",
        b'name=b; filename="=?utf-8?B?bmHDr3ZlLnR4dA==?="\r\n\r\n2',
    )
    assert [received["files"][name]["filename"] for name in "ab"] == ["naïve.txt", "naïve.txt"]


@pytest.mark.parametrize("content", [b"--x\r\n", b"--x\r\n\r\nno name\r\n--x--\r\n", b"nothing"])
def test_a_broken_multipart_form_is_400(api: httpx.Client, content: bytes) -> None:
    for media_type in ("multipart/form-data; boundary=x", "multipart/form-data"):
        answer = api.post("/echo", content=content, headers={"Content-Type": media_type})
        refused(answer, 400, "malformed-body")


@pytest.mark.parametrize(
    ("media_type", "content", "text"),
    [
        ("text/plain", "é😀", "é😀"),
        ("text/plain; charset=utf-8", "é", "é"),
        ("text/plain; charset=UTF-8", "é", "é"),
        ('text/html; charset="iso-8859-1"', b"\xe9", "é"),
        ("text/csv; charset=utf-16", "a,é".encode("utf-16"), "a,é"),
        ("text/plain; format=flowed", "a\r\nb", "a\r\nb"),
    ],
)
def test_text_is_decoded_by_its_declared_charset(
    api: httpx.Client, media_type: str, content: bytes | str, text: str
) -> None:
    received = post(api, content, media_type)
    assert received["text"] == text
    assert BODIES & set(received) == {"text"}


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("text/plain", b"\xff"),
        ("text/plain; charset=ascii", "é".encode()),
        ("text/plain; charset=no-such", b"a"),
        ("text/plain; charset=base64", b"YQ=="),
        ("text/plain; charset=rot13", b"a"),
        ("text/plain; charset=idna", b"xn--\xff"),
        ("text/plain; charset=undefined", b"a"),
    ],
)
def test_text_that_is_not_in_its_charset_is_400(api: httpx.Client, media_type: str, content: bytes) -> None:
    answer = api.post("/echo", content=content, headers={"Content-Type": media_type})
    refused(answer, 400, "malformed-body")


@pytest.mark.parametrize("charset", ["unicode_escape", "raw_unicode_escape", "utf-7", "utf-8-sig", "punycode"])
def test_every_charset_gives_a_valid_answer(api: httpx.Client, charset: str) -> None:
    for content in (b"\\ud800", b"\\u0000", b"+2AA-", b"a-b"):
        for accept in ("application/json", "application/xml"):
            fields = {"Content-Type": f"text/plain; charset={charset}", "Accept": accept}
            assert api.post("/echo", content=content, headers=fields).status_code in (200, 400)


@pytest.mark.parametrize("media_type", ["application/octet-stream", "image/png", "application/x-unknown"])
def test_anything_else_is_returned_in_base64(api: httpx.Client, media_type: str) -> None:
    received = post(api, BINARY, media_type)
    assert base64.b64decode(received["base64"]) == BINARY
    assert BODIES & set(received) == {"base64"}
    assert received["content_length"] == 256


def test_gzip_is_decoded(api: httpx.Client) -> None:
    packed = gzip.compress(b'{"a": 1}')
    received = post(api, packed, "application/json", **{"Content-Encoding": "gzip"})
    assert received["json"] == {"a": 1}
    assert received["content_length"] == len(packed)
    text = post(api, gzip.compress("é".encode()), "text/plain", **{"Content-Encoding": "GZip"})
    assert text["text"] == "é"


def test_invalid_gzip_is_400_and_another_coding_is_415(api: httpx.Client) -> None:
    fields = {"Content-Type": "text/plain", "Content-Encoding": "gzip"}
    refused(api.post("/echo", content=b"not gzip", headers=fields), 400, "malformed-body")
    refused(api.post("/echo", content=gzip.compress(b"whole")[:-4], headers=fields), 400, "malformed-body")
    answer = api.post("/echo", content=b"x", headers={**fields, "Content-Encoding": "br"})
    refused(answer, 415, "unsupported-encoding")
    assert answer.headers["Accept-Encoding"] == "gzip"


def test_a_body_of_unknown_length_is_returned_completely(api: httpx.Client) -> None:
    pieces = [b"one ", b"two ", b"three"]
    received = echoed(api.post("/echo", content=iter(pieces), headers={"Content-Type": "text/plain"}))
    assert received["text"] == "one two three"
    names = {name.lower() for name in received["headers"]}
    assert "content-length" not in names  # it was not sent
    assert "transfer-encoding" in names


def test_a_preference_changes_nothing(api: httpx.Client) -> None:
    answer = api.post("/echo", json=1, headers={"Prefer": "return=minimal"})
    assert echoed(answer)["json"] == 1


def test_the_echo_as_xml_is_well_formed_for_any_request(api: httpx.Client) -> None:
    names = {"a b": 1, "<x>": [None, True], "xml": {"": "\x01"}, "é": 1.5}
    answer = api.post("/echo?1<2=%01", json=names, headers={"Accept": "application/xml"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/xml")
    root = ET.fromstring(answer.content)
    assert (root.tag, root.findtext("method")) == ("echo", "POST")


def test_version_2_is_an_envelope(api: httpx.Client) -> None:
    v2 = "application/vnd.touchstone.v2+json"
    answer = api.put("/echo", content=b'{"data": 1}', headers={"Content-Type": v2, "Accept": v2})
    assert answer.json()["data"]["json"] == {"data": 1}
