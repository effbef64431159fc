"""Conditional requests (RFC 9110 §13; the rows of CONTRACT §7)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.clock import http_date
from api.rules.conditions import ANY, Conditions, Outcome, Tag, evaluate, parse_tags, range_applies
from api.rules.problems import InvalidHeader

ETAG = '"v2"'
MODIFIED = datetime(2026, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC)
BEFORE = "Wed, 31 Dec 2025 12:00:00 GMT"
SAME = "Thu, 01 Jan 2026 12:00:00 GMT"
AFTER = "Fri, 02 Jan 2026 12:00:00 GMT"

PROCEED, NOT_MODIFIED, FAILED = Outcome.PROCEED, Outcome.NOT_MODIFIED, Outcome.FAILED


def judged(method: str, *, exists: bool = True, **fields: str) -> Outcome:
    etag, modified = (ETAG, MODIFIED) if exists else (None, None)
    return evaluate(method, Conditions(**fields), etag=etag, last_modified=modified)


@pytest.mark.parametrize(
    ("row", "method", "fields", "outcome"),
    [
        (1, "GET", {"if_none_match": '"v2"'}, NOT_MODIFIED),
        (1, "GET", {"if_none_match": 'W/"v2"'}, NOT_MODIFIED),
        (1, "GET", {"if_none_match": "*"}, NOT_MODIFIED),
        (1, "HEAD", {"if_none_match": '"v1", "v2"'}, NOT_MODIFIED),
        (2, "GET", {"if_none_match": '"v1"', "if_modified_since": AFTER}, PROCEED),
        (3, "GET", {"if_modified_since": SAME}, NOT_MODIFIED),
        (3, "GET", {"if_modified_since": AFTER}, NOT_MODIFIED),
        (3, "GET", {"if_modified_since": BEFORE}, PROCEED),
        (3, "GET", {"if_modified_since": "junk"}, PROCEED),
        (3, "PUT", {"if_modified_since": AFTER}, PROCEED),
        (4, "GET", {"if_match": "*"}, PROCEED),
        (5, "GET", {"if_match": '"v1"'}, FAILED),
        (5, "GET", {"if_match": 'W/"v2"'}, FAILED),
        (6, "GET", {"if_unmodified_since": BEFORE}, FAILED),
        (6, "GET", {"if_unmodified_since": SAME}, PROCEED),
        (6, "PUT", {"if_unmodified_since": BEFORE}, FAILED),
        (6, "PUT", {"if_unmodified_since": "junk"}, PROCEED),
        (6, "PUT", {"if_match": '"v2"', "if_unmodified_since": BEFORE}, PROCEED),
        (7, "GET", {"if_match": '"v2"', "if_none_match": '"v2"'}, NOT_MODIFIED),
        (7, "GET", {"if_match": '"v1"', "if_none_match": '"v2"'}, FAILED),
        (14, "PUT", {"if_match": '"v2"'}, PROCEED),
        (14, "PUT", {"if_match": '"v1"'}, FAILED),
        (14, "PUT", {"if_match": '"v1", "v2"'}, PROCEED),
        (15, "PUT", {"if_none_match": "*"}, FAILED),
        (16, "PUT", {"if_none_match": '"v2"'}, FAILED),
        (16, "PUT", {"if_none_match": 'W/"v2"'}, FAILED),
        (16, "PUT", {"if_none_match": '"v1"'}, PROCEED),
        (17, "PATCH", {"if_match": '"v1"'}, FAILED),
        (20, "GET", {"if_none_match": "v2"}, PROCEED),
        (20, "HEAD", {"if_none_match": "v2", "if_modified_since": AFTER}, PROCEED),
        (21, "OPTIONS", {"if_match": '"v1"'}, PROCEED),
        (21, "OPTIONS", {"if_match": "v1"}, PROCEED),
    ],
)
def test_an_existing_resource_is_judged_as_the_contract_says(
    row: int, method: str, fields: dict[str, str], outcome: Outcome
) -> None:
    assert judged(method, **fields) is outcome, f"row {row}"


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"if_match": "*"}, FAILED),
        ({"if_match": '"v2"'}, FAILED),
        ({"if_none_match": "*"}, PROCEED),
        ({"if_none_match": '"v2"'}, PROCEED),
        ({"if_unmodified_since": BEFORE}, PROCEED),
        ({}, PROCEED),
    ],
)
def test_an_absent_resource_matches_nothing(fields: dict[str, str], outcome: Outcome) -> None:
    assert judged("PUT", exists=False, **fields) is outcome


MALFORMED = [
    "",
    "v2",
    '"v2',
    'w/"v2"',
    'W/ "v2"',
    '"v1" "v2"',
    '*, "v2"',
    '"v2", *',
    ",",
    ", ,",
    '"a b"',
    '"v2";x',
    "**",
]


@pytest.mark.parametrize("value", MALFORMED)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_a_malformed_if_match_is_refused_on_every_method(method: str, value: str) -> None:
    with pytest.raises(InvalidHeader) as refused:
        judged(method, if_match=value)
    assert refused.value.members["errors"][0]["header"] == "If-Match"


@pytest.mark.parametrize("value", MALFORMED)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
def test_a_malformed_if_none_match_is_refused_on_writes(method: str, value: str) -> None:
    with pytest.raises(InvalidHeader) as refused:
        judged(method, if_none_match=value)
    assert refused.value.members["errors"][0]["header"] == "If-None-Match"


@pytest.mark.parametrize("exists", [True, False])
def test_a_malformed_if_match_is_refused_whether_or_not_there_is_something(exists: bool) -> None:
    with pytest.raises(InvalidHeader):
        judged("PUT", exists=exists, if_match="v2")


@pytest.mark.parametrize("value", MALFORMED)
def test_a_text_that_is_not_a_list_of_tags_is_none(value: str) -> None:
    assert parse_tags(value) is None


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        ('"v2"', [(False, '"v2"')]),
        ('W/"v2"', [(True, '"v2"')]),
        ('"a","b" ,\tW/"c"', [(False, '"a"'), (False, '"b"'), (True, '"c"')]),
        (', "a",, "b", ', [(False, '"a"'), (False, '"b"')]),
        ('"a,b", "W/"', [(False, '"a,b"'), (False, '"W/"')]),
        ('""', [(False, '""')]),
        ('"\\"', [(False, '"\\"')]),
        ('"\xe9"', [(False, '"\xe9"')]),
    ],
)
def test_a_list_of_tags_is_read(value: str, tags: list[Tag]) -> None:
    assert parse_tags(value) == tags


@pytest.mark.parametrize("value", ["*", " *\t"])
def test_a_star_is_any(value: str) -> None:
    assert parse_tags(value) is ANY


def test_a_weak_tag_of_ours_matches_weakly_only() -> None:
    fields = Conditions(if_none_match='"v2"')
    assert evaluate("GET", fields, etag='W/"v2"', last_modified=None) is NOT_MODIFIED
    fields = Conditions(if_match='W/"v2", "v2"')
    assert evaluate("GET", fields, etag='W/"v2"', last_modified=None) is FAILED


@pytest.mark.parametrize(
    ("value", "outcome"), [('"v2-xml"', PROCEED), ('W/"v2-xml"', FAILED), ('"v1-xml", "v1"', FAILED), ("*", PROCEED)]
)
def test_if_match_takes_any_tag_of_the_current_version(value: str, outcome: Outcome) -> None:
    def same_version(tag: str) -> bool:
        return tag.startswith('"v2')

    fields = Conditions(if_match=value)
    assert evaluate("PUT", fields, etag=ETAG, last_modified=MODIFIED, same_version=same_version) is outcome


def test_if_match_fails_for_an_absent_resource() -> None:
    fields = Conditions(if_match='"v2"')
    assert evaluate("PUT", fields, etag=None, last_modified=None, same_version=lambda _: True) is FAILED


def test_if_none_match_does_not_take_the_tag_of_another_representation() -> None:
    fields = Conditions(if_none_match='"v2-xml"')
    assert evaluate("GET", fields, etag=ETAG, last_modified=None, same_version=lambda _: True) is PROCEED


def test_a_resource_with_a_date_alone_exists() -> None:
    assert evaluate("GET", Conditions(if_match="*"), etag=None, last_modified=MODIFIED) is PROCEED
    assert evaluate("GET", Conditions(if_none_match="*"), etag=None, last_modified=MODIFIED) is NOT_MODIFIED


TAGS = st.tuples(st.booleans(), st.sampled_from(['"v1"', '"v2"', '"v,3"']))
LISTS = st.none() | st.just("*") | st.lists(TAGS, min_size=1, max_size=3)
DAYS = st.none() | st.integers(-1, 1)


def written(tags: str | list[tuple[bool, str]] | None) -> str | None:
    if tags is None or isinstance(tags, str):
        return tags
    return ", ".join(("W/" if weak else "") + opaque for weak, opaque in tags)


def dated(days: int | None) -> str | None:
    return None if days is None else http_date(MODIFIED + timedelta(days=days))


@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    match=LISTS,
    none_match=LISTS,
    modified_since=DAYS,
    unmodified_since=DAYS,
    exists=st.booleans(),
    weak=st.booleans(),
    has_date=st.booleans(),
)
def test_every_combination_agrees_with_the_steps_of_the_rfc(
    method: str,
    match: str | list[tuple[bool, str]] | None,
    none_match: str | list[tuple[bool, str]] | None,
    modified_since: int | None,
    unmodified_since: int | None,
    exists: bool,
    weak: bool,
    has_date: bool,
) -> None:
    """A model of RFC 9110 §13.2.2 without syntax: the numbered steps, with comparisons of pairs."""
    reads = method in ("GET", "HEAD")
    dated_here = exists and has_date

    def status() -> int | None:
        if method == "OPTIONS":
            return None
        if match is not None:  # step 1
            strongly = exists and (match == "*" or (not weak and (False, '"v2"') in match))
            if not strongly:
                return 412
        if match is None and unmodified_since is not None and dated_here and unmodified_since < 0:  # step 2
            return 412
        if none_match is not None:  # step 3
            weakly = exists and (none_match == "*" or '"v2"' in [opaque for _, opaque in none_match])
            if weakly:
                return 304 if reads else 412
        elif reads and modified_since is not None and dated_here and modified_since >= 0:  # step 4
            return 304
        return None

    fields = Conditions(written(match), written(none_match), dated(modified_since), dated(unmodified_since))
    etag = ('W/"v2"' if weak else '"v2"') if exists else None
    outcome = evaluate(method, fields, etag=etag, last_modified=MODIFIED if dated_here else None)
    assert outcome.value == status()


@pytest.mark.parametrize(
    ("if_range", "applies"),
    [
        (None, True),
        ('"v2"', True),
        (' "v2"\t', True),
        ('"v1"', False),
        ('W/"v2"', False),
        ('"v1", "v2"', False),
        ("v2", False),
        ("*", False),
        ("", False),
        (SAME, True),
        (f" {SAME} ", True),
        (AFTER, False),
        (BEFORE, False),
        ("Thursday, 01-Jan-26 12:00:00 GMT", False),  # the same time, but a strong validator compares the text
    ],
)
def test_row_10_a_range_is_served_where_if_range_has_the_strong_tag_or_the_date(
    if_range: str | None, applies: bool
) -> None:
    assert range_applies(if_range, etag=ETAG, last_modified=SAME) is applies
