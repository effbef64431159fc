"""Matches of fault rules and of queries of the journal."""

import pytest

from api.rules.matching import Head, Match

HEAD = Head("POST", "/articles/4", "q=x&q=y&empty=", (("x-run", "7"), ("x-run", "8"), ("accept", "*/*")))


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, True),
        ({"methods": ["POST", "PUT"]}, True),
        ({"methods": ["GET"]}, False),
        ({"methods": ["post"]}, False),
        ({"path": "/articles/4"}, True),
        ({"path": "/articles"}, False),
        ({"path": "/articles/<id>"}, True),
        ({"path": "/<a>/<b>"}, True),
        ({"path": "/articles/<id>/parts"}, False),
        ({"path": "/articles/<>"}, False),
        ({"path": "/art*"}, True),
        ({"path": "*"}, True),
        ({"path": "/b*"}, False),
        ({"query": {"q": "x"}}, True),
        ({"query": {"q": "y", "empty": ""}}, True),
        ({"query": {"q": "z"}}, False),
        ({"query": {"missing": ""}}, False),
        ({"header": {"X-Run": "8"}}, True),
        ({"header": {"x-run": "7, 8"}}, False),
        ({"header": {"X-Other": "7"}}, False),
        ({"methods": ["POST"], "path": "/articles/<id>", "query": {"q": "x"}, "header": {"X-RUN": "7"}}, True),
        ({"methods": ["POST"], "path": "/articles/<id>", "query": {"q": "x"}, "header": {"X-RUN": "9"}}, False),
    ],
)
def test_heads(members: dict[str, object], expected: bool) -> None:
    assert Match.of(members).matches_head(HEAD) is expected


def test_a_variable_segment_is_not_empty() -> None:
    assert not Match.of({"path": "/articles/<id>"}).matches_head(Head("GET", "/articles/", "", ()))


def test_bodies() -> None:
    assert Match.of({}).matches_body(b"")
    assert Match.of({"body_contains": "é"}).matches_body('{"a": "é"}'.encode())
    assert not Match.of({"body_contains": "e"}).matches_body('{"a": "é"}'.encode())


def test_preflights_match_only_by_name() -> None:
    preflight = Head("OPTIONS", "/articles", "", (("origin", "http://a.test"),))
    assert not Match.of({"path": "*"}).matches_head(preflight)
    assert Match.of({"methods": ["OPTIONS"]}).matches_head(preflight)
    assert Match.of({"path": "*"}).matches_head(Head("OPTIONS", "/articles", "", ()))
