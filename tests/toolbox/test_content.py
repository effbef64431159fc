"""Content of the toolbox: caches, codings, bytes, ranges, formats, pictures, pages."""

import gzip
import json
import zlib

import brotli
import httpx
import pytest
import zstandard

pytestmark = pytest.mark.one_database


def test_caches(beside: httpx.Client) -> None:
    first = beside.get("/cache")
    assert first.headers["Last-Modified"]
    assert len(first.headers["ETag"]) == 32
    for fields in ({"If-None-Match": "x"}, {"If-Modified-Since": "x"}):
        assert beside.get("/cache", headers=fields).status_code == 304
    assert beside.get("/cache/60").headers["Cache-Control"] == "public, max-age=60"
    assert "Cache-Control" not in beside.get("/get").headers


@pytest.mark.parametrize("sent", ["abc", '"abc"', 'W/"abc"', "*", '"x", "abc"'])
def test_tags(beside: httpx.Client, sent: str) -> None:
    same = beside.get("/etag/abc", headers={"If-None-Match": sent})
    assert (same.status_code, same.headers["ETag"], same.content) == (304, "abc", b"")
    assert beside.get("/etag/abc", headers={"If-Match": sent}).status_code == 200
    other = beside.get("/etag/other", headers={"If-Match": sent})
    assert other.status_code == (200 if sent == "*" else 412)
    assert ("ETag" in other.headers) == (sent == "*")
    assert beside.get("/etag/%22abc%22").headers["ETag"] == '"abc"'


@pytest.mark.parametrize(
    ("path", "coding", "flag", "decode"),
    [
        ("/gzip", "gzip", "gzipped", gzip.decompress),
        ("/deflate", "deflate", "deflated", zlib.decompress),
        ("/deflate?raw=1", "deflate", "deflated", lambda content: zlib.decompress(content, -15)),
        ("/brotli", "br", "brotli", brotli.decompress),
        ("/zstd", "zstd", "zstd", lambda content: zstandard.ZstdDecompressor().decompress(content, 10_000)),
    ],
)
def test_codings(beside: httpx.Client, path: str, coding: str, flag: str, decode: object) -> None:
    with beside.stream("GET", path, headers={"Accept-Encoding": "identity"}) as answer:
        content = b"".join(answer.iter_raw())
    assert answer.headers["Content-Encoding"] == coding
    assert answer.headers["Content-Length"] == str(len(content))
    assert callable(decode)
    assert json.loads(decode(content))[flag] is True


def test_bytes_of_a_seed_are_those_of_httpbin(beside: httpx.Client) -> None:
    assert beside.get("/bytes/10?seed=0").content.hex(" ") == "c5 d7 14 84 f8 cf 9b f4 b7 6f"
    streamed = beside.get("/stream-bytes/102400?seed=0&chunk_size=1")
    assert streamed.content[:10].hex() == "c5d71484f8cf9bf4b76f"
    assert (len(streamed.content), "Content-Length" in streamed.headers) == (102_400, False)
    assert len(beside.get("/bytes/999999").content) == 102_400
    assert beside.get("/bytes/9").content != beside.get("/bytes/9").content


RANGES = [
    ("/range/26", None, 200, b"abcdefghijklmnopqrstuvwxyz", "bytes 0-25/26"),
    ("/range/26", "bytes=0-4", 206, b"abcde", "bytes 0-4/26"),
    ("/range/26", "bytes=20-", 206, b"uvwxyz", "bytes 20-25/26"),
    ("/range/26", "bytes=-5", 206, b"vwxyz", "bytes 21-25/26"),
    ("/range/26", "bytes=0-25", 200, b"abcdefghijklmnopqrstuvwxyz", "bytes 0-25/26"),
    ("/range/26", "bytes=0-40", 416, b"", "bytes */26"),
    ("/range/26", "bytes=30-", 416, b"", "bytes */26"),
    ("/range/26", "bytes=1-2,4-5", 200, b"abcdefghijklmnopqrstuvwxyz", "bytes 0-25/26"),
    ("/range/26?strict=1", None, 200, b"abcdefghijklmnopqrstuvwxyz", None),
    ("/range/26?strict=1", "bytes=20-40", 206, b"uvwxyz", "bytes 20-25/26"),
    ("/range/26?strict=1", "bytes=26-", 416, b"", "bytes */26"),
    ("/range/26?strict=1", "bytes=9-5", 200, b"abcdefghijklmnopqrstuvwxyz", None),
]


@pytest.mark.parametrize(("target", "sent", "status", "content", "told"), RANGES)
def test_ranges(
    beside: httpx.Client, target: str, sent: str | None, status: int, content: bytes, told: str | None
) -> None:
    answer = beside.get(target, headers={"Range": sent} if sent else {})
    assert (answer.status_code, answer.content) == (status, content)
    assert answer.headers.get("Content-Range") == told
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["ETag"] == ('"range26"' if "strict" in target else "range26")


def test_strict_ranges_know_several_and_if_range(beside: httpx.Client) -> None:
    several = beside.get("/range/26?strict=1", headers={"Range": "bytes=0-1, -1"})
    assert several.status_code == 206
    assert several.headers["Content-Type"].startswith("multipart/byteranges; boundary=")
    assert b"bytes 0-1/26\r\n\r\nab\r\n" in several.content
    assert b"bytes 25-25/26\r\n\r\nz\r\n" in several.content
    old = beside.get("/range/26?strict=1", headers={"Range": "bytes=0-1", "If-Range": '"old"'})
    assert (old.status_code, len(old.content)) == (200, 26)


def test_a_range_of_nothing_or_too_much_is_404(beside: httpx.Client) -> None:
    for n in (0, -1, 102_401):
        answer = beside.get(f"/range/{n}")
        assert (answer.status_code, answer.headers["ETag"]) == (404, f"range{n}")


def test_formats(beside: httpx.Client) -> None:
    kinds = {
        "/json": "application/json",
        "/xml": "application/xml",
        "/html": "text/html; charset=utf-8",
        "/encoding/utf8": "text/html; charset=utf-8",
        "/robots.txt": "text/plain",
        "/deny": "text/plain",
    }
    for path, kind in kinds.items():
        assert beside.get(path).headers["Content-Type"] == kind
    assert "<h1>Herman Melville - Moby-Dick</h1>" in beside.get("/html").text
    assert beside.get("/robots.txt").text == "User-agent: *\nDisallow: /deny\n"
    assert len(beside.get("/json").json()["slideshow"]["slides"]) == 2


@pytest.mark.parametrize("value", ["SGVsbG8", "SGVsbG8=", "PDw_Pz8-Pg==", "PDw/Pz8+Pg"])
def test_base64(beside: httpx.Client, value: str) -> None:
    assert beside.get(f"/base64/{value}").text in ("Hello", "<<???>>")
    assert beside.get(f"/base64/decode/{value}").text in ("Hello", "<<???>>")
    assert beside.get("/base64/!").text.startswith("Incorrect Base64 data")
    assert beside.get("/base64/encode/Hello%3F%3F%3E").text == "SGVsbG8_Pz4="


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "image/png"),
        ("*/*", "image/png"),
        ("image/*", "image/png"),
        ("image/webp,image/png", "image/webp"),
        ("image/png,image/svg+xml", "image/svg+xml"),
        ("image/jpeg;q=0.2,image/png", "image/png"),
        ("image/avif,image/webp,*/*", "image/webp"),
        ("text/html", "application/json"),
    ],
)
def test_pictures_follow_accept(beside: httpx.Client, accept: str | None, kind: str) -> None:
    fields = [("Accept", accept)] if accept else []
    request = httpx.Request("GET", f"{str(beside.base_url).rstrip('/')}/image", headers=fields)
    answer = beside.send(request)
    assert answer.headers["Content-Type"] == kind
    assert answer.status_code == (406 if kind == "application/json" else 200)
    assert answer.headers["Vary"] == "Accept"
    assert len(answer.content) < 20_000


def test_links_lead_to_each_other(toolbox: httpx.Client, mount: str) -> None:
    page = toolbox.get("/links/3", follow_redirects=True)
    assert page.url.path == f"{mount}/links/3/0"
    assert page.text.startswith("<html><head><title>Links</title></head><body>0 <a href=")
    assert page.text.count(f"href='{mount}/links/3/") == 2
    assert toolbox.get("/links/999/999").text.count("<a ") == 200


def test_the_pizza_form_leads_to_post(toolbox: httpx.Client, mount: str) -> None:
    page = toolbox.get("/forms/post")
    assert f'action="{mount}/post"' in page.text
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    names = ("custname", "custtel", "custemail", "size", "topping", "delivery", "comments")
    assert all(f'name="{name}"' in page.text for name in names)
