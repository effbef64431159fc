"""Faults: the turns of a rule, its chance, its delays, and the field of a request."""

from random import Random

import pytest
from pydantic import ValidationError

from api.rules.fault_field import parse_field
from api.rules.faults import LONGEST_DELAY, Cut, Delay, Effect, Hang, Limit, Rule, Slow, Status, Times, Twice, Window
from api.rules.injected import MEANT, limited, problem_of
from api.rules.problems import InvalidHeader


def acted(requests: int, **members: object) -> list[int]:
    """The numbers of the requests on which a rule acts, of so many."""
    times, found = Times.model_validate(members), []
    for seen in range(1, requests + 1):
        if times.is_due(seen, len(found)):
            found.append(seen)
    return found


def test_turns() -> None:
    assert acted(5) == [1, 2, 3, 4, 5]
    assert acted(5, count=2) == [1, 2]
    assert acted(5, skip=1, count=2) == [2, 3]
    assert acted(9, every=3) == [1, 4, 7]
    assert acted(9, skip=2, every=3, count=2) == [3, 6]


def test_chance_is_repeatable_by_its_seed() -> None:
    first, other = acted(1000, chance=0.3, seed=7), acted(1000, chance=0.3, seed=8)
    assert first == acted(1000, chance=0.3, seed=7)
    assert first != other
    assert 230 < len(first) < 370
    assert acted(1000, chance=0, seed=7) == []


def test_chance_draws_only_at_turns_and_up_to_the_count() -> None:
    found = acted(1000, chance=0.5, seed=1, every=2, count=20)
    assert len(found) == 20
    assert all(each % 2 for each in found)


def test_delays() -> None:
    random = Random(1)
    assert Delay(ms=300).seconds(random) == 0.3
    drawn = [Delay(ms=100, jitter_ms=50).seconds(random) for _ in range(200)]
    assert 0.1 <= min(drawn) < max(drawn) <= 0.15
    lognormal = sorted(Delay(median_ms=100, sigma=0.5).seconds(random) for _ in range(999))
    assert 0.08 < lognormal[499] < 0.12
    assert max(lognormal) > 0.25
    assert Delay(median_ms=LONGEST_DELAY, sigma=10).seconds(Random(3)) <= LONGEST_DELAY / 1000


def test_a_rule_draws_if_chance_has_a_part_in_it() -> None:
    def draws(times: dict[str, object], delay: dict[str, object]) -> bool:
        return Rule.of(1, {}, times, [{"delay": delay}]).draws

    assert not draws({}, {"ms": 1})
    assert draws({"chance": 0.5}, {"ms": 1})
    assert draws({}, {"ms": 1, "jitter_ms": 1})
    assert draws({}, {"median_ms": 1, "sigma": 1.0})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("cut;at=after", [Cut(at="after")]),
        ("cut;at=body;bytes=10;how=rst", [Cut(at="body", bytes=10, how="rst")]),
        ("delay;ms=300, status;code=503;retry-after=2", [Delay(ms=300), Status(code=503, retry_after=2)]),
        ("delay;median-ms=5;sigma=0.5;at=after", [Delay(median_ms=5, sigma=0.5, at="after")]),
        ("status;code=500;after", [Status(code=500, after=True)]),
        ("status;code=500;after=?0", [Status(code=500)]),
        ("hang", [Hang()]),
        ("slow;bytes-per-second=10;first-byte-ms=5", [Slow(bytes_per_second=10, first_byte_ms=5)]),
        ("twice", [Twice()]),
    ],
)
def test_the_field(value: str, expected: list[object]) -> None:
    assert list(parse_field(value)) == expected


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("", "from 1 to 8 effects"),
        (", ".join(["hang"] * 9), "from 1 to 8 effects"),
        (", ".join(["hang"] * 1000), "at most 8 effects"),
        ("delay;ms", "`delay;ms`"),
        ("delay;ms=", "must be a list of effects"),
        ("delay;ms=1,", "must be a list of effects"),
        ("Delay;ms=1", "no effect Delay"),
        ('"delay";ms=1', "no effect delay"),
        ("explode", "no effect explode"),
        ("(delay hang)", "no effect"),
        ("limit;requests=1;seconds=1", "make a rule with it"),
        ("delay;ms=60001", "60000"),
        ("delay;ms=-1", "`delay;ms`"),
        ("delay;ms=1.5", "`delay;ms`"),
        ("delay", "needs ms"),
        ("delay;jitter-ms=5", "needs ms"),
        ("delay;ms=5;median-ms=5;sigma=1.0", "needs ms"),
        ("delay;ms=1;at=body", "before"),
        ("status", "`status;code`"),
        ("status;code=200", "400"),
        ("status;code=600", "599"),
        ("status;code=503;retry_after=2", "with hyphens here: retry-after"),
        ("status;code=503;retry-atfer=2", "`status;retry-atfer`"),
        ("cut", "`cut;at`"),
        ("cut;at=before;how=maybe", "fin"),
        ("slow;bytes-per-second=0", "`slow;bytes-per-second`"),
        ("corrupt;what=everything", "json"),
        ("hang;ms=600001", "600000"),
    ],
)
def test_a_field_that_cannot_be_carried_out_is_refused(value: str, told: str) -> None:
    with pytest.raises(InvalidHeader) as refused:
        parse_field(value)
    [error] = refused.value.members["errors"]
    assert error["header"] == "Touchstone-Fault"
    assert told in error["detail"]


def test_an_effect_is_exactly_one_member() -> None:
    for members in ({}, {"hang": {}, "twice": {}}, {"explode": {}}):
        with pytest.raises(ValidationError):
            Effect.model_validate(members)


def test_each_status_has_its_problem() -> None:
    for code in range(400, 600):
        problem = problem_of(Status(code=code, retry_after=7))
        document = problem.document("id")
        assert (problem.status, document["status"]) == (code, code)
        assert document["title"]
        assert dict(problem.headers)["Retry-After"] == "7"
        assert document["type"].startswith("/problems/") if code in MEANT else document["type"] == "about:blank"


def test_problems_have_the_fields_of_their_status() -> None:
    def headers(code: int, **members: int) -> dict[str, str]:
        return dict(problem_of(Status(code=code, **members)).headers)

    assert headers(429, retry_after=7)["RateLimit"] == '"fault";r=0;t=7'
    assert headers(429)["Retry-After"]
    assert headers(503)["Retry-After"]
    assert headers(401)["WWW-Authenticate"]
    assert "Allow" in headers(405)
    assert "Retry-After" not in headers(500)


def test_a_limit_reports_itself() -> None:
    headers = dict(limited(Limit(requests=5, seconds=60), Window(6, 12)).headers)
    assert headers["Retry-After"] == "12"
    assert headers["RateLimit-Policy"] == '"fault";q=5;w=60'
    assert headers["RateLimit"] == '"fault";r=0;t=12'
