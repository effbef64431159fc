"""Answers made wrong: each in the way that was asked for, and in no other."""

import json

import pytest

from api.rules.corruption import raw, spoiled
from api.rules.faults import Corrupt

CONTENT = '{"title": "Grüße"}'.encode()
LINES = [
    (b"content-type", b"application/json"),
    (b"content-length", b"%d" % len(CONTENT)),
    (b"cache-control", b"public, no-cache"),
]


def made(what: str, content: bytes = CONTENT, **members: int) -> tuple[int, dict[bytes, bytes], bytes]:
    effect = Corrupt.model_validate({"what": what, **members})
    status, lines, found = spoiled(effect, 201, LINES, content)
    assert len(dict(lines)) == len(lines), "a field stands twice"
    assert (b"cache-control", b"no-store") in lines
    return status, dict(lines), found


def test_broken_json_has_the_right_length() -> None:
    for content in (CONTENT, b"[1, 2]", b'"text"', b"7"):
        status, fields, found = made("json", content)
        assert (status, len(found), fields[b"content-type"]) == (201, len(content), b"application/json")
        with pytest.raises(json.JSONDecodeError):
            json.loads(found)


def test_broken_utf8_has_the_right_length() -> None:
    _, _, found = made("utf8")
    assert len(found) == len(CONTENT)
    with pytest.raises(UnicodeDecodeError):
        found.decode()


def test_wrong_fields() -> None:
    assert made("gzip")[1][b"content-encoding"] == b"gzip"
    assert made("type")[1][b"content-type"] == b"application/octet-stream"
    assert made("longer", bytes=5)[1][b"content-length"] == b"%d" % (len(CONTENT) + 5)
    assert made("shorter")[1][b"content-length"] == b"%d" % (len(CONTENT) - 1)
    for what in ("gzip", "type", "longer", "shorter"):
        assert made(what)[2] == CONTENT


def test_an_empty_success() -> None:
    assert (made("empty")[0], made("empty")[1][b"content-length"], made("empty")[2]) == (200, b"0", b"")
    assert made("empty", b"")[2] == b""


@pytest.mark.parametrize("what", ["json", "utf8", "gzip", "type", "longer", "shorter"])
def test_no_content_cannot_be_wrong(what: str) -> None:
    with pytest.raises(ValueError, match="no content"):
        made(what, b"")


def test_what_else_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="not JSON"):
        spoiled(Corrupt(what="json"), 200, [(b"content-type", b"text/csv")], b"a,b")
    with pytest.raises(ValueError, match="only 20 bytes"):
        made("shorter", CONTENT, bytes=100)


def test_bytes_that_are_no_http() -> None:
    found = raw(Corrupt(what="status-line"), 200, LINES, CONTENT)
    assert not found.startswith(b"HTTP")
    found = raw(Corrupt(what="chunk"), 200, LINES, CONTENT)
    head, _, body = found.partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head
    assert b"content-length" not in head
    assert body == b"a\r\n" + CONTENT[:10] + b"\r\nnot a size\r\n"
