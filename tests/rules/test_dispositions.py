"""Content-Disposition: names without paths, and what a browser may show (RFC 6266, RFC 8187, RFC 7578 §4.2)."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.dispositions import LONGEST_FIELD, LONGEST_NAME, bare_name, content_disposition, sent_filename
from api.rules.problems import InvalidHeader

FIELD_VALUE = re.compile(r"[\x20-\x7e]+")


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("report.pdf", "report.pdf"),
        ("é 😀.txt", "é 😀.txt"),
        (".profile", ".profile"),
        ("...", "..."),
        ("a..b", "a..b"),
        (" spaced ", " spaced "),
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\Users\\me\\a.txt", "a.txt"),
        ("a/b\\c/d", "d"),
        ("a\\b/c\\d", "d"),
        ("a\x00b\r\nc\x7fd\te", "abcde"),
        ("", None),
        (".", None),
        ("..", None),
        ("/", None),
        ("a/", None),
        ("a\\", None),
        ("../..", None),
        ("\x00", None),
        (".\x00.", None),
        ("\x01.\x02", None),
    ],
)
def test_a_name_is_the_last_segment_and_never_a_path(filename: str, name: str | None) -> None:
    assert bare_name(filename) == name


def test_a_name_has_a_greatest_length() -> None:
    assert bare_name("a" * 10_000) == "a" * LONGEST_NAME


@given(st.text(max_size=300))
def test_no_name_leads_anywhere(filename: str) -> None:
    name = bare_name(filename)
    assert name is None or name not in ("", ".", "..")
    assert not set(name or "") & {"/", "\\", "\0", "\r", "\n"}


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("", None),
        ("attachment", None),
        ("inline; size=3", None),
        ("attachment; filename=a.txt", "a.txt"),
        ('attachment; filename="a.txt"', "a.txt"),
        ('attachment;filename="a.txt"', "a.txt"),
        ('attachment; FileName="a.txt"', "a.txt"),
        ('ATTACHMENT; size=3; filename="a.txt"; x=y', "a.txt"),
        ('attachment; filename="a b.txt"', "a b.txt"),
        ('attachment; filename="a;b=c"', "a;b=c"),
        ('attachment; filename="a\\"b\\\\"', None),  # its last segment is empty
        ('attachment; filename="say \\"hello\\".txt"', 'say "hello".txt'),
        ('attachment; filename=""', None),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="..\\\\..\\\\boot.ini"', "boot.ini"),
        ('attachment; filename=".."', None),
        # bytes of UTF-8 as WSGI has them, and bytes that are not UTF-8
        ('attachment; filename="' + "é€😀".encode().decode("latin-1") + '"', "é€😀"),
        ('attachment; filename="caf\xe9"', "caf\xe9"),
        # RFC 8187
        ("attachment; filename*=UTF-8''%e2%82%ac%20rates", "€ rates"),
        ("attachment; filename*=utf-8'en'%E2%82%AC", "€"),
        ("attachment; FILENAME*=UTF-8''a.txt", "a.txt"),
        ("attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("attachment; filename*=UTF-8''%0d%0aX-Evil:%20yes", "X-Evil: yes"),
        # beside `filename` it wins (RFC 6266 §4.3), unless it is unreadable
        ("attachment; filename=\"EURO.txt\"; filename*=utf-8''%e2%82%ac.txt", "€.txt"),
        ("attachment; filename*=utf-8''%e2%82%ac.txt; filename=\"EURO.txt\"", "€.txt"),
        ("attachment; filename*=utf-8''%ff; filename=plain.txt", "plain.txt"),
        ("attachment; filename*=utf-8''%ed%a0%80; filename=plain.txt", "plain.txt"),
        ("attachment; filename*=iso-8859-1''%e9; filename=plain.txt", "é"),
        ("attachment; filename*=koi8-r''%e9; filename=plain.txt", "plain.txt"),
        ('attachment; filename="=?utf-8?B?4oKsLnR4dA==?="', "€.txt"),
        # not the file's name, though it looks like one
        ('form-data; name="a"; xfilename="b"', None),
        ('attachment; x="; filename=evil.txt"; filename="good.txt"', "good.txt"),
        ('attachment; x="; filename*=UTF-8\'\'evil.txt"; filename="good.txt"', "good.txt"),
        ('attachment; x="a\\"; filename=evil.txt"; filename=good.txt', "good.txt"),
    ],
)
def test_the_name_that_a_client_sends(field: str, name: str | None) -> None:
    assert sent_filename(field) == name


@given(st.text(st.characters(max_codepoint=255), max_size=100))
def test_any_field_gives_a_bare_name_or_none(field: str) -> None:
    for text in (field, f"attachment; filename={field}", f"attachment; filename*=UTF-8''{field}"):
        name = sent_filename(text)
        assert name is None or bare_name(name) == name


INERT = ["text/plain", "TEXT/PLAIN; charset=utf-8", "application/json", "image/png", "image/jpeg", "image/gif"]
ACTIVE = [
    "text/html",
    "Text/HTML; charset=utf-8",
    "application/xhtml+xml",
    "image/svg+xml",
    "application/xml",
    "text/xml",
    "text/javascript",
    "text/css",
    "application/pdf",
    "application/x-shockwave-flash",
    "application/octet-stream",
    "multipart/form-data; boundary=b",
    "text/plain, text/html",
    "text/plain\x00",
    "message/rfc822",
    "garbage",
    "",
]


@pytest.mark.parametrize("content_type", INERT)
def test_inert_types_may_be_shown_inline(content_type: str) -> None:
    assert content_disposition(content_type, None) is None
    assert content_disposition(content_type, "a.txt") == 'inline; filename="a.txt"'


@pytest.mark.parametrize("content_type", ACTIVE)
def test_all_other_types_are_attachments(content_type: str) -> None:
    assert content_disposition(content_type, None) == "attachment"
    assert content_disposition(content_type, "a.txt") == 'attachment; filename="a.txt"'


@pytest.mark.parametrize(
    ("filename", "field"),
    [
        ("a b;c.txt", 'filename="a b;c.txt"'),
        ("é.txt", "filename=\"_.txt\"; filename*=UTF-8''%C3%A9.txt"),
        ("😀", "filename=\"_\"; filename*=UTF-8''%F0%9F%98%80"),
        ('a"b', "filename=\"a_b\"; filename*=UTF-8''a%22b"),
        ("a\\b", "filename=\"a_b\"; filename*=UTF-8''a%5Cb"),
        # browsers read escapes in a plain name differently
        ("50%41.txt", "filename=\"50_41.txt\"; filename*=UTF-8''50%2541.txt"),
        ("a\r\nX-Evil: yes", "filename=\"a__X-Evil: yes\"; filename*=UTF-8''a%0D%0AX-Evil%3A%20yes"),
    ],
)
def test_a_name_that_is_not_plain_is_sent_in_both_forms(filename: str, field: str) -> None:
    assert content_disposition("image/png", filename) == f"inline; {field}"


@given(st.text(min_size=1, max_size=60).map(bare_name).filter(bool))
def test_a_name_comes_back_from_the_field_as_it_was(filename: str) -> None:
    field = content_disposition("text/html", filename)
    assert field is not None
    assert FIELD_VALUE.fullmatch(field)
    assert sent_filename(field) == filename


@given(st.text(max_size=60))
def test_no_name_breaks_out_of_the_field(filename: str) -> None:
    field = content_disposition("text/plain", filename)
    assert field is not None
    assert re.fullmatch(r"""inline; filename="[^"\\]*"(; filename\*=UTF-8''[A-Za-z0-9._~%-]*)?""", field)
    if "filename*" in field:
        assert unquote(field.rpartition("''")[2]) == filename


@pytest.mark.parametrize(
    "field",
    ['"' + '\\"' * 100_000, '"' * 100_000, 'a="' + '\\"' * 100_000, 'a="' * 50_000, ";" * 100_000, "a=" * 100_000],
    ids=["escaped quotes", "quotes", "an endless value", "endless values", "semicolons", "names"],
)
def test_a_field_over_4_kib_is_refused_and_a_shorter_one_is_read(field: str) -> None:
    assert sent_filename(field[:LONGEST_FIELD]) is None
    with pytest.raises(InvalidHeader) as refused:
        sent_filename(field[: LONGEST_FIELD + 1])
    assert refused.value.members["errors"][0]["code"] == "too_long"


def test_the_longest_name_fits_into_a_field() -> None:
    name = "\U0001f600" * LONGEST_NAME
    field = content_disposition("text/html", name)
    assert field is not None
    assert sent_filename(field) == name
