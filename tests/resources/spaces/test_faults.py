"""Fault rules: made, listed, changed and deleted, counted exactly, and met in their order."""

from typing import Any

import httpx
import pytest

from tests.resources.making import JSON_PATCH, MERGE, refused
from tests.resources.spaces.making import Space, spaces
from tests.servers import Server

pytestmark = pytest.mark.one_database

LATE = {"do": [{"delay": {"ms": 1}}]}
FULL = {"do": [{"status": {"code": 503, "retry_after": 2}}]}


def rule(space: Space, **sent: Any) -> dict[str, Any]:
    """Make a rule, and return it."""
    answer = space.control.post(f"{space.place}/faults", json=sent)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def counts(space: Space, n: int) -> tuple[int, int]:
    """The requests that a rule saw, and those on which it acted."""
    shown = space.control.get(f"{space.place}/faults/{n}").json()
    return shown["seen"], shown["done"]


def statuses(space: Space, requests: int, path: str = "/articles/1", **options: Any) -> list[int]:
    return [space.anonymous.get(path, **options).status_code for _ in range(requests)]


def test_a_rule_is_made_read_changed_and_deleted(space: Space) -> None:
    place = f"{space.place}/faults"
    match = {"methods": ["GET"], "path": "/articles/<id>"}
    answer = space.control.post(place, json={"match": match, "times": {"count": 2}, **FULL})
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["Location"] == f"{place}/1"
    assert made["match"] == match
    assert made["times"] == {"skip": 0, "count": 2, "every": 1, "chance": 1.0}
    assert made["do"] == [{"status": {"code": 503, "retry_after": 2, "after": False}}]
    assert (made["n"], made["seen"], made["done"], made["version"]) == (1, 0, 0, 1)
    read = space.control.get(f"{place}/1")
    assert (read.json(), read.headers["ETag"]) == (made, answer.headers["ETag"])
    assert space.control.get(place).json()["items"] == [made]

    patched = space.control.patch(f"{place}/1", json={"times": {"count": 5}}, headers=MERGE)
    assert patched.status_code == 200
    assert patched.json()["times"]["count"] == 5
    patch = [{"op": "replace", "path": "/do/0/status/code", "value": 500}]
    patched = space.control.patch(f"{place}/1", json=patch, headers=JSON_PATCH)
    assert (patched.json()["do"][0]["status"]["code"], patched.json()["version"]) == (500, 3)
    assert statuses(space, 1) == [500]

    assert space.control.delete(f"{place}/1").status_code == 204
    refused(space.control.get(f"{place}/1"), 404, "not-found")
    assert statuses(space, 1) == [200]
    assert rule(space, **LATE)["n"] == 2, "no number is used again"


def test_all_rules_are_deleted_at_once(space: Space) -> None:
    for _ in range(3):
        rule(space, **FULL)
    assert space.control.delete(f"{space.place}/faults").status_code == 204
    assert space.control.get(f"{space.place}/faults").json()["items"] == []
    assert statuses(space, 1) == [200]


def test_an_answer_names_its_rule(space: Space) -> None:
    rule(space, match={"path": "/nowhere"}, **FULL)
    rule(space, **FULL)
    answer = space.anonymous.get("/articles/1")
    assert (answer.status_code, answer.headers["Touchstone-Fault"]) == (503, "2")
    assert answer.headers["Retry-After"] == "2"


def test_fail_twice_then_succeed(space: Space) -> None:
    n = rule(space, times={"skip": 1, "count": 2}, **FULL)["n"]
    assert statuses(space, 5) == [200, 503, 503, 200, 200]
    assert counts(space, n) == (5, 2)


def test_the_first_rule_that_is_due_acts(space: Space) -> None:
    first = rule(space, times={"count": 1}, do=[{"status": {"code": 500}}])["n"]
    other = rule(space, times={"every": 2}, do=[{"status": {"code": 502}}])["n"]
    assert statuses(space, 4) == [500, 502, 200, 502]
    assert counts(space, first) == (4, 1)
    assert counts(space, other) == (3, 2), "it does not see what the first acted on"


def test_chance_is_repeatable_by_its_seed(space: Space) -> None:
    rule(space, match={"path": "/hello"}, times={"chance": 0.5, "seed": 7}, **FULL)
    rule(space, match={"path": "/users"}, times={"chance": 0.5, "seed": 7}, **FULL)
    seen = [statuses(space, 20, path).count(503) for path in ("/hello", "/users")]
    assert 0 < seen[0] == seen[1] < 20
    assert "seed" in rule(space, times={"chance": 0.5}, **LATE)["times"], "the server shows the seed that it chose"


def test_a_match_by_query_header_and_body(space: Space) -> None:
    rule(space, match={"query": {"q": "x"}, "header": {"X-Run": "7"}}, **FULL)
    rule(space, match={"body_contains": "Grüße"}, **FULL)
    assert space.anonymous.get("/articles", params={"q": "x"}, headers={"x-run": "7"}).status_code == 503
    assert space.anonymous.get("/articles", params={"q": "x"}, headers={"x-run": "8"}).status_code == 200
    assert space.anonymous.post("/echo", content="Viele Grüße!".encode()).status_code == 503
    assert space.anonymous.post("/echo", json={"title": "Hello"}).status_code == 200


def test_a_limit(space: Space) -> None:
    n = rule(space, do=[{"limit": {"requests": 2, "seconds": 3600}}])["n"]
    answers = [space.anonymous.get("/articles/1") for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 429, 429]
    assert answers[2].headers["RateLimit-Policy"] == '"fault";q=2;w=3600'
    assert 3590 < int(answers[2].headers["Retry-After"]) <= 3600
    assert answers[2].headers["Touchstone-Fault"] == str(n)
    assert "Touchstone-Fault" not in answers[0].headers
    assert counts(space, n) == (4, 2)


def test_a_preflight_does_not_count_unless_it_is_named(space: Space) -> None:
    origin = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "GET"}
    n = rule(space, **FULL)["n"]
    assert space.anonymous.options("/articles/1", headers=origin).status_code == 204
    assert counts(space, n) == (0, 0)
    named = rule(space, match={"methods": ["OPTIONS"]}, **FULL)["n"]
    assert space.anonymous.options("/articles/1", headers=origin).status_code == 503
    assert counts(space, named) == (1, 1)


def test_the_field_wins_over_rules_which_do_not_count_it(space: Space) -> None:
    n = rule(space, **FULL)["n"]
    answer = space.anonymous.get("/articles/1", headers={"Touchstone-Fault": "status;code=418"})
    assert (answer.status_code, answer.headers["Touchstone-Fault"]) == (418, "header")
    assert counts(space, n) == (0, 0)


def test_rules_stay_in_a_reset_that_does_not_name_them(space: Space) -> None:
    n = rule(space, **FULL)["n"]
    assert space.control.post(f"{space.place}/reset", json={}).status_code == 200
    assert statuses(space, 1) == [503]
    assert counts(space, n) == (1, 1)
    assert space.control.post(f"{space.place}/reset", json={"faults": True}).status_code == 200
    assert statuses(space, 1) == [200]
    assert space.control.get(f"{space.place}/faults").json()["items"] == []


def test_rules_act_in_their_space_alone(server: Server, two: list[Space]) -> None:
    rule(two[0], **FULL)
    assert statuses(two[0], 1) == [503]
    assert statuses(two[1], 1) == [200]
    assert httpx.get(f"{server.url}/articles/1").status_code == 200


def test_a_deleted_space_takes_its_rules_along(server: Server) -> None:
    with spaces(server, 1, id="again") as [first]:
        rule(first, **FULL)
    with spaces(server, 1, id="again") as [other]:
        assert statuses(other, 1) == [200]
        assert other.control.get(f"{other.place}/faults").json()["items"] == []


def test_the_same_key_makes_one_rule(space: Space) -> None:
    key = {"Idempotency-Key": "rule"}
    first, again = (space.control.post(f"{space.place}/faults", json=LATE, headers=key) for _ in range(2))
    assert (first.json(), again.headers["Idempotent-Replayed"]) == (again.json(), "true")
    assert len(space.control.get(f"{space.place}/faults").json()["items"]) == 1


def test_a_space_has_at_most_64_rules(space: Space) -> None:
    for _ in range(64):
        rule(space, **LATE)
    answer = space.control.post(f"{space.place}/faults", json=LATE)
    assert "64" in refused(answer, 507, "insufficient-storage")["detail"]


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({}, "#/do"),
        ({"do": []}, "#/do"),
        ({"do": [{"hang": {}}] * 9}, "#/do"),
        ({"do": [{}]}, "#/do/0"),
        ({"do": [{"hang": {}, "twice": {}}]}, "#/do/0"),
        ({"do": [{"explode": {}}]}, "#/do/0/explode"),
        ({"do": [{"delay": {}}]}, "#/do/0/delay"),
        ({"do": [{"delay": {"ms": "1"}}]}, "#/do/0/delay/ms"),
        ({"do": [{"delay": {"ms": 60_001}}]}, "#/do/0/delay/ms"),
        ({"do": [{"status": {"code": 200}}]}, "#/do/0/status/code"),
        ({"do": [{"cut": {"at": "never"}}]}, "#/do/0/cut/at"),
        ({"do": [{"slow": {"bytes_per_second": 0}}]}, "#/do/0/slow/bytes_per_second"),
        ({"do": [{"limit": {"requests": 1}}]}, "#/do/0/limit/seconds"),
        ({"match": {"path": "articles"}, **LATE}, "#/match/path"),
        ({"match": {"path": "/a*b"}, **LATE}, "#/match/path"),
        ({"match": {"path": "/a?b=c"}, **LATE}, "#/match/path"),
        ({"match": {"path": "/a<b>"}, **LATE}, "#/match/path"),
        ({"match": {"path": "/<a>*"}, **LATE}, "#/match/path"),
        ({"match": {"path": "/spaces/x"}, **LATE}, "#/match/path"),
        ({"match": {"path": "/livez"}, **LATE}, "#/match/path"),
        ({"match": {"methods": ["get"]}, **LATE}, "#/match/methods/0"),
        ({"match": {"methods": []}, **LATE}, "#/match/methods"),
        ({"match": {"regex": ".*"}, **LATE}, "#/match/regex"),
        ({"times": {"count": 0}, **LATE}, "#/times/count"),
        ({"times": {"chance": 1.1}, **LATE}, "#/times/chance"),
        ({"times": {"every": 0}, **LATE}, "#/times/every"),
    ],
)
def test_a_bad_rule_is_422_with_its_place(space: Space, sent: dict[str, Any], pointer: str) -> None:
    document = refused(space.control.post(f"{space.place}/faults", json=sent), 422, "invalid")
    assert pointer in [each["pointer"] for each in document["errors"]]


def test_a_patch_leaves_no_bad_rule(space: Space) -> None:
    n = rule(space, **FULL)["n"]
    for patch in ({"do": None}, {"do": []}, {"times": {"count": -1}}, {"match": {"path": "x"}}, {"explode": 1}):
        refused(space.control.patch(f"{space.place}/faults/{n}", json=patch, headers=MERGE), 422, "invalid")
    assert space.control.get(f"{space.place}/faults/{n}").json()["version"] == 1


def test_the_field_is_refused_on_the_control_plane_and_probes(server: Server, space: Space) -> None:
    for path in ("/spaces", space.place, f"{space.place}/faults", "/livez", "/readyz", "/metrics"):
        answer = httpx.get(server.url + path, headers={"Touchstone-Fault": "hang"})
        assert "no faults on this path" in refused(answer, 400, "invalid-header")["errors"][0]["detail"]


def test_a_rule_for_everything_leaves_the_control_plane_alone(server: Server, space: Space) -> None:
    rule(space, match={"path": "*"}, do=[{"cut": {"at": "before"}}])
    with pytest.raises(httpx.RemoteProtocolError):
        space.anonymous.get("/articles/1")
    for path in (space.place, f"{space.place}/faults"):
        assert httpx.get(server.url + path).status_code == 200


def test_a_list_of_rules_is_readable_as_csv(space: Space) -> None:
    rule(space, match={"path": "/hello"}, **LATE)
    answer = space.control.get(f"{space.place}/faults", headers={"Accept": "text/csv"})
    assert '"{""path"":""/hello""}"' in answer.text


def test_an_integer_may_be_written_as_a_number_with_a_zero_fraction(space: Space) -> None:
    sent = b'{"times": {"count": 2.0}, "do": [{"delay": {"ms": 1.0}}]}'
    made = space.control.post(f"{space.place}/faults", content=sent, headers={"Content-Type": "application/json"})
    assert made.json()["times"]["count"] == 2
    assert b'"count":2,' in made.content
    assert space.control.patch(space.place, json={"idle_minutes": 7.0}, headers=MERGE).json()["idle_minutes"] == 7
    refused(space.control.post(f"{space.place}/faults", json={"do": [{"delay": {"ms": 1.5}}]}), 422, "invalid")
