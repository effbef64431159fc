"""Bearer tokens are random, easy to find in leaks, and stored only as a digest (CONTRACT §1, §9)."""

import hashlib
import re
from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.authorization import Bearer, read_authorization
from api.rules.tokens import new_token, token_digest

TOKEN = "tst_naUkx-OtwFLtUVzFgpErdHNArhiFQ_HBATBxJ0mGBEE"
FORM = r"tst_[A-Za-z0-9_-]{43}"


def test_a_token_has_256_bits_and_a_name_in_front() -> None:
    token = new_token()
    assert re.fullmatch(FORM, token)
    assert len(urlsafe_b64decode(token.removeprefix("tst_") + "=")) == 32


def test_no_two_tokens_are_alike() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    # Nearly all of the 64 characters occur in each position; in the last, of four bits, nearly all of its 16.
    found = [len(set(place)) for place in zip(*tokens, strict=True)][len("tst_") :]
    assert min(found[:-1]) > 50
    assert found[-1] > 12


def test_a_token_can_be_sent_as_it_is() -> None:
    token = new_token()
    assert read_authorization(f"Bearer {token}") == Bearer(token)


def test_the_digest_finds_the_token_again_and_does_not_hold_it() -> None:
    digest = token_digest(TOKEN)
    assert digest == hashlib.sha256(TOKEN.encode()).digest() == token_digest(TOKEN)
    assert token_digest(new_token()) != digest


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "tst_",
        TOKEN[:-1],
        TOKEN + "A",
        TOKEN + "=",
        TOKEN + "\n",
        " " + TOKEN,
        TOKEN.removeprefix("tst_"),
        TOKEN.replace("tst_", "TST_"),
        TOKEN.replace("tst_", "tst-"),
        TOKEN.replace("tst_", "abc_"),
        TOKEN[:-1] + "+",
        TOKEN[:-1] + "\u0660",
        TOKEN[:-1] + "\ud800",
        TOKEN[:-1] + "\0",
        TOKEN + TOKEN,
        "tst_" + "A" * 100_000,
    ],
)
def test_a_text_that_is_not_a_token_has_no_digest(text: str | None) -> None:
    assert token_digest(text) is None


@given(st.text(st.characters()) | st.from_regex(FORM, fullmatch=True))
def test_no_text_breaks_the_reader(text: str) -> None:
    digest = token_digest(text)
    assert (digest is not None) == bool(re.fullmatch(FORM, text))
    assert digest is None or len(digest) == 32
