"""Keyset pages: every row once and in order, in both directions and for every sort."""

import pytest

from api.store.database import Database
from api.store.pages import Selection, fetch_slice
from api.store.rows import as_row, insert_row
from resources.articles.table import articles

TITLES = ("b", "a", "B", "a", "é", "z", "a", "Z", "ß", "b")


@pytest.fixture
def filled(database: Database) -> Database:
    with database.transaction() as db:
        for title in TITLES:
            insert_row(db, articles, {"title": title, "body": "", "tags": [], "status": "published", "author_id": None})
    return database


@pytest.mark.parametrize(
    "sort", [["id"], ["-id"], ["title", "id"], ["-title", "-id"], ["title", "-id"], ["-title", "id"]]
)
def test_pages_there_and_back_show_every_row_once_in_code_point_order(filled: Database, sort: list[str]) -> None:
    def at(row: dict) -> list:
        return [row[name.removeprefix("-")] for name in sort]

    everything, order = Selection(articles), tuple(sort)
    forth, position, more = [], None, True
    with filled.reading() as db:
        while more:
            part = fetch_slice(db, everything, {}, order, 3, position)
            rows = [as_row(articles, row) for row in part.rows]
            forth += rows
            position, more = at(rows[-1]), part.after
        back, position, more = [rows[-1]], at(rows[-1]), True
        while more:
            part = fetch_slice(db, everything, {}, order, 3, position, "prev")
            rows = [as_row(articles, row) for row in part.rows]
            back = rows + back
            position, more = at(rows[0]), part.before
    expected = [{"id": number, "title": title} for number, title in enumerate(TITLES, 1)]
    for name in reversed(sort):
        expected.sort(key=lambda row, name=name: row[name.removeprefix("-")], reverse=name.startswith("-"))
    assert [row["id"] for row in forth] == [row["id"] for row in expected]
    assert back == forth


def test_the_first_page_of_nothing_has_neither_before_nor_after(database: Database) -> None:
    with database.reading() as db:
        part = fetch_slice(db, Selection(articles), {}, ("-id",), 3)
    assert (list(part.rows), part.before, part.after) == ([], False, False)
