"""JSON Pointers in URI fragment form (RFC 6901 §6)."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.pointers import fragment


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ((), "#"),
        (("tags", 0), "#/tags/0"),
        (("",), "#/"),
        (("a/b",), "#/a~1b"),
        (("m~n",), "#/m~0n"),
        (("~1",), "#/~01"),
        (("c%d",), "#/c%25d"),
        (("e^f", "g|h", "i\\j", 'k"l', " "), "#/e%5Ef/g%7Ch/i%5Cj/k%22l/%20"),
        (("a#b?c",), "#/a%23b?c"),
        (("café",), "#/caf%C3%A9"),
        (("\0",), "#/%00"),
        (("\ud800",), "#/?"),
    ],
)
def test_a_path_is_written_as_the_rfc_writes_it(path: tuple[str | int, ...], pointer: str) -> None:
    assert fragment(path) == pointer


@given(st.lists(st.text()))
def test_every_path_can_be_read_back_from_a_legal_fragment(path: list[str]) -> None:
    pointer = fragment(path)
    assert re.fullmatch(r"#(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-F]{2})*", pointer)
    tokens = unquote(pointer[1:]).split("/")[1:]
    assert [token.replace("~1", "/").replace("~0", "~") for token in tokens] == path
