"""What pages of other origins may read and send (the Fetch standard, CORS protocol; CONTRACT §9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.cors import allow_origin, answer_fields, preflight_fields, varies

LISTED = ("https://app.test", "http://localhost:3000")
EXPOSED = {
    "ETag",
    "Location",
    "Content-Location",
    "Link",
    "Allow",
    "X-Total-Count",
    "Accept-Post",
    "Accept-Patch",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "WWW-Authenticate",
    "X-Request-Id",
    "Idempotent-Replayed",
    "Preference-Applied",
    "Content-Range",
    "Accept-Ranges",
    "Content-Disposition",
    "Content-Digest",
    "Repr-Digest",
    "Idempotency-Key",
    "Touchstone-Fault",
    "Accept",
    "Accept-Encoding",
}


def names(field: str) -> set[str]:
    return set(field.split(", "))


@pytest.mark.parametrize("origin", ["https://app.test", "http://other.test", "null", "x\r\nSet-Cookie: a=b"])
def test_if_any_origin_is_allowed_the_field_is_a_star(origin: str) -> None:
    assert allow_origin(origin, ("*",)) == "*"
    assert allow_origin(origin, (*LISTED, "*")) == "*"


@pytest.mark.parametrize("origin", LISTED)
def test_a_listed_origin_is_named(origin: str) -> None:
    assert allow_origin(origin, LISTED) == origin


@pytest.mark.parametrize(
    "origin",
    [
        "https://other.test",
        "http://app.test",
        "https://app.test:8443",
        "https://app.test/",
        "https://app.test.evil.test",
        "https://evil-app.test",
        "https://sub.app.test",
        "https://app.tes",
        "HTTPS://APP.TEST",  # browsers write it in lower case
        "https://app.test https://app.test",
        "https://app.test, http://localhost:3000",
        "https://app.test\n",
        "null",
        "*",
        "",
    ],
)
def test_any_other_origin_gets_nothing(origin: str) -> None:
    assert allow_origin(origin, LISTED) is None
    assert answer_fields(origin, LISTED) == []
    assert preflight_fields(origin, LISTED) == []


def test_without_configured_origins_there_are_no_cors_fields() -> None:
    for origin in (*LISTED, "null", "*", "", None):
        assert answer_fields(origin, ()) == []
        assert preflight_fields(origin, ()) == []


def test_an_answer_exposes_the_fields_of_the_contract() -> None:
    fields = dict(answer_fields(LISTED[0], LISTED))
    assert fields.pop("Access-Control-Allow-Origin") == LISTED[0]
    assert names(fields.pop("Access-Control-Expose-Headers")) == EXPOSED
    assert fields == {}


def test_a_preflight_says_what_may_be_sent() -> None:
    fields = dict(preflight_fields(LISTED[0], LISTED))
    assert fields["Access-Control-Allow-Origin"] == LISTED[0]
    methods = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
    assert names(fields["Access-Control-Allow-Methods"]) == methods
    # `*` allows every field except this one (Fetch, CORS protocol and credentials).
    assert {"Authorization", "*"} <= names(fields["Access-Control-Allow-Headers"])
    # For browsers that do not support `*`.
    known = {"Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Prefer"}
    assert known <= names(fields["Access-Control-Allow-Headers"])
    assert fields["Access-Control-Max-Age"].isdecimal()


@pytest.mark.parametrize("origins", [("*",), LISTED])
def test_a_browser_never_adds_credentials_by_itself(origins: tuple[str, ...]) -> None:
    for fields in (answer_fields(LISTED[0], origins), preflight_fields(LISTED[0], origins)):
        assert fields
        assert "access-control-allow-credentials" not in {name.lower() for name, _ in fields}


@given(st.text(st.characters()) | st.sampled_from(LISTED), st.sampled_from([(), ("*",), LISTED]))
def test_only_what_is_configured_is_ever_sent_back(origin: str, origins: tuple[str, ...]) -> None:
    assert allow_origin(origin, origins) in (*origins, None)


def test_answers_vary_where_only_some_origins_may_read_them() -> None:
    assert varies(LISTED)


def test_answers_that_depend_on_the_origin_say_so() -> None:
    """Otherwise a cache could give a page the stored response of a request without Origin (Fetch, CORS and caches)."""
    for origins in ((), ("*",), LISTED, (*LISTED, "*")):
        answers = {tuple(answer_fields(origin, origins)) for origin in (*LISTED, "https://other.test", "null", None)}
        assert len(answers) == 1 or varies(origins), origins
