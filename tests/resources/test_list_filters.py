"""Filters of a list, compared with the same filters in plain Python on the same rows (CONTRACT §4)."""

import string
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.store.database import Database
from tests.resources.conftest import new_mark
from tests.resources.making import MERGE, make, path, put_in, user_id

TITLES = [
    "a",
    "A",
    "a,b",
    "b",
    "Apple pie",
    "apple",
    "100%",
    "100 percent",
    "under_score",
    "underscore",
    "back\\slash",
    "back/slash",
    "é",
    "É",
    "e\u0301",
    "ß",
    "ss",
    "Z",
    "z",
    "😀",
    "\uffee",
    "İ",
    "ı",
    "K",  # the Kelvin sign, whose lower case is a plain k
    "'; --",
    '"quoted"',
    "[a-z]*?",
    " a ",
    "line\nbreak",
    " ",
]
TIMES = [
    "2026-01-01T00:00:00.000Z",
    "2026-01-01T00:00:00.001Z",
    "2026-06-30T23:59:59.999Z",
    "1999-12-31T23:00:00.000Z",
]
TAGS = [[], ["a"], ["b"], ["a", "b"], ["ab"], ["a-b", "c"]]
ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows(store: Database) -> list[Row]:
    """Articles of every kind with one tag, including drafts of john; and a hidden draft of another account."""
    mark = new_mark()
    authors = [user_id(store, "john"), None, *(user_id(store, name) for name in ("admin", "steve"))]
    made = put_in(
        store,
        *(
            {
                "title": title,
                "body": mark,
                "tags": [mark, *TAGS[number % len(TAGS)]],
                "author_id": authors[number % 4],
                "status": "draft" if number % 4 == 0 and number % 8 else "published",
                "created_at": TIMES[number % 4],
                "updated_at": TIMES[(number // 4) % 4],
            }
            for number, title in enumerate(TITLES)
        ),
        {"title": "a", "tags": [mark, "a"], "author_id": authors[3], "status": "draft", "created_at": TIMES[0]},
    )
    assert {row["status"] for row in made} == {"draft", "published"}
    return made[:-1]


def folded(text: str) -> str:
    """The text with only its ASCII letters in lower case."""
    return text.translate(ASCII_LOWER)


def read_value(field: str, text: str) -> Any:
    if field == "author_id":
        return int(text)
    if field in ("created_at", "updated_at"):
        moment = datetime.fromisoformat(text.upper())
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return text


def model(field: str, op: str, text: str) -> Callable[[Row], bool]:
    """The predicate for rows that `field:op=text` means by CONTRACT §4."""
    wanted = [read_value(field, each) for each in text.split(",")] if op == "in" else [read_value(field, text)]
    if field == "tags":
        return lambda row: any(each in row["tags"] for each in wanted) is not (op == "ne")
    tests: dict[str, Callable[[Any], bool]] = {
        "eq": lambda value: value == wanted[0],
        "ne": lambda value: value != wanted[0],
        "in": lambda value: value in wanted,
        "lt": lambda value: value < wanted[0],
        "lte": lambda value: value <= wanted[0],
        "gt": lambda value: value > wanted[0],
        "gte": lambda value: value >= wanted[0],
        "contains": lambda value: folded(wanted[0]) in folded(value),
        "startswith": lambda value: folded(value).startswith(folded(wanted[0])),
    }

    def lets_through(row: Row) -> bool:
        value = row[field]
        if value is None:
            return op == "ne"
        return tests[op](datetime.fromisoformat(value) if isinstance(wanted[0], datetime) else value)

    return lets_through


def ask(api: httpx.Client, rows: list[Row], **query: str) -> list[str]:
    mark = rows[0]["body"]
    answer = api.get("/articles", params={"q": mark, "limit": 100, "sort": "id", **query})
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


def expected(rows: list[Row], field: str, op: str, text: str) -> list[str]:
    return [row["title"] for row in rows if model(field, op, text)(row)]


ORDER = ("eq", "ne", "lt", "lte", "gt", "gte")
PARTS = [
    "a",
    "A",
    "pp",
    "PP",
    "%",
    "_",
    "\\",
    "/",
    "é",
    "É",
    "ß",
    "SS",
    "İ",
    "i",
    "k",
    "K",
    "😀",
    " ",
    "\n",
    "",
    ",",
    "'",
    "*",
    "[a",
]
LISTS = ["a", "a,b", "a,A,z", "a\\,b", "é,ß,Z,😀", ",a", "nothing,100%", "a,a", "x" * 500, " a ,b"]
MOMENTS = [
    *TIMES,
    "2026-01-01T01:00:00+01:00",
    "2026-06-30T23:59:59.999-00:00",
    "2026-01-01t00:00:00z",
    # Digits beyond milliseconds are cut.
    "2026-01-01T00:00:00.001999Z",
    "2026-06-30T23:59:59.9990000001+00:00",
    "2030-01-01T00:00:00Z",
]
# Texts that cannot be tags, and characters with a meaning in an index or a pattern.
STRANGE_TAGS = [
    "A",
    "",
    "%",
    "a b",
    "a‐b",
    "a*",
    '"a"',
    "a OR b",
    "(a",
    "'a' | 'b'",
    "§",
    "tags§a",
    "a:*",
    "!a",
    "é",
    "x" * 5000,
]
CASES = [
    *(("title", op, TITLES) for op in ORDER),
    ("title", "in", LISTS),
    ("title", "contains", PARTS),
    ("title", "startswith", [*PARTS, *TITLES]),
    *(("author_id", op, ["1", "2", "3", "4", "999999", str(2**63 - 1)]) for op in ORDER),
    ("author_id", "in", ["1", "2,3", "3,3,999999"]),
    *(("status", op, ["draft", "published"]) for op in ("eq", "ne")),
    ("status", "in", ["draft", "published", "draft,published"]),
    *(("tags", op, [*STRANGE_TAGS, "a", "b", "ab", "a-b", "none", "a,b"]) for op in ("eq", "ne")),
    ("tags", "in", ["a", "a,b", "ab,c", "none", "none,a", "A,a", 'a,",b', ",,", "x" * 500 + ",c"]),
    *((field, op, MOMENTS) for field in ("created_at", "updated_at") for op in ORDER),
    *((field, "in", [TIMES[0], f"{TIMES[1]},{MOMENTS[4]}"]) for field in ("created_at", "updated_at")),
]


@pytest.mark.parametrize(("field", "op", "values"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_filter_returns_the_rows_that_match(
    api: httpx.Client, rows: list[Row], field: str, op: str, values: list[str]
) -> None:
    name = field if op == "eq" else f"{field}:{op}"
    found = {text: ask(api, rows, **{name: text}) for text in values}
    assert found == {text: expected(rows, field, op, text) for text in values}


def test_several_filters_all_apply(api: httpx.Client, rows: list[Row]) -> None:
    query = {"title:contains": "a", "title:ne": "a", "status": "published", "created_at:gte": TIMES[0], "tags:ne": "c"}
    conditions = [
        model(field, op or "eq", text)
        for (field, _, op), text in ((name.partition(":"), text) for name, text in query.items())
    ]
    wanted = [row["title"] for row in rows if all(each(row) for each in conditions)]
    assert wanted
    assert ask(api, rows, **query) == wanted


def test_a_range_is_two_filters(api: httpx.Client, rows: list[Row]) -> None:
    found = ask(api, rows, **{"title:gte": "a", "title:lt": "c"})
    assert found == [row["title"] for row in rows if "a" <= row["title"] < "c"]


@pytest.mark.parametrize("sort", ["title", "-title"])
def test_text_sorts_by_code_point(api: httpx.Client, rows: list[Row], sort: str) -> None:
    found = ask(api, rows, sort=sort)
    assert found == sorted(TITLES, reverse=sort.startswith("-"))


@pytest.mark.parametrize("sort", ["created_at,title", "-updated_at,title,-id", "created_at,-updated_at,-title"])
def test_several_fields_sort_one_after_the_other(api: httpx.Client, rows: list[Row], sort: str) -> None:
    wanted = rows
    for name in reversed(sort.split(",")):
        plain = name.removeprefix("-")
        wanted = sorted(wanted, key=lambda row, plain=plain: row[plain], reverse=name.startswith("-"))
    assert ask(api, rows, sort=sort) == [row["title"] for row in wanted]


TEXTS = st.text(alphabet="aAbBzZ%_\\,'\"*? éÉßẞİıK😀\u0301", max_size=4) | st.sampled_from(TITLES)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(op=st.sampled_from([*ORDER, "in", "contains", "startswith"]), text=TEXTS)
def test_any_text_is_compared_as_in_python(api: httpx.Client, rows: list[Row], op: str, text: str) -> None:
    assert ask(api, rows, **{"title" if op == "eq" else f"title:{op}": text}) == expected(rows, "title", op, text)


def test_tags_are_found_as_they_are_now(api: httpx.Client) -> None:
    first, second, third = (f"{new_mark()}-{number}" for number in range(3))
    article = make(api, tags=[first, second])

    def found(tag: str) -> list[int]:
        return [each["id"] for each in api.get("/articles", params={"tags": tag}).json()["items"]]

    assert [found(tag) for tag in (first, second, third)] == [[article["id"]], [article["id"]], []]
    assert api.patch(path(article), json={"tags": [third, second]}, headers=MERGE).status_code == 200
    assert [found(tag) for tag in (first, second, third)] == [[], [article["id"]], [article["id"]]]
    assert api.put(path(article), json={"title": "Another title", "body": ""}).status_code == 200
    assert [found(tag) for tag in (first, second, third)] == [[], [], []]
    assert api.patch(path(article), json={"tags": [first, first]}, headers=MERGE).status_code == 200
    assert found(first) == [article["id"]]
    assert api.delete(path(article)).status_code == 204
    assert found(first) == []
