"""Idempotency keys: their two forms, and when two requests are the same (CONTRACT §6)."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.idempotency import LONGEST, fingerprint, read_key
from api.rules.problems import InvalidIdempotencyKey

UUID = "8e03978e-40d5-43dd-bc93-6894a57f9324"
BARE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=LONGEST).filter(
    lambda text: not text.startswith('"')
)
PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=LONGEST)
# Everything that a header field can contain: bytes, read as Latin-1.
FIELD = st.text(st.characters(max_codepoint=0xFF), max_size=LONGEST + 5)

CONTENT = hashlib.sha256(b'{"title": "A title"}').digest()
SENT = {"method": "POST", "target": "/articles", "content_type": "application/json", "content_digest": CONTENT}


def quoted(key: str) -> str:
    """Return the key as a structured-field string (RFC 9651 §4.1.6)."""
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.mark.parametrize(
    ("field", "key"),
    [
        (UUID, UUID),
        (f'"{UUID}"', UUID),
        ("a", "a"),
        ('"a"', "a"),
        ("~!#$%&'()*+,-./:;<=>?@[]^_`{|}", "~!#$%&'()*+,-./:;<=>?@[]^_`{|}"),
        ('a"b', 'a"b'),
        ('"a\\"b"', 'a"b'),
        ("a\\b", "a\\b"),
        ('"a\\\\b"', "a\\b"),
        ('"two words"', "two words"),
        ('" "', " "),
        (" \t a \t ", "a"),
        ('  "a"  ', "a"),
        # A string may have parameters, but they have no meaning here (RFC 9651 §3.3).
        ('"a";b=1', "a"),
        ('"a"; b="c";d', "a"),
        # Without quotes, the same characters are all part of the key.
        ("a;b=1", "a;b=1"),
        ("sha-256=:AAAA:", "sha-256=:AAAA:"),
    ],
)
def test_a_key_is_read_quoted_and_bare(field: str, key: str) -> None:
    assert read_key(field) == key


@given(BARE)
def test_the_bare_form_and_the_quoted_one_name_the_same_key(key: str) -> None:
    assert read_key(key) == read_key(quoted(key)) == key


@given(PRINTABLE)
def test_every_printable_text_is_a_key_when_it_is_quoted(key: str) -> None:
    assert read_key(quoted(key)) == key


@pytest.mark.parametrize("length", [1, LONGEST])
def test_a_key_has_1_to_255_characters(length: int) -> None:
    key = "k" * length
    assert read_key(key) == read_key(f'"{key}"') == key


def test_the_characters_of_the_key_are_counted_and_not_those_that_write_it() -> None:
    assert read_key(quoted('"' * LONGEST)) == '"' * LONGEST


@pytest.mark.parametrize("key", ["k" * 256, "k" * 10_000, quoted("k" * 256), quoted('"' * 256)])
def test_a_longer_key_is_refused_with_its_length(key: str) -> None:
    with pytest.raises(InvalidIdempotencyKey, match=r"has [0-9]+ characters: use 1 to 255"):
        read_key(key)


@pytest.mark.parametrize(
    "field",
    [
        "",
        "   ",
        "\t",
        '""',
        '"";a=1',
        "two words",
        "a\tb",
        '"a\tb"',
        "a\x00b",
        '"a\x00b"',
        "a\x1fb",
        '"a\x1fb"',
        "a\x7f",
        '"a\x7f"',
        "a\r\nb",
        "a\n",
        "\na",
        "é",
        '"é"',
        "a\xa0b",
        "\xa0a\xa0",
        '"a\xff"',
        '"',
        '"a',
        '"a\\',
        '"a\\"',
        '"a\\b"',
        '"a"b',
        '"a""b"',
        '"a" "b"',
        '"a", "b"',
        '"a",',
        '"a";',
        '"a";1',
        '"a";B=1',
        '"a";b=',
        '"a" ;b',
    ],
)
def test_an_invalid_key_is_refused(field: str) -> None:
    with pytest.raises(InvalidIdempotencyKey):
        read_key(field)


@given(FIELD)
def test_any_field_gives_a_printable_key_or_is_refused(field: str) -> None:
    try:
        key = read_key(field)
    except InvalidIdempotencyKey:
        return
    assert re.fullmatch(r"[\x20-\x7e]{1,255}", key)
    assert key == field.strip(" \t") or field.strip(" \t").startswith('"')


@pytest.mark.parametrize("confidential", [False, True])
def test_the_same_request_has_the_same_fingerprint(confidential: bool) -> None:
    first = fingerprint(**SENT, confidential=confidential)
    assert first == fingerprint(**SENT, confidential=confidential)
    assert (type(first), len(first)) == (bytes, 32)


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("method", "PATCH"),
        ("target", "/articles/"),
        ("target", "/Articles"),
        ("target", "/articles?"),
        ("target", "/articles?x=1"),
        ("content_type", ""),
        ("content_type", "text/plain"),
        ("content_type", "application/vnd.touchstone.v2+json"),
        ("content_type", "application/json; charset=utf-8"),
        ("content_type", "application/json; profile=a"),
        ("content_type", "no type"),
        ("content_digest", hashlib.sha256(b'{"title":"A title"}').digest()),
        ("content_digest", hashlib.sha256(b"").digest()),
        ("by", "an administrator"),
    ],
)
@pytest.mark.parametrize("confidential", [False, True])
def test_method_target_type_and_content_all_count(what: str, other: str | bytes, confidential: bool) -> None:
    changed: dict = {**SENT, what: other}
    assert fingerprint(**changed, confidential=confidential) != fingerprint(**SENT, confidential=confidential)


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=frontier; charset=utf-8",
        "Multipart/Form-DATA; boundary=frontier; charset=utf-8",
        "multipart/form-data; charset=utf-8; boundary=frontier",
        "multipart/form-data;BOUNDARY=frontier;Charset=utf-8",
        'multipart/form-data; boundary="frontier"; charset="utf-8"',
        "multipart/form-data ;  boundary=frontier ; ; charset=utf-8",
    ],
)
def test_the_case_of_a_type_and_the_order_of_its_parameters_do_not_count(content_type: str) -> None:
    plain = "multipart/form-data; boundary=frontier; charset=utf-8"
    same = fingerprint("POST", "/messages", content_type, CONTENT)
    assert same == fingerprint("POST", "/messages", plain, CONTENT)


def test_the_values_of_parameters_count_by_their_case() -> None:
    """Boundaries differ by case (RFC 2046 §5.1.1)."""
    one = fingerprint("POST", "/messages", "multipart/form-data; boundary=a", CONTENT)
    assert one != fingerprint("POST", "/messages", "multipart/form-data; boundary=A", CONTENT)


@given(st.tuples(st.text("a/ ?"), st.text("a/ ?")), st.tuples(st.text("a/ ?"), st.text("a/ ?")))
def test_nothing_of_one_part_passes_for_another(one: tuple[str, str], other: tuple[str, str]) -> None:
    same = fingerprint("POST", *one, CONTENT) == fingerprint("POST", *other, CONTENT)
    assert same == (one[0] == other[0] and _kind(one[1]) == _kind(other[1]))


def _kind(content_type: str) -> str:
    # White space around a media type has no meaning. A text that is not a media type counts unchanged.
    return content_type.strip(" ") if re.fullmatch(" *a+/a+ *", content_type) else content_type


def test_a_target_of_any_bytes_has_a_fingerprint() -> None:
    found = {fingerprint("POST", target, "", CONTENT) for target in ("/é", "/\xff", "/%C3%A9", "/\udcff")}
    assert len(found) == 4


def test_a_confidential_body_has_no_fast_digest() -> None:
    """A fast digest could be computed a thousand million times a second, for every likely password."""
    plain, slow = fingerprint(**SENT), fingerprint(**SENT, confidential=True)
    assert slow != plain
    assert slow not in {hashlib.sha256(each).digest() for each in (plain, CONTENT, plain + CONTENT)}
