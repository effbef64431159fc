"""Verifying what a space received."""

from typing import Any

import pytest

from tests.resources.making import refused
from tests.resources.spaces.making import Space

pytestmark = pytest.mark.one_database


@pytest.fixture
def used(space: Space) -> Space:
    """A space that received an order, and the payment for it twice."""
    for number in (1, 2):
        space.anonymous.get(f"/hello?name={number}", headers={"X-Run": "7"})
    space.anonymous.post("/echo/payments", json={"amount": 12})
    space.anonymous.post("/echo/payments", json={"amount": 12})
    return space


def verified(space: Space, **sent: Any) -> dict[str, Any]:
    answer = space.control.post(f"{space.place}/journal/verify", json=sent)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


PAYMENT = {"methods": ["POST"], "path": "/echo/payments", "body_contains": '"amount":12'}


@pytest.mark.parametrize(
    ("count", "holds"),
    [(None, True), (2, True), (1, False), (0, False), ({"at_least": 1, "at_most": 3}, True), ({"at_most": 1}, False)],
)
def test_the_number_of_requests(used: Space, count: Any, holds: bool) -> None:
    answer = verified(used, match=PAYMENT, **({} if count is None else {"count": count}))
    assert (answer["holds"], answer["found"]) == (holds, 2)
    if not holds:
        assert [(each["n"], each["differs"]) for each in answer["nearest"]] == [(4, []), (3, [])]


def test_the_nearest_requests_come_with_what_differs(used: Space) -> None:
    match = {"methods": ["GET"], "path": "/hello", "query": {"name": "3"}, "header": {"X-Run": "8"}}
    answer = verified(used, match=match)
    assert (answer["holds"], answer["found"]) == (False, 0)
    nearest = answer["nearest"]
    assert [each["n"] for each in nearest] == [2, 1, 4]
    assert nearest[0] == {
        "n": 2,
        "method": "GET",
        "target": f"{used.prefix}/hello?name=2",
        "status": 200,
        "differs": [
            {"member": "query.name", "wanted": "3", "found": "2"},
            {"member": "header.x-run", "wanted": "8", "found": "7"},
        ],
    }
    assert nearest[2]["differs"] == [
        {"member": "methods", "wanted": ["GET"], "found": "POST"},
        {"member": "path", "wanted": "/hello", "found": "/echo/payments"},
        {"member": "query.name", "wanted": "3", "found": None},
        {"member": "header.x-run", "wanted": "8", "found": None},
    ]
    missing = verified(used, match={**PAYMENT, "body_contains": "13"})["nearest"]
    assert missing[0]["differs"] == [{"member": "body_contains", "wanted": "13", "found": None}]


def test_the_order_of_requests(used: Space) -> None:
    hello = {"path": "/hello"}
    assert verified(used, in_order=[hello, PAYMENT]) == {"holds": True, "found": 2}
    assert verified(used, in_order=[hello, hello, PAYMENT, PAYMENT]) == {"holds": True, "found": 4}
    answer = verified(used, in_order=[PAYMENT, hello])
    assert (answer["holds"], answer["found"], answer["step"]) == (False, 1, 2)
    assert [each["n"] for each in answer["nearest"]] == [4]
    both = verified(used, match=PAYMENT, count=2, in_order=[hello, PAYMENT])
    assert (both["holds"], both["found"]) == (True, 2)


def test_nothing_is_near_in_an_empty_journal(space: Space) -> None:
    assert verified(space, match={"path": "/a"}) == {"holds": False, "found": 0, "nearest": []}
    assert verified(space, match={}, count=0) == verified(space, count=0) == {"holds": True, "found": 0}
    assert verified(space)["holds"] is False


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"match": {}, "count": -1}, "#/count/at_least"),
        ({"match": {}, "count": True}, "#/count"),
        ({"match": {}, "count": {"at_least": 2, "at_most": 1}}, "#/count"),
        ({"match": {"path": "articles"}}, "#/match/path"),
        ({"in_order": []}, "#/in_order"),
        ({"in_order": [{"methods": ["get"]}]}, "#/in_order/0/methods/0"),
        ({"match": {}, "other": 1}, "#/other"),
    ],
)
def test_a_bad_question_is_422(space: Space, sent: dict[str, Any], pointer: str) -> None:
    answer = space.control.post(f"{space.place}/journal/verify", json=sent)
    assert refused(answer, 422, "invalid")["errors"][0]["pointer"] == pointer
