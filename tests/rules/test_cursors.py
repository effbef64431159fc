"""Cursors are opaque, URL-safe, signed and bound (CONTRACT §4)."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.cursors import LONGEST_CURSOR, Direction, Position, read_cursor, sign_cursor
from api.rules.problems import InvalidCursor

SECRET = bytes(range(32))
BINDING = "status=draft&sort=-created_at,id"
POSITION: Position = ["2026-01-01T00:00:00.000Z", 7, None, True]
CURSOR = sign_cursor(SECRET, BINDING, POSITION, "next")
URL_SAFE = string.ascii_letters + string.digits + "-_"


@given(
    st.lists(st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])), max_size=5),
    st.sampled_from(["next", "prev"]),
    st.text(),
)
def test_a_cursor_is_url_safe_and_read_back(position: Position, direction: Direction, binding: str) -> None:
    cursor = sign_cursor(SECRET, binding, position, direction)
    assert re.fullmatch("[A-Za-z0-9_-]+", cursor)
    assert read_cursor(SECRET, binding, cursor) == (position, direction)


@pytest.mark.parametrize(
    ("secret", "binding"),
    [(SECRET, ""), (SECRET, BINDING + " "), (SECRET, "status=draft&sort=created_at,id"), (b"other", BINDING)],
)
def test_another_binding_or_secret_is_refused(secret: bytes, binding: str) -> None:
    with pytest.raises(InvalidCursor) as refused:
        read_cursor(secret, binding, CURSOR)
    assert refused.value.members["errors"][0]["parameter"] == "cursor"


@given(st.integers(0, len(CURSOR) - 1), st.sampled_from(URL_SAFE))
def test_no_character_can_be_changed(place: int, character: str) -> None:
    changed = CURSOR[:place] + character + CURSOR[place + 1 :]
    if changed != CURSOR:
        with pytest.raises(InvalidCursor):
            read_cursor(SECRET, BINDING, changed)


@given(st.integers(0, len(CURSOR) - 1))
def test_a_cursor_cut_short_is_refused(length: int) -> None:
    with pytest.raises(InvalidCursor):
        read_cursor(SECRET, BINDING, CURSOR[:length])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=",
        "A",
        "AAAA",
        "é",
        "\ud800",
        "\0",
        CURSOR + "=",
        CURSOR + "==",
        CURSOR + "A",
        CURSOR + "\n",
        " " + CURSOR,
        CURSOR[:9] + "!" + CURSOR[9:],
        CURSOR + CURSOR,
        "A" * LONGEST_CURSOR,
        "A" * 100_000,
    ],
)
def test_a_cursor_from_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        read_cursor(SECRET, BINDING, text)


@given(st.text())
def test_no_text_does_anything_but_be_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        read_cursor(SECRET, BINDING, text)


def test_the_longest_title_fits() -> None:
    position: Position = ["😀" * 200, 2**63 - 1]
    assert read_cursor(SECRET, BINDING, sign_cursor(SECRET, BINDING, position, "prev")) == (position, "prev")


def test_a_cursor_that_nobody_could_use_is_never_made() -> None:
    with pytest.raises(ValueError, match="too long"):
        sign_cursor(SECRET, BINDING, ["x" * LONGEST_CURSOR], "next")


def test_padding_bits_are_not_a_second_spelling() -> None:
    cursor = next(each for n in range(3) if len(each := sign_cursor(SECRET, BINDING, ["x" * n], "next")) % 4)
    spellings = [cursor[:-1] + last for last in URL_SAFE if last != cursor[-1]]
    for spelling in spellings:
        with pytest.raises(InvalidCursor):
            read_cursor(SECRET, BINDING, spelling)
