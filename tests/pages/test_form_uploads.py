"""Uploads of files or texts by a form."""

import pytest

from tests.pages.visitors import JSON, Visitor, as_json, read

pytestmark = pytest.mark.one_database

MIB = 1024 * 1024


# Files


def test_a_file_is_stored_byte_for_byte_with_its_name(visitor: Visitor) -> None:
    content = bytes(range(256)) * 5_000
    form = visitor.page("/messages").form("POST")
    answer = visitor.send(form, files={"_file": ("Grüße “1”.bin", content, "image/png")})
    place = answer.headers["Location"]
    assert place.endswith("/metadata")
    page = visitor.page(place)
    assert '"filename": "Grüße “1”.bin"' in page.text("pre")
    kept = visitor.get(page.links()[page.links().index("/messages") + 1])
    assert (kept.content, kept.headers["Content-Type"]) == (content, "application/octet-stream")
    assert visitor.do(page.form("DELETE")).text("h1") == "GET /messages"
    assert visitor.get(place).status_code == 404
    again = visitor.send(page.form("DELETE"))
    assert (again.status_code, read(again).methods()) == (404, ["DELETE"])


@pytest.mark.parametrize(
    ("declared", "chosen", "kept"),
    [
        ("text/plain", "", "text/plain"),
        ("application/json", "", "application/json"),
        ("text/markdown", "text/plain", "text/plain"),
        ("", "", "application/octet-stream"),
        ("garbage", "", "application/octet-stream"),
        ("application/json", "application/octet-stream", "application/octet-stream"),
    ],
)
def test_a_file_has_the_type_that_was_chosen_or_its_own(
    visitor: Visitor, declared: str, chosen: str, kept: str
) -> None:
    form = visitor.page("/messages").form("POST")
    answer = visitor.send(form, files={"_file": ("a", b"{}", declared)}, _type=chosen)
    assert as_json(visitor, answer.headers["Location"])["content_type"] == kept


def test_the_text_is_stored_if_no_file_is_chosen(visitor: Visitor) -> None:
    form = visitor.page("/messages").form("POST")
    told = as_json(visitor, visitor.send(form, _text="Grüße\r\nzwei").headers["Location"])
    assert (told["content_type"], told["size"], told["filename"]) == ("text/plain; charset=utf-8", 12, None)
    refusal = visitor.send(visitor.page("/messages").form("POST"), _text="{", _type="application/json")
    assert refusal.status_code == 400
    page = read(refusal)
    assert page.form("POST").fields["_text"] == ["{"]
    assert page.form("POST").fields["_type"] == ["application/json"]
    assert visitor.send(page.form("POST"), _text="").status_code == 400


def test_an_anonymous_upload_has_no_sender(stranger: Visitor) -> None:
    page = stranger.page("/messages", status=401)
    assert page.forms == []
    made = stranger.http.post("/messages", content=b"x", headers={"Content-Type": "text/plain", **JSON})
    told = stranger.page(made.headers["Content-Location"])
    assert '"sender_id": null' in told.text("pre")
    assert told.forms == []


def test_a_file_of_the_largest_size_is_taken_and_a_larger_one_is_413(visitor: Visitor) -> None:
    form = visitor.page("/messages").form("POST")
    for size, status in ((16 * MIB, 303), (16 * MIB + 1, 413), (17 * MIB, 413)):
        answer = visitor.send(form, files={"_file": ("a", bytes(size), "application/octet-stream")}, _key=None)
        assert answer.status_code == status, size


def test_text_fields_have_the_limit_of_json(visitor: Visitor) -> None:
    form = visitor.page("/articles").form("POST")
    assert visitor.send(form, title="a", body="b", x="a" * (MIB + 1)).status_code == 413
    # 100,000 characters of four bytes, which would be 1.2 MB percent-encoded.
    assert visitor.send(form, title="a", body="\U0001f600" * 100_000).status_code == 303
