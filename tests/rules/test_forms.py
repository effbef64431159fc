"""Tokens that prove that a form is from our pages, and paths that it may redirect to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.forms import form_token, is_form_token, is_from_elsewhere, own_path
from api.rules.tokens import new_token

HOSTS = ("touchstone.test:8000", "api.example.org")


def test_a_form_is_known_by_the_session_that_it_was_made_for_and_by_no_other() -> None:
    one, other = new_token(), new_token()
    assert is_form_token(one, form_token(one))
    assert form_token(one) == form_token(one)
    assert not is_form_token(other, form_token(one))
    assert not is_form_token(None, form_token(one))


@pytest.mark.parametrize("sent", ["", "x", "é", "\ud800", "a" * 10_000])
def test_anything_else_is_none(sent: str) -> None:
    assert not is_form_token(new_token(), sent)
    assert not is_form_token(None, sent)


def test_a_form_token_does_not_reveal_the_session() -> None:
    session = new_token()
    assert session not in form_token(session)
    assert not is_form_token(session, session)


@pytest.mark.parametrize(
    ("site", "origin", "elsewhere"),
    [
        ("same-origin", "http://touchstone.test:8000", False),
        ("same-origin", None, False),
        ("none", None, False),
        (None, None, False),
        (None, "http://touchstone.test:8000", False),
        (None, "https://API.example.org", False),
        (None, "http://touchstone.test", True),
        (None, "http://touchstone.test:80001", True),
        (None, "http://evil.test", True),
        (None, "http://touchstone.test:8000.evil.test", True),
        (None, "null", True),
        (None, "", True),
        ("same-origin", "http://evil.test", True),
        ("cross-site", None, True),
        ("cross-site", "http://touchstone.test:8000", True),
        ("same-site", "http://touchstone.test:9000", True),
        ("same-site", None, True),
        ("", None, True),
        ("nonsense", None, True),
    ],
)
def test_forms_from_pages_of_another_origin_are_detected(site: str | None, origin: str | None, elsewhere: bool) -> None:
    assert is_from_elsewhere(site=site, origin=origin, hosts=HOSTS) is elsewhere


def test_a_server_that_nobody_named_is_no_origin() -> None:
    assert is_from_elsewhere(site=None, origin="null", hosts=("", ""))
    assert is_from_elsewhere(site=None, origin="", hosts=("", ""))


@pytest.mark.parametrize("path", ["/", "/articles/7", "/articles?q=a%20b&sort=-id", "/a//b", "/:@!$&'()*+,;=", "/[a]~"])
def test_a_path_of_this_server_is_one(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "//",
        "//a",
        "/\\a",
        "\\a",
        "http://a",
        "/a\\b",
        "/a b",
        "/a\n",
        "/a\r\nb",
        "/\t/a",
        "/é",
        "/\x7f",
        "/" * 2,
    ],
)
def test_anything_that_could_be_a_place_elsewhere_is_none(text: str) -> None:
    assert own_path(text) is None


@given(st.text(max_size=50))
def test_accepted_paths_are_ascii_and_stay_on_this_server(text: str) -> None:
    found = own_path(text)
    if found is not None:
        assert found == text
        assert found.startswith("/")
        assert found[1:2] not in ("/", "\\")
        assert found.isascii()
        assert found.isprintable()
        assert "\\" not in found
