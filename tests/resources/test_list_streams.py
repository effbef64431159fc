"""Lists as CSV and NDJSON: a page, and the whole list (CONTRACT §4, §8)."""

import csv
import io
import json

import httpx
import pytest

from api.store.database import Database
from tests.resources.conftest import new_mark
from tests.resources.making import make, put_in, refused

CSV = {"Accept": "text/csv"}
NDJSON = {"Accept": "application/x-ndjson"}
MANY = 1_203


@pytest.fixture(scope="module")
def many(store: Database) -> tuple[str, list[int]]:
    """More articles than any buffer or page of the server, and their tag."""
    mark = new_mark()
    rows = put_in(store, *({"title": f"{mark} {n % 7}", "tags": [mark, "a"], "body": "x, " * n} for n in range(MANY)))
    return mark, [row["id"] for row in rows]


def rows_of(answer: httpx.Response) -> list[dict]:
    assert answer.status_code == 200, answer.text
    if answer.headers["Content-Type"].startswith("text/csv"):
        return list(csv.DictReader(io.StringIO(answer.text, newline=""), strict=True))
    return [json.loads(line) for line in answer.text.split("\n")[:-1]]


def test_a_page_in_csv_has_a_header_line_and_the_same_rows(api: httpx.Client, mark: str) -> None:
    nasty = 'a "quoted", comma\r\nnew\nline \x01 é 😀'
    article = make(api, title=nasty[:20], body=nasty, tags=[mark, "second"])
    answer = api.get(f"/articles?tags={mark}", headers=CSV)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(",".join(article).encode() + b"\r\n")
    assert answer.content.endswith(b"\r\n")
    expected = {name: "" if value is None else str(value) for name, value in article.items()}
    assert rows_of(answer) == [{**expected, "tags": f"{mark} second"}]


def test_a_page_in_ndjson_has_the_same_rows(api: httpx.Client, mark: str) -> None:
    articles = [make(api, title="line\n\u2028 😀", tags=[mark]) for _ in range(3)]
    answer = api.get(f"/articles?tags={mark}&limit=2", headers=NDJSON)
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert answer.content.count(b"\n") == 2
    assert rows_of(answer) == articles[:0:-1]
    assert rows_of(api.get(answer.links["next"]["url"], headers=NDJSON)) == articles[:1]


def test_an_empty_list_is_a_header_line_in_csv_and_empty_in_ndjson(api: httpx.Client, mark: str) -> None:
    for query in (f"tags={mark}", f"tags={mark}&limit=all"):
        answer = api.get(f"/articles?{query}&fields=id,title", headers=CSV)
        assert (answer.status_code, answer.content) == (200, b"id,title\r\n")
        lines = api.get(f"/articles?{query}", headers=NDJSON)
        assert (lines.status_code, lines.content) == (200, b"")


@pytest.mark.parametrize("accept", [CSV, NDJSON], ids=["csv", "ndjson"])
def test_limit_all_streams_every_row_once(api: httpx.Client, many: tuple, accept: dict) -> None:
    mark, ids = many
    with api.stream("GET", f"/articles?tags={mark}&limit=all", headers=accept) as answer:
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert "Content-Length" not in answer.headers
        answer.read()
    rows = rows_of(answer)
    assert [int(row["id"]) for row in rows] == ids[::-1]
    assert answer.headers["Content-Type"].startswith(accept["Accept"])
    assert rows[0]["body"] == "x, " * (MANY - 1)


@pytest.mark.parametrize("sort", ["title,-id", "-title,id", "created_at"])
def test_limit_all_keeps_the_order(api: httpx.Client, many: tuple, sort: str) -> None:
    mark, ids = many
    answer = api.get(f"/articles?tags={mark}&limit=all&sort={sort}&fields=id", headers=CSV)
    expected = sorted(ids)
    if sort != "created_at":
        place = {each: number % 7 for number, each in enumerate(ids)}
        sign = -1 if sort.startswith("-") else 1
        expected.sort(key=lambda each: (sign * place[each], -sign * each))
    assert [int(row["id"]) for row in rows_of(answer)] == expected


def test_limit_all_keeps_filter_search_and_fields(api: httpx.Client, many: tuple) -> None:
    mark, ids = many
    query = {"q": f"{mark} 3", "tags": mark, "sort": "id", "fields": "id,title", "limit": "all"}
    rows = rows_of(api.get("/articles", params=query, headers=NDJSON))
    assert rows == [{"id": each, "title": f"{mark} 3"} for number, each in enumerate(ids) if number % 7 == 3]


def test_a_reader_that_disconnects_halfway_does_no_harm(api: httpx.Client, many: tuple) -> None:
    for _ in range(12):  # more than the server has threads
        with api.stream("GET", f"/articles?tags={many[0]}&limit=all", headers=NDJSON) as answer:
            next(answer.iter_raw())
    assert api.get("/hello").status_code == 200


@pytest.mark.parametrize("accept", [CSV, NDJSON], ids=["csv", "ndjson"])
def test_a_bad_query_is_a_problem_and_not_a_broken_stream(api: httpx.Client, accept: dict) -> None:
    refused(api.get("/articles?limit=all&sort=rank", headers=accept), 400, "invalid-parameter")


@pytest.mark.parametrize("query", ["limit=5", "limit=all"])
def test_a_malformed_if_match_is_400_for_a_page_and_the_whole_list(api: httpx.Client, query: str) -> None:
    answer = api.get(f"/articles?{query}", headers={**CSV, "If-Match": "junk"})
    assert refused(answer, 400, "invalid-header")["errors"][0]["header"] == "If-Match"


@pytest.mark.parametrize("accept", [CSV, NDJSON], ids=["csv", "ndjson"])
def test_head_of_the_whole_list_has_no_content(api: httpx.Client, many: tuple, accept: dict) -> None:
    answer = api.head(f"/articles?tags={many[0]}&limit=all", headers=accept)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"].startswith(accept["Accept"])


def test_an_item_is_not_available_as_csv_or_ndjson(api: httpx.Client) -> None:
    article = make(api)
    for accept in (CSV, NDJSON):
        refused(api.get(f"/articles/{article['id']}", headers=accept), 406, "not-acceptable")


@pytest.mark.parametrize("direction", ["next", "prev"])
def test_the_whole_list_has_no_next_page(api: httpx.Client, direction: str) -> None:
    for _ in range(3):
        make(api)
    first = api.get("/articles?limit=1")
    link = first.links["next"]["url"]
    if direction == "prev":
        link = api.get(link).links["prev"]["url"]
    answer = api.get(link.replace("limit=1", "limit=all"), headers={"Accept": "text/csv"})
    assert answer.status_code == 400
    assert [each["parameter"] for each in answer.json()["errors"]] == ["cursor"]
