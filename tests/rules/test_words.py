"""The words of a text (CONTRACT §4)."""

import re
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.words import LONGEST_WORD, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" ,.;\n", []),
        ("Hello, World! hello", ["hello", "world"]),
        ("snake_case kebab-case v2.0", ["snake", "case", "kebab", "v2", "0"]),
        ("don't", ["don", "t"]),
        ("Straße STRASSE", ["strasse"]),
        ("École e\u0301cole", ["école"]),
        ("ﬁne Ⅷ ² Å", ["fine", "ⅷ", "²", "å"]),
        ("ΣΊΣΥΦΟΣ σίσυφος", ["σίσυφοσ"]),
        ("naïve—text «quoted»", ["naïve", "text", "quoted"]),
        ("हिन्दी", ["हिन्दी"]),
        ("日本語、東京", ["日本語", "東京"]),
        ("İstanbul", ["i\u0307stanbul"]),
        ("𝐀𝐁", ["𝐀𝐁"]),
        ("½", ["½"]),
        ("a😀b\0c\ud800d", ["a", "b", "c", "d"]),
        ("a\u00a0b\u2003c", ["a", "b", "c"]),
        ("é_è", ["é", "è"]),
        ("x" * 100, ["x" * LONGEST_WORD]),
        ("é" * 100 + " " + "é" * 64, ["é" * LONGEST_WORD]),
    ],
)
def test_a_text_has_these_words(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_no_character_expands_to_words_that_overflow_a_tsvector() -> None:
    most = max(len(" ".join(words(chr(code))).encode()) for code in range(0x110000) if category(chr(code))[0] != "C")
    assert (100_000 + 200 + 1) * most < 2**20  # the bytes that a tsvector can address


TEXTS = st.text() | st.text("aA éÉ_ßſıİΣςᾳ\u0345\u0301\u0323\u0307ﬁ½Ⅷ\u1e9e\u03d2\u037a가\u1100\u1161", max_size=100)


@given(TEXTS)
def test_folding_words_again_changes_nothing(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


@given(TEXTS)
def test_words_are_what_both_databases_take_as_one_token(text: str) -> None:
    found = words(text)
    assert all(re.fullmatch(r"[a-z0-9\u0080-\U0010ffff]{1,64}", word) for word in found)
    assert not any(each.isspace() for word in found for each in word)
    assert len(set(found)) == len(found)


@given(st.text(st.characters(max_codepoint=127)))
def test_the_fast_path_finds_what_the_slow_one_finds(text: str) -> None:
    assert [*words(text), "é"] == [*dict.fromkeys([*words(text + " é")])]


@given(TEXTS)
def test_case_does_not_matter(text: str) -> None:
    assert words(text.casefold()) == words(text)
