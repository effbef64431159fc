"""Multipart messages: stored completely, with exact parts (RFC 7578, RFC 2046 §5.1; CONTRACT §11)."""

import hashlib
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.resources.making import refused
from tests.resources.messages.messages import BOUNDARY, FORM, KIB, POLICY, form, make, part, place, send

pytestmark = pytest.mark.one_database

# The size of a block that the server reads.
BLOCK = 256 * KIB
PART_MEMBERS = ["number", "name", "filename", "content_type", "size", "sha256"]
RANDOM = Random(7).randbytes(3 * BLOCK)


def check(api: httpx.Client, body: bytes, contents: list[bytes], content_type: str = FORM) -> dict[str, Any]:
    """Assert that this body is stored unchanged and has exactly these parts; return its metadata."""
    message = make(api, body, content_type)
    assert api.get(place(message)).content == body
    assert [known["size"] for known in message["parts"]] == [len(content) for content in contents]
    for number, content in enumerate(contents, 1):
        known, answer = message["parts"][number - 1], api.get(place(message, number))
        assert (answer.status_code, answer.content) == (200, content), number
        assert answer.headers["Content-Type"].encode("latin-1") == known["content_type"].encode("latin-1")
        assert (known["number"], known["sha256"]) == (number, hashlib.sha256(content).hexdigest())
    for number in (0, len(contents) + 1):
        refused(api.get(place(message, number)), 404, "not-found")
    return message


def test_the_metadata_describes_each_part(api: httpx.Client) -> None:
    body = form(
        part("note", "Grüße".encode()),
        part("file", b"\x00\xff", "a b.bin"),
        part("page", b"<p>", "p.html", "text/html; charset=utf-8"),
        part("typed", b"{}", None, "application/json"),
        part("nothing", b"", "", "application/octet-stream"),
    )
    message = check(api, body, ["Grüße".encode(), b"\x00\xff", b"<p>", b"{}", b""])
    told = api.get(place(message) + "/metadata").json()["parts"]
    assert [list(known) for known in told] == [PART_MEMBERS] * 5
    assert [(known["name"], known["filename"], known["content_type"]) for known in told] == [
        ("note", None, "text/plain"),
        ("file", "a b.bin", "application/octet-stream"),
        ("page", "p.html", "text/html; charset=utf-8"),
        ("typed", None, "application/json"),
        ("nothing", None, "application/octet-stream"),
    ]
    assert "starts" not in api.get(place(message) + "/metadata").text


@pytest.mark.parametrize(
    "contents",
    [
        [],
        [b""],
        [b"", b"", b""],
        [b"a", b"", b"b"],
        [b"\r\n"],
        [b"\r\n\r\n", b"\n", b"\r"],
        [b"\r\n" * 1000],
        [bytes(range(256)) * 10],
        # content that is almost a delimiter
        [b"--", b"\r\n--", b"\r\n--\r\n", b"--\r\n"],
        [b"--frontier", b"--frontier\r\n", b"--frontier--", b"--frontier--\r\n"],
        [b"x--frontier\r\n", b"\n--frontier\r\n", b"\r--frontier\r\n", b"\r\n-frontier", b"\r\n--frontie"],
        [b"\r\n--Frontier\r\n", b"\r\n --frontier\r\n", b"\r\n- -frontier--", b"\r\r\n--frontie\n--frontier"],
        [b'Content-Disposition: form-data; name="x"\r\n\r\ncontent'],
        # large ones, which come in several blocks
        [RANDOM],
        [b"a" * (BLOCK - 200), RANDOM, b"b"],
        [b"\r\n" * BLOCK, b"\r" * BLOCK, b"-" * BLOCK],
        [(b"\r\n--frontie" * 40_000), b"z"],
    ],
)
def test_parts_are_returned_byte_for_byte(api: httpx.Client, contents: list[bytes]) -> None:
    check(api, form(*(part(f"n{number}", content) for number, content in enumerate(contents))), contents)


@pytest.mark.parametrize(
    "boundary", ["b", "----WebKitFormBoundaryABCDEFGHIJKLMNOP", "-" * 60, "a b", "'()+_,-./:=?", "x" * 70]
)
def test_any_valid_boundary_works(api: httpx.Client, boundary: str) -> None:
    contents = [b"one", b"", b"--" + boundary.encode()[:-1], b"\r\n--" + boundary.encode()[:-1]]
    body = form(*(part("a", content) for content in contents), boundary=boundary)
    check(api, body, contents, f'multipart/form-data; boundary="{boundary}"')


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(st.sampled_from([b"\r", b"\n", b"-", b"--", b"\r\n--", b"front", b"ier", b"x"]), max_size=8),
        max_size=5,
    )
)
def test_parts_with_any_content_are_returned_or_refused(api: httpx.Client, pieces: list[list[bytes]]) -> None:
    contents = [b"".join(each) for each in pieces]
    if any(b"\r\n--" + BOUNDARY.encode() in b"\r\n\r\n" + content for content in contents):
        contents = [content.replace(b"front", b"back") for content in contents]
    check(api, form(*(part("a", content) for content in contents)), contents)


# Delimiters and line breaks at all positions relative to the end of a block


@pytest.mark.parametrize(
    "mark", [b"--frontier\r\n", b"Content-Type: text/plain\r\n\r\n", b"content", b"--frontier--\r\n"]
)
def test_a_block_may_end_anywhere(api: httpx.Client, mark: bytes) -> None:
    last = part("b", b"content", "b.txt", "text/plain")
    for end in range(-3, len(mark) + 1):
        filled = b"x" * (BLOCK - end - form(part("a", b""), last).rindex(mark))
        body = form(part("a", filled), last)
        assert body.rindex(mark) + end == BLOCK
        assert send(api, body, FORM).status_code == 201, end
        check(api, body, [filled, b"content"])


@pytest.mark.parametrize("size", [1, 100, BLOCK - 100])
def test_preamble_and_epilogue_are_not_parts(api: httpx.Client, size: int) -> None:
    # RFC 2046 §5.1.1: a preamble and an epilogue must be ignored.
    check(api, b"x" * size + b"\r\n" + form(part("a", b"content")), [b"content"])
    check(api, form(part("a", b"content")) + b"x" * 100, [b"content"])


@pytest.mark.parametrize("size", [BLOCK, 2 * BLOCK, 2 * BLOCK + 1])
def test_an_epilogue_of_any_length_is_not_a_part(api: httpx.Client, size: int) -> None:
    check(api, form(part("a", b"content")) + b"x" * size, [b"content"])


def test_a_preamble_of_any_length_is_refused_or_its_parts_are_right(api: httpx.Client) -> None:
    for end in range(-3, len(b"--frontier\r\n") + 3):
        body = b"x" * (BLOCK - end - 2) + b"\r\n" + form(part("a", b"content"), part("b", b"more"))
        answer = send(api, body, FORM)
        if answer.status_code == 400:
            continue
        assert api.get(place(answer.json(), 1)).content == b"content", end
        assert api.get(place(answer.json(), 2)).content == b"more", end


def test_a_header_can_continue_in_the_next_line(api: httpx.Client) -> None:
    # RFC 2046 uses the headers of mail, in which lines can be folded.
    check(api, form(b"Content-Disposition: form-data;\r\n name=a\r\n\r\ncontent"), [b"content"])


# Parts in a browser


@pytest.mark.parametrize(
    "content_type",
    ["text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "text/javascript", "application/pdf", "a/b"],
)
def test_a_part_that_a_browser_could_run_is_an_attachment(api: httpx.Client, content_type: str) -> None:
    message = make(api, form(part("a", b"<script>", "a.html", content_type), part("b", b"x", None, content_type)), FORM)
    for number, said in ((1, 'attachment; filename="a.html"'), (2, "attachment")):
        answer = api.get(place(message, number))
        assert answer.headers["Content-Disposition"] == said
        assert answer.headers["Content-Type"] == content_type
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_part_that_a_browser_cannot_run_is_inline(api: httpx.Client) -> None:
    message = make(api, form(part("a", b"text"), part("b", b"\x89PNG", "b.png", "image/png")), FORM)
    assert "Content-Disposition" not in api.get(place(message, 1)).headers
    assert api.get(place(message, 2)).headers["Content-Disposition"] == 'inline; filename="b.png"'


def test_a_part_has_its_own_tag_and_date(api: httpx.Client) -> None:
    message = make(api, form(part("a", b"1"), part("b", b"2")), FORM)
    whole, one, two = (api.get(place(message, number)).headers for number in (None, 1, 2))
    assert len({whole["ETag"], one["ETag"], two["ETag"]}) == 3
    assert one["Last-Modified"] == whole["Last-Modified"]
