"""The Authorization field is read strictly, and never breaks its reader (RFC 7617, RFC 6750; CONTRACT §9)."""

import re
import unicodedata
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.authorization import (
    ANY_SCHEME,
    INVALID_REQUEST,
    INVALID_TOKEN,
    PASSWORD,
    Basic,
    Bearer,
    Challenge,
    insufficient_scope,
    read_authorization,
    without_basic,
)

NOTHING = Basic(None, None)
PRINTABLE = st.text(st.characters(exclude_categories=["Cc", "Cs"]))


def basic(pair: str | bytes) -> str:
    """The field that a client sends for this pair."""
    return "Basic " + b64encode(pair if isinstance(pair, bytes) else pair.encode()).decode()


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC", "bAsIc"])
def test_basic_is_known_in_any_case(scheme: str) -> None:
    assert read_authorization(f"{scheme} YTpi") == Basic("a", "b")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_bearer_is_known_in_any_case(scheme: str) -> None:
    assert read_authorization(f"{scheme} tst_A-z") == Bearer("tst_A-z")


@pytest.mark.parametrize("field", ["Basic   YTpi", " Basic YTpi", "Basic YTpi ", "\tBasic YTpi \t"])
def test_white_space_around_credentials_does_not_count(field: str) -> None:
    assert read_authorization(field) == Basic("a", "b")


@pytest.mark.parametrize(
    "field",
    [
        "",
        " ",
        "Digest YTpi",
        "Negotiate YTpi",
        "Token abc",
        "BasicYTpi",
        "Basic:YTpi",
        "Basic,Bearer YTpi",
        "Bearer=abc",
        "YTpi",
        "Bearer\xa0abc",
        "Bas\u0131c YTpi",  # the upper case of the dotless i is I
        "Ba\u017fic YTpi",  # the upper case of the long s is S
    ],
)
def test_another_scheme_is_not_known(field: str) -> None:
    assert read_authorization(field) is None


@pytest.mark.parametrize(
    ("pair", "username", "password"),
    [
        ("john:john", "john", "john"),
        ("a:b:c", "a", "b:c"),
        ("a::", "a", ":"),
        ("a:", "a", ""),
        (":b", "", "b"),
        (":", "", ""),
        ("a:b ", "a", "b "),
        (" a : b", " a ", " b"),
        ("Aladdin:open sesame", "Aladdin", "open sesame"),
        ("test:123£", "test", "123£"),  # RFC 7617 §2.1
        ("日本:🔑", "日本", "🔑"),
    ],
)
def test_a_pair_is_split_at_its_first_colon(pair: str, username: str, password: str) -> None:
    assert read_authorization(basic(pair)) == Basic(username, password)


def test_letters_in_two_parts_are_read_as_one() -> None:
    assert read_authorization(basic("e\u0301:u\u0308")) == Basic("\u00e9", "\u00fc")


@given(PRINTABLE.filter(lambda username: ":" not in username), PRINTABLE)
def test_credentials_are_read_as_the_client_meant_them(username: str, password: str) -> None:
    expected = Basic(unicodedata.normalize("NFC", username), unicodedata.normalize("NFC", password))
    assert read_authorization(basic(f"{username}:{password}")) == expected


@pytest.mark.parametrize(
    "credentials",
    [
        "",
        "a:b",
        "YTo",  # no padding
        "YTo==",  # too much padding
        "YTpi=",
        "YTpi==",
        "=YTpi",
        "Y=Tpi",
        "YTo=YTo=",
        "=",
        "====",
        "Y",
        "YT pi",
        "YTpi\n",
        "YT\npi",
        "YTpi,YTpi",
        "YTpi; charset=UTF-8",
        "Pj8-Pzph",  # the alphabet of URLs
        "Pj8_Pzph",
        "YTpi\xe9",
        "\uff39TpiYQ==",
    ],
)
def test_invalid_base64_gives_no_credentials(credentials: str) -> None:
    assert read_authorization(f"Basic {credentials}") == NOTHING


@pytest.mark.parametrize("field", ["Basic", "basic", "Basic ", "Basic\x20\t"])
def test_a_scheme_alone_gives_no_credentials(field: str) -> None:
    assert read_authorization(field) == NOTHING


@pytest.mark.parametrize(
    "pair",
    [
        b"\xe9:b",  # ISO 8859-1
        b"a:\xff",
        b"\xc0\xba:b",  # a colon in an overlong encoding
        b"a:\xc1\xa1",
        b"a:\xed\xa0\x80",  # half a surrogate pair
        b"a:\xf4\x90\x80\x80",  # beyond the last character
        b"a:\xe2\x82",  # incomplete
        "a:b".encode("utf-16"),
    ],
)
def test_invalid_utf_8_gives_no_credentials(pair: bytes) -> None:
    assert read_authorization(basic(pair)) == NOTHING


@pytest.mark.parametrize("pair", ["", "a", "john", "a;b", "a\uff1ab"])
def test_a_pair_without_a_colon_gives_no_credentials(pair: str) -> None:
    assert read_authorization(basic(pair)) == NOTHING


@pytest.mark.parametrize("character", ["\0", "\t", "\n", "\r", "\x1b", "\x1f", "\x7f", "\x80", "\x85", "\x9f"])
@pytest.mark.parametrize("pair", ["{}:b", "a:{}", "a{}:b", "a:b{}"])
def test_control_characters_give_no_credentials(pair: str, character: str) -> None:
    assert read_authorization(basic(pair.format(character))) == NOTHING


@pytest.mark.parametrize("token", ["a", "A9", "tst_a-b", "a.b.c", "a~b", "a+b/c", "a=", "a==", "a====", "x" * 10_000])
def test_a_token_is_a_token68(token: str) -> None:
    assert read_authorization(f"Bearer {token}") == Bearer(token)


@pytest.mark.parametrize(
    "credentials",
    ["", " ", "=", "a=b", "a b", "a,b", "a\tb", 'a"b', "a;b", "a:b", "\xe9", "a\x00", "a\n", "a\r\nb: c", "token=a"],
)
def test_a_text_that_is_not_a_token68_is_not_a_token(credentials: str) -> None:
    assert read_authorization(f"Bearer {credentials}") == Bearer(None)


def test_a_pair_of_over_1536_bytes_is_no_login_and_a_shorter_one_is_read() -> None:
    assert read_authorization(basic("a" * 1_534 + ":b")) == Basic("a" * 1_534, "b")
    assert read_authorization(basic("a" * 1_535 + ":b")) == Basic(None, None, too_long=True)
    # The longest name and password that an account can have.
    longest = "a" * 32, "\U0001f600" * 256
    assert read_authorization(basic(":".join(longest))) == Basic(*longest)
    assert read_authorization("Bearer " + " " * 100_000) == Bearer(None)


@given(
    st.text(st.characters()) | st.text(" \t=:YTpi/+-_"), st.sampled_from(["", "Basic ", "basic", "Bearer ", "Digest "])
)
def test_no_field_breaks_the_reader(rest: str, scheme: str) -> None:
    match read_authorization(scheme + rest):
        case Basic(username, password):
            assert (username is None) == (password is None)
        case Bearer(token):
            assert token is None or re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", token)
        case nothing:
            assert nothing is None


@given(st.binary())
def test_no_bytes_in_base64_break_the_reader(pair: bytes) -> None:
    found = read_authorization(basic(pair))
    assert isinstance(found, Basic)
    if found.username is not None:
        assert b":" in pair
        assert ":" not in found.username


@pytest.mark.parametrize(
    ("challenge", "values"),
    [
        (ANY_SCHEME, ['Bearer realm="touchstone"', 'Basic realm="touchstone", charset="UTF-8"']),
        (PASSWORD, ['Basic realm="touchstone", charset="UTF-8"']),
        (INVALID_TOKEN, ['Bearer realm="touchstone", error="invalid_token"']),
        (INVALID_REQUEST, ['Bearer realm="touchstone", error="invalid_request"']),
    ],
)
def test_a_challenge_says_which_credentials_are_taken_a_line_each(challenge: Challenge, values: list[str]) -> None:
    assert challenge == tuple(("WWW-Authenticate", value) for value in values)


def test_the_challenge_for_a_scope_names_all_that_are_needed() -> None:
    expected = 'Bearer realm="touchstone", error="insufficient_scope", scope="articles:write admin"'
    assert insufficient_scope(["articles:write", "admin"]) == (("WWW-Authenticate", expected),)


@pytest.mark.parametrize(
    ("challenge", "values"),
    [
        (ANY_SCHEME, ['Bearer realm="touchstone"']),
        (PASSWORD, ['Bearer realm="touchstone"']),
        (INVALID_TOKEN, ['Bearer realm="touchstone", error="invalid_token"']),
    ],
)
def test_a_script_of_a_page_is_challenged_for_a_token_alone(challenge: Challenge, values: list[str]) -> None:
    assert without_basic([value for _, value in challenge]) == values
