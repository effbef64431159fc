"""Which entries a query finds, and its pages."""

import csv
import io
import json
from typing import Any

import httpx
import pytest

from tests.contract.expect import parameters
from tests.journal.asking import entries
from tests.resources.making import refused
from tests.resources.spaces.making import Space

pytestmark = pytest.mark.one_database


@pytest.fixture
def used(space: Space) -> Space:
    """A space with seven entries."""
    http = space.anonymous
    http.get("/articles/1", headers={"X-Run": "7"})
    http.get("/articles/2?x=1")
    http.get("/articles")
    space.john.post("/articles", json={"title": "Needle", "body": "in a haystack"})
    http.get("/articles/1/nothing", headers={"X-Run": 'seven", "x"'})
    http.get("/hello", headers={"Touchstone-Fault": "status;code=503"})
    http.options("/hello", headers={"Origin": "http://a.test", "Access-Control-Request-Method": "GET"})
    return space


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7]),
        ({"method": "POST"}, [4]),
        ({"method": "post"}, []),
        ({"path": "/articles"}, [3, 4]),
        ({"path": "/articles/<id>"}, [1, 2]),
        ({"path": "/articles*"}, [1, 2, 3, 4, 5]),
        ({"path": "/hello"}, [6, 7]),
        ({"status": "404"}, [5]),
        ({"status": "503"}, [6]),
        ({"problem": "invalid-parameter"}, [2]),
        ({"account": "john"}, [4]),
        ({"fault": "header"}, [6]),
        ({"since": "5"}, [6, 7]),
        ({"header:X-Run": "7"}, [1]),
        ({"header:x-run": 'seven", "x"'}, [5]),
        ({"header:X-Run": "seven"}, []),
        ({"body:contains": "Needle"}, [4]),
        ({"body:contains": "haystack", "method": "POST"}, [4]),
        ({"method": "GET", "path": "/articles*", "since": "1"}, [2, 3, 5]),
    ],
)
def test_a_query_finds_what_matches(used: Space, query: dict[str, str], expected: list[int]) -> None:
    assert [each["n"] for each in entries(used, **query)] == expected
    answer = used.control.get(f"{used.place}/journal", params={**query, "count": "true", "limit": 1})
    assert answer.json()["total"] == len(expected)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("path=articles", "path"),
        ("path=/a?b", "path"),
        ("status=2xx", "status"),
        ("status=600", "status"),
        ("since=-1", "since"),
        ("since=a", "since"),
        ("body:contains=", "body:contains"),
        ("header:=1", "header:"),
        ("header:a%20b=1", "header:a b"),
        ("count=3", "count"),
        ("count=0&wait=1", "count"),
        ("wait=31", "wait"),
        ("wait=-1", "wait"),
        ("limit=all", "limit"),
        ("fields=x", "fields"),
        ("method=GET&method=POST", "method"),
        ("unknown=1", "unknown"),
    ],
)
def test_a_bad_query_is_400(space: Space, query: str, parameter: str) -> None:
    answer = space.control.get(f"{space.place}/journal?{query}")
    assert parameters(refused(answer, 400, "invalid-parameter")) == [parameter]


def test_pages_are_followed_to_the_end(used: Space) -> None:
    found: list[int] = []
    target: str | None = f"{used.place}/journal?limit=2&path=/articles*"
    while target:
        answer = used.control.get(target)
        page = answer.json()
        found += [each["n"] for each in page["items"]]
        target = page["next"]
        assert (target is None) == ("next" not in answer.links)
    assert found == [1, 2, 3, 4, 5]


def test_a_cursor_belongs_to_its_query(used: Space) -> None:
    following = httpx.URL(used.control.get(f"{used.place}/journal?limit=1").json()["next"])
    answer = used.control.get(f"{used.place}/journal", params={**following.params, "method": "GET"})
    refused(answer, 400, "invalid-cursor")


def test_all_entries_as_lines_and_as_csv(used: Space) -> None:
    place = f"{used.place}/journal?limit=all&fields=n,method,answer"
    lines = used.control.get(place, headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert [json.loads(line)["n"] for line in lines] == [1, 2, 3, 4, 5, 6, 7]
    rows: list[dict[str, Any]] = list(
        csv.DictReader(io.StringIO(used.control.get(place, headers={"Accept": "text/csv"}).text))
    )
    assert [row["method"] for row in rows] == ["GET", "GET", "GET", "POST", "GET", "GET", "OPTIONS"]
    assert json.loads(rows[0]["answer"])["status"] == 200
    refused(used.control.get(f"{place}&cursor=a", headers={"Accept": "text/csv"}), 400, "invalid-parameter")
