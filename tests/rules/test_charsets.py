"""Charsets that a body may declare."""

import encodings

import pytest

from api.rules.charsets import decoded


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        (b"abc", "utf-8", "abc"),
        (b"\xe9", "ISO-8859-1", "é"),
        ("é🎉".encode("utf-16"), "utf-16", "é🎉"),
        ("日本".encode("shift_jis"), "Shift_JIS", "日本"),
        (b"\xff", "utf-8", None),
        (b"\xed\xa0\x80", "utf-8", None),
        (b"+2AA-", "utf-7", None),
        (b"abc", "no-such-charset", None),
        (b"abc", "", None),
        (b"abc", "a\0b", None),
        (b"6162", "hex", None),
        (b"abc", "rot13", None),
    ],
)
def test_text_is_what_its_charset_says(body: bytes, charset: str, text: str | None) -> None:
    assert decoded(body, charset) == text


@pytest.mark.parametrize(
    "name", ["idna", "punycode", "unicode_escape", "raw_unicode_escape", "Unicode-Escape", "undefined"]
)
def test_encodings_of_code_or_domain_names_are_not_charsets(name: str) -> None:
    assert decoded(b"abc", name) is None


def test_names_that_clients_make_up_are_not_remembered() -> None:
    before = len(encodings._cache)  # type: ignore[attr-defined]  # what Python caches, found or not
    assert all(decoded(b"abc", f"made-up-{number}") is None for number in range(100))
    assert len(encodings._cache) == before  # type: ignore[attr-defined]  # as above
