"""Content-Type, Accept and the media type of problems (RFC 9110 §8.3, §12.5.1; CONTRACT §8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.fields import MOST_MEMBERS
from api.rules.media import (
    HTML,
    JSON,
    JSON_V1,
    JSON_V2,
    PROBLEM_JSON,
    PROBLEM_XML,
    XML,
    negotiate,
    parse_content_type,
    problem_type,
)

OFFERS = (JSON, JSON_V1, JSON_V2, XML)
LIST_OFFERS = (*OFFERS, "text/csv", "application/x-ndjson")


@pytest.mark.parametrize(
    ("value", "essence", "parameters"),
    [
        ("application/json", JSON, {}),
        ("Application/JSON; Charset=UTF-8", JSON, {"charset": "UTF-8"}),
        (" text/plain;a=1 ;\tb=2 ", "text/plain", {"a": "1", "b": "2"}),
        ("text/plain;", "text/plain", {}),
        ("text/plain; ;a=1", "text/plain", {"a": "1"}),
        ('multipart/mixed; boundary="a b;c,\\"d\\\\"', "multipart/mixed", {"boundary": 'a b;c,"d\\'}),
        ('text/plain; a=""', "text/plain", {"a": ""}),
        (JSON_V2, JSON_V2, {}),
    ],
)
def test_a_content_type_is_read(value: str, essence: str, parameters: dict[str, str]) -> None:
    assert parse_content_type(value) == (essence, parameters)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "json",
        "a/b, c/d",
        "a/",
        "/b",
        "a/b/c",
        "a /b",
        "a/b c",
        "a/b;x",
        "a/b;x=",
        "a/b;x =1",
        "a/b;x= 1",
        'a/b;x="1',
        'a/b;x="1"2',
        "a/b;=1",
        "a/b;x=1;X=2",
        "é/b",
        "a/b\n",
        "a/b;x=1\r\ny: z",
        "a/b" + " " * 10_000 + "c",
    ],
)
def test_a_malformed_content_type_is_none(value: str) -> None:
    assert parse_content_type(value) is None


def test_parameters_cannot_be_changed_by_one_reader_for_the_next() -> None:
    media_type = parse_content_type("text/plain; a=1")
    assert media_type is not None
    with pytest.raises(TypeError):
        media_type.parameters["a"] = "2"  # type: ignore[index]  # the point of the test


@pytest.mark.parametrize("accept", [None, "", " ", ",", ", ,", "*/*", "application/*", "APPLICATION/*", "*/*;q=0.001"])
def test_a_client_that_accepts_anything_gets_json(accept: str | None) -> None:
    assert negotiate(accept, OFFERS) == JSON


@pytest.mark.parametrize(
    "accept",
    [
        "application/json;q=0",
        "*/*;q=0",
        "*/*;q=0.000",
        "application/*;q=0, */*;q=0",
        "image/png",
        "text/*",
        "application/vnd.touchstone.v9+json",
        "application/*+json",
        "*+json/*, image/png",
        "application/problem+json",
        'image/png;x=", application/xml, "',
    ],
)
def test_a_client_that_accepts_no_offer_gets_none(accept: str) -> None:
    assert negotiate(accept, OFFERS) is None


@pytest.mark.parametrize("accept", ["garbage", "*/json", "application/json;q=2", "image/png;q=1.001", "image/png;q=x"])
def test_bad_members_are_dropped(accept: str) -> None:
    assert negotiate(accept, OFFERS) == JSON
    assert negotiate(f"{accept}, application/xml", OFFERS) == XML
    assert negotiate(f"application/xml, {accept}", OFFERS) == XML
    assert negotiate(f"{accept}, image/png", OFFERS) is None


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("application/json;q=0, */*", JSON_V1),
        ("application/json;q=0, application/vnd.touchstone.v1+json;q=0, */*", JSON_V2),
        ("application/xml, application/json", JSON),
        ("application/xml;q=0.5, application/json;q=0.4", XML),
        ("application/json;q=0.9, */*", JSON_V1),
        ("*/*, application/json;q=0.9", JSON_V1),
        ("text/csv;q=0.9, text/*;q=0.1", "text/csv"),
        ("text/*", "text/csv"),
        ("application/*;q=0.2, */*", "text/csv"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("Application/XML", XML),
        ("application/vnd.touchstone.v2+json", JSON_V2),
        ("text/html, application/xml;q=0.9, */*;q=0.8", XML),
        ("application/json; charset=utf-8", JSON),
        ('application/json; charset="UTF-8"', JSON),
        ("text/csv;charset=UTF-8", "text/csv"),
        # Parameters that no offer is distinguished by.
        ("application/json;indent=4", JSON),
        ("application/xml;q=0.5;version=1, application/json;q=0.1", XML),
        ("application/json;version=1;q=0.1, application/xml;q=0.2", XML),
        ("application/json;charset=iso-8859-1", JSON),
        ("text/csv;header=present", "text/csv"),
        ("*/*;level=1", JSON),
        # Weights that many clients write, beside elements that cannot be read.
        ("text/html, */*;q=.2", JSON),
        ("*; q=.2, */*; q=.2", JSON),
        ("application/xml;q=1., application/json;q=.9", XML),
        ("application/xml;q=0., application/json;q=.1", JSON),
        ("application/json;q=0.12345, application/xml;q=0.1234", JSON),
        ("text/html, application/xml;q=.9, */*;q=.8", XML),
        ("image/png, garbage, application/xml;q=00.5, application/json;q=.1", JSON),
        ("application/json;Q=0.1, application/xml", XML),
        ('image/png;x="a, application/xml", application/xml;q=0.1', XML),
        ("application/json;q=0.5, application/json", JSON),
    ],
)
def test_weight_and_specificity_choose(accept: str, chosen: str) -> None:
    assert negotiate(accept, LIST_OFFERS) == chosen


def test_a_range_with_parameters_rules_the_offer_that_has_them() -> None:
    offers = ("text/html", "text/html;level=1")
    assert negotiate("text/html;q=0.5, text/html;level=1", offers) == "text/html;level=1"
    assert negotiate("text/html, text/html;level=1;q=0.5", offers[::-1]) == "text/html"


def test_a_parameter_counts_where_offers_are_distinguished_by_it() -> None:
    offers = ("text/plain; version=0.0.4; charset=utf-8", "text/plain; version=1.0.0", "application/json")
    assert negotiate("text/plain;version=1.0.0", offers) == offers[1]
    assert negotiate("text/plain;version=9", offers) is None
    assert negotiate("application/json;version=9", offers) == "application/json"
    assert negotiate("text/plain;version=0.0.4;escaping=values;charset=latin-1", offers) == offers[0]


def test_equal_weights_leave_it_to_the_server() -> None:
    for offers in (OFFERS, OFFERS[::-1]):
        assert negotiate("application/xml, application/json, */*", offers) == offers[0]


LONG = "image/png;a=" + "a" * 1_000 + ", "


def test_long_fields_are_judged_like_short_ones() -> None:
    assert negotiate(LONG * 10 + "application/xml", OFFERS) == XML
    assert problem_type(LONG * 10 + "application/xml") == PROBLEM_XML
    assert problem_type(LONG * 10 + "text/html") == HTML


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_field_of_over_100_members_and_parameters_counts_as_absent(separator: str) -> None:
    most = "image/png" + separator * (MOST_MEMBERS - 1) + ",application/xml"
    assert (negotiate(most, OFFERS), problem_type(most)) == (XML, PROBLEM_XML)
    assert (negotiate(most + ",text/html", OFFERS), problem_type(most + ",text/html")) == (OFFERS[0], PROBLEM_JSON)


def test_a_range_that_is_repeated_counts_with_its_best_weight() -> None:
    assert negotiate("application/xml;q=0.1, application/json;q=0.5, application/xml;q=0.9", OFFERS) == XML
    assert negotiate("application/xml;q=0.9, application/json;q=0.5, application/xml;q=0.1", OFFERS) == XML


def test_without_offers_the_choice_is_none() -> None:
    assert negotiate(None, ()) is None
    assert negotiate("*/*", ()) is None


@pytest.mark.parametrize(
    "accept", ["application/xml", "text/xml", PROBLEM_XML, "application/json;q=0.9, application/xml"]
)
def test_problems_are_xml_where_xml_is_preferred(accept: str) -> None:
    assert problem_type(accept) == PROBLEM_XML


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/*",
        "garbage",
        "image/png",
        "*/*;q=0",
        "application/json;q=0",
        "application/json",
        PROBLEM_JSON,
        "application/json, application/xml",
        "application/xml, application/json",
        "application/xml, */*",
        "application/vnd.touchstone.v1+json, application/xml;q=0.9",
        "application/vnd.touchstone.v2+json, application/xml;q=0.9",
        "application/problem+json, application/xml;q=0.5",
    ],
)
def test_problems_are_json_otherwise(accept: str | None) -> None:
    assert problem_type(accept) == PROBLEM_JSON


BROWSERS = [
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "text/html, application/xhtml+xml, */*;q=0.8",
]


@pytest.mark.parametrize(
    "accept",
    [
        *BROWSERS,
        "text/html",
        "Text/HTML; charset=UTF-8",
        "text/html;q=0.1",
        "text/html;q=0.2, application/json;q=0.1, application/xml;q=0.1",
        "text/html, application/json;q=0",
        "text/html, image/png",
    ],
)
def test_problems_are_pages_where_pages_are_preferred(accept: str) -> None:
    assert problem_type(accept) == HTML


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("text/html, */*", PROBLEM_JSON),
        ("text/html, application/json", PROBLEM_JSON),
        ("text/html, application/problem+json", PROBLEM_JSON),
        ("text/html, application/vnd.touchstone.v2+json", PROBLEM_JSON),
        ("text/html;q=0.9, application/json", PROBLEM_JSON),
        ("text/html;q=0", PROBLEM_JSON),
        ("text/html;q=2", PROBLEM_JSON),
        ("application/xhtml+xml", PROBLEM_JSON),
        ("text/html, application/xml", PROBLEM_XML),
        ("text/html;q=0.9, text/xml", PROBLEM_XML),
    ],
)
def test_problems_are_no_pages_where_programs_read_them_as_well(accept: str, chosen: str) -> None:
    assert problem_type(accept) == chosen


@given(st.text(' ,;/*=".\\q01ajson+') | st.text())
def test_no_field_breaks_the_readers(value: str) -> None:
    parse_content_type(value)
    assert negotiate(value, OFFERS) in (*OFFERS, None)
    assert problem_type(value) in {PROBLEM_JSON, PROBLEM_XML, HTML}
