"""Signed values that clients keep for the server."""

import pytest

from api.rules.sealed import LONGEST, Seal, key_for

SECRET = b"s" * 32


def test_a_value_comes_back_until_its_end() -> None:
    seal = Seal(SECRET, "code")
    text = seal.seal({"user": "é"}, 100)
    assert seal.opened(text, 99) == {"user": "é", "exp": 100}
    assert seal.opened(text, 100) is None


def test_another_use_and_another_secret_open_nothing() -> None:
    text = Seal(SECRET, "code").seal({"a": 1}, 100)
    assert Seal(SECRET, "refresh").opened(text, 0) is None
    assert Seal(b"t" * 32, "code").opened(text, 0) is None
    assert key_for(SECRET, "code") != key_for(SECRET, "refresh")


@pytest.mark.parametrize("wrong", ["", ".", "a.b", "é", "x" * (LONGEST + 1), ".eJw.x", "\ud800"])
def test_other_texts_open_nothing(wrong: str) -> None:
    seal = Seal(SECRET, "code")
    good = seal.seal({"a": 1}, 100)
    assert seal.opened(good, 0)
    assert seal.opened(wrong, 0) is None
    assert seal.opened(good[:-1] + ("A" if good[-1] != "A" else "B"), 0) is None
