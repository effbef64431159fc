"""Hostile multipart bodies: the right refusal and nothing stored, or stored harmlessly (CONTRACT §11)."""

import httpx
import pytest

from api.store.database import Database
from tests.resources.making import refused
from tests.resources.messages.messages import BOUNDARY, FORM, TEXT, form, make, part, place, send, stored

pytestmark = pytest.mark.one_database

GOOD = form(part("a", b"content", "a.txt", "text/plain"))
DISPOSITION = b"Content-Disposition: form-data; name=a"
BROKEN = {
    "no delimiter": b"content",
    "another boundary": form(part("a", b"content"), boundary="other"),
    "the boundary in other letters": form(part("a", b"content"), boundary=BOUNDARY.upper()),
    "cut in its first delimiter": GOOD[:5],
    "cut after its first delimiter": GOOD[:12],
    "cut in a header": GOOD[:40],
    "cut after a header": GOOD[: GOOD.index(b"content")],
    "cut in its content": GOOD[: GOOD.index(b"content") + 3],
    "cut before its last delimiter": GOOD[: GOOD.rindex(b"\r\n--")],
    "cut in its last delimiter": GOOD[:-6],
    "never closed": GOOD[:-4] + b"\r\n",
    "closed by one hyphen": GOOD[:-3] + b"\r\n",
    "line feeds alone": GOOD.replace(b"\r\n", b"\n"),
    "carriage returns alone": GOOD.replace(b"\r\n", b"\r"),
    "something behind a delimiter": GOOD.replace(b"--frontier\r\n", b"--frontier junk\r\n"),
    "something before its first delimiter": b"junk" + GOOD,
    "nameless": form(part(None, b"content", "a.txt")),
    "a name of nothing": form(part("", b"content")),
    "nameless after a good one": form(part("a", b"content"), part(None, b"content")),
    "no header": form(b"\r\ncontent"),
    "no disposition": form(b"Content-Type: text/plain\r\n\r\ncontent"),
    "an attachment": form(b"Content-Disposition: attachment; name=a\r\n\r\ncontent"),
    "a header without a colon": form(DISPOSITION + b"\r\njunk\r\n\r\ncontent"),
    "a header without a name": form(DISPOSITION + b"\r\n: junk\r\n\r\ncontent"),
    "a name that is not UTF-8": form(b'Content-Disposition: form-data; name="\xff"\r\n\r\ncontent'),
    "a length that is another": form(DISPOSITION + b"\r\nContent-Length: 3\r\n\r\ncontent"),
    "a length that is none": form(DISPOSITION + b"\r\nContent-Length: -1\r\n\r\ncontent"),
}
HOSTILE = [
    "a\x00b",
    "\x00",
    "a\x01b",
    "\x1b[31m",
    "a\tb",
    "a%00b",
    "\x7f",
    "a\x85b",
    "a\u2028b",
    "\ufffe",
    "\U0010ffff",
]


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_broken_body_is_400_and_not_stored(api: httpx.Client, store: Database, body: bytes) -> None:
    before = stored(store)
    refused(send(api, body, FORM), 400, "malformed-body")
    assert stored(store) == before


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; charset=utf-8",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        f'multipart/form-data; boundary="{"x" * 2_000}"',
        "multipart/form-data; boundary=other",
    ],
)
def test_a_form_without_its_boundary_is_400_or_415_and_not_stored(
    api: httpx.Client, store: Database, content_type: str
) -> None:
    before = stored(store)
    answer = send(api, GOOD, content_type)
    # `boundary=` without a value is not a valid media type (RFC 9110 §8.3.1).
    if content_type.endswith("="):
        refused(answer, 415, "unsupported-media-type")
    else:
        refused(answer, 400, "malformed-body")
    assert stored(store) == before


def test_a_body_cut_at_any_byte_is_400_or_whole(api: httpx.Client, store: Database) -> None:
    before = stored(store)
    for length in range(1, len(GOOD) - 2):
        refused(send(api, GOOD[:length], FORM), 400, "malformed-body")
    assert stored(store) == before
    # The line break after the last delimiter belongs to no part.
    for length in range(len(GOOD) - 2, len(GOOD) + 1):
        assert send(api, GOOD[:length], FORM).status_code == 201, length


def test_a_thousand_parts_are_stored_and_one_more_is_413(api: httpx.Client, store: Database) -> None:
    parts = [part(f"n{number}", b"%d" % number) for number in range(1, 1002)]
    before = stored(store)
    assert refused(send(api, form(*parts), FORM), 413, "content-too-large")["limit"] == 1000
    assert stored(store) == before
    message = make(api, form(*parts[:1000]), FORM)
    assert len(message["parts"]) == 1000
    for number in (1, 500, 1000):
        assert api.get(place(message, number)).content == b"%d" % number
    refused(api.get(place(message, 1001)), 404, "not-found")


def test_names_that_are_too_long_together_are_413_and_not_stored(api: httpx.Client, store: Database) -> None:
    before = stored(store)
    answer = send(api, form(*(part("n" * 1000, b"") for _ in range(70))), FORM)
    assert refused(answer, 413, "content-too-large")["limit"] == 64 * 1024
    assert stored(store) == before
    assert send(api, form(*(part("n" * 1000, b"") for _ in range(60))), FORM).status_code == 201


@pytest.mark.parametrize("control", ["\0", "\x01", "\x1f", "\x7f"])
def test_a_name_with_a_control_character_is_400_and_not_stored(
    api: httpx.Client, store: Database, control: str
) -> None:
    before = stored(store)
    refused(send(api, form(part(f"a{control}b", b"content")), FORM), 400, "malformed-body")
    assert stored(store) == before


def test_a_hundred_thousand_parts_are_413(api: httpx.Client, store: Database) -> None:
    before = stored(store)
    body = form(*[part("a", b"")] * 100_000)
    assert refused(send(api, body, FORM), 413, "content-too-large")["limit"] == 1000
    assert stored(store) == before


@pytest.mark.parametrize(
    "header",
    [
        DISPOSITION + b"\r\nX-Long: " + b"x" * 5_000,
        b'Content-Disposition: form-data; name="' + b"x" * 100_000 + b'"',
        b"X: y\r\n" * 20 + DISPOSITION,
        b"X: y\r\n" * 100_000 + DISPOSITION,
    ],
    ids=["a long line", "a very long line", "20 lines", "100,000 lines"],
)
def test_a_part_with_an_endless_header_is_refused_and_not_stored(
    api: httpx.Client, store: Database, header: bytes
) -> None:
    before = stored(store)
    answer = send(api, form(header + b"\r\n\r\ncontent"), FORM)
    assert (answer.status_code, answer.json()["type"]) in (
        (400, "/problems/malformed-body"),
        (413, "/problems/content-too-large"),
    )
    assert stored(store) == before


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\Users\\me\\a.txt", "a.txt"),
        ("a/../b", "b"),
        ("..", None),
        (".", None),
        ("", None),
        ("../", None),
        ("a\x00b", "ab"),
        ("%2e%2e%2fpasswd", "%2e%2e%2fpasswd"),
        ("%0d%0aX-Evil: yes", "%0d%0aX-Evil: yes"),
        ("%0D%0AX-Evil: yes", "X-Evil: yes"),
        ("a%22; filename=evil", 'a"; filename=evil'),
        ("é😀.txt", "é😀.txt"),
    ],
)
def test_a_file_has_a_bare_name_and_never_a_path(api: httpx.Client, filename: str, name: str | None) -> None:
    message = make(api, form(part("a", b"content", filename)), FORM)
    assert message["parts"][0]["filename"] == name
    answer = api.get(place(message, 1))
    assert "X-Evil" not in answer.headers
    said = answer.headers["Content-Disposition"]
    assert said.isascii()
    assert (said == "attachment") == (name is None)
    assert ".." not in said.partition("%2e")[0]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_strange_name_is_returned_unchanged_or_refused(api: httpx.Client, store: Database, name: str) -> None:
    before = stored(store)
    answer = send(api, form(part(name, b"content")), FORM)
    if answer.status_code == 400:
        refused(answer, 400, "malformed-body")
        assert stored(store) == before
        return
    assert answer.status_code == 201, answer.text
    assert answer.json()["parts"][0]["name"] == name
    for accept in ("application/json", "application/xml"):
        assert api.get(place(answer.json()) + "/metadata", headers={"Accept": accept}).status_code == 200
    assert api.get(place(answer.json(), 1)).content == b"content"


@pytest.mark.parametrize(
    "sent", [b"garbage", b"text/plain; charset=\xe9", b"a/b\x00", b"", b"text/html, text/plain", "text/é".encode()]
)
def test_a_part_with_an_invalid_type_is_returned_as_bytes(api: httpx.Client, sent: bytes) -> None:
    body = form(DISPOSITION + b"\r\nContent-Type: " + sent + b"\r\n\r\ncontent")
    answer = send(api, body, FORM)
    if answer.status_code == 400:
        return
    assert answer.json()["parts"][0]["content_type"] in ("application/octet-stream", "text/plain")
    got = api.get(place(answer.json(), 1))
    assert got.content == b"content"
    assert got.headers["Content-Type"] == answer.json()["parts"][0]["content_type"]


def test_a_nested_multipart_is_stored_as_one_part(api: httpx.Client) -> None:
    inner = form(part("x", b"1"), part("y", b"2"), boundary="inner")
    body = form(part("files", inner, None, "multipart/mixed; boundary=inner"), part("b", b"3"))
    message = make(api, body, FORM)
    assert [known["name"] for known in message["parts"]] == ["files", "b"]
    answer = api.get(place(message, 1))
    assert (answer.content, answer.headers["Content-Type"]) == (inner, "multipart/mixed; boundary=inner")
    assert api.get(place(message, 2)).content == b"3"


def test_a_transfer_encoding_of_a_part_is_not_decoded(api: httpx.Client) -> None:
    # RFC 7578 §4.7: senders must not use it, so the content is stored as received.
    body = form(DISPOSITION + b"\r\nContent-Transfer-Encoding: base64\r\n\r\nY29udGVudA==")
    assert api.get(place(make(api, body, FORM), 1)).content == b"Y29udGVudA=="


def test_two_parts_of_one_name_are_two_parts(api: httpx.Client) -> None:
    message = make(api, form(part("a", b"1"), part("a", b"2")), FORM)
    assert [known["name"] for known in message["parts"]] == ["a", "a"]
    assert [api.get(place(message, number)).content for number in (1, 2)] == [b"1", b"2"]


@pytest.mark.parametrize("number", ["0", "01", "3", "-1", "+1", "1.0", "1e0", "x", "%D9%A1", "9" * 30, "", "1/", "1/x"])
def test_an_absent_part_is_404(api: httpx.Client, number: str) -> None:
    message = make(api, form(part("a", b"1"), part("b", b"2")), FORM)
    refused(api.get(f"{place(message)}/parts/{number}"), 404, "not-found")
    assert api.head(f"{place(message)}/parts/{number}").status_code == 404


def test_a_message_of_another_type_has_no_parts(api: httpx.Client) -> None:
    message = make(api, GOOD, TEXT)
    assert message["parts"] == []
    refused(api.get(place(message, 1)), 404, "not-found")


def test_parts_have_no_list(api: httpx.Client) -> None:
    refused(api.get(place(make(api, GOOD, FORM)) + "/parts"), 404, "not-found")
