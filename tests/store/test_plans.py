"""Every query of lists uses an index, on both databases, as their query plans show."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from api.app import find_loaders
from api.store.database import Connection, Database
from api.store.pages import Selection, Sort, fetch_slice
from resources.articles.resource import PUBLISHED, PUBLISHED_OR_OWN
from resources.articles.table import articles, words

ROWS = 20_000
MOMENT = "2026-01-01T00:00:00.000Z"
NUMBERS = {
    "sqlite": f"WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {ROWS})",
    "postgresql": f"WITH numbers AS (SELECT generate_series(1, {ROWS}) AS n)",
}
# Titles and tags: one article has its own, all share a word and a tag, and others occur in one or twenty articles.
ARTICLES = """
    INSERT INTO articles (title, body, tags, status, version, created_at, updated_at)
    {numbers}
    SELECT 'title ' || n, 'word' || (n - n / 1000 * 1000), {tags}, 'published', 1, {moment}, {moment} FROM numbers
"""
TAGS = {
    "sqlite": """'["all", "tag-' || n || '"]'""",
    "postgresql": """jsonb_build_array('all', 'tag-' || n)""",
}
MOMENTS = {
    # Whole seconds within one day.
    "sqlite": "printf('2026-01-01T%02d:%02d:%02d.000Z', n / 3600, (n - n / 3600 * 3600) / 60, n - n / 60 * 60)",
    "postgresql": "to_char(timestamp '2026-01-01' + n * interval '1 s', 'YYYY-MM-DD\"T\"HH24:MI:SS.\"000Z\"')",
}


@pytest.fixture(scope="module")
def many(migrated_database: Callable[[], str]) -> Iterator[Database]:
    """Articles, with up-to-date statistics of the database."""
    with closing(Database(migrated_database())) as database:
        find_loaders()
        with database.transaction() as db:
            kind = db.dialect.name
            db.exec_driver_sql(ARTICLES.format(numbers=NUMBERS[kind], tags=TAGS[kind], moment=MOMENTS[kind]))
            rows = (
                db.execute(sa.select(articles.c.id, articles.c.title, articles.c.body, articles.c.tags))
                .mappings()
                .fetchall()
            )
            words.add(db, *map(dict, rows))
        if not database.sqlite:
            with database.reading() as db:
                db.exec_driver_sql("VACUUM ANALYZE")  # as PostgreSQL does by itself after a while
        yield database


Case = tuple[Selection, dict[str, Any], Sort, list[Any] | None, str, str]
ANYBODY = Selection(articles, visible=(PUBLISHED,))
TITLED = Selection(articles, (("title", "eq"),), (PUBLISHED,))
DRAFTS = Selection(articles, (("status", "eq"),), (PUBLISHED_OR_OWN,))
OF_MOMENT = Selection(articles, (("created_at", "gte"), ("created_at", "lt")), (PUBLISHED,))
OF_AUTHOR = Selection(articles, (("author_id", "in"),), (PUBLISHED_OR_OWN,))
FOUND = Selection(articles, visible=(PUBLISHED,), index=words)
HOUR = {"filter_0": "2026-01-01T01:00:00.000Z", "filter_1": "2026-01-01T01:01:00.000Z"}
# The list, its query, the row before the page, and words that must occur in the plans of SQLite and PostgreSQL.
CASES: dict[str, Case] = {
    "the newest": (ANYBODY, {}, ("-id",), None, "SCAN articles", "Backward using pk_articles"),
    "after one": (ANYBODY, {}, ("-id",), [15_000], "INTEGER PRIMARY KEY (rowid<?)", "Index Cond: (id <"),
    "by title": (ANYBODY, {}, ("title", "id"), None, "ix_articles_title", "using ix_articles_title"),
    "by title, after one": (
        *(ANYBODY, {}, ("title", "id"), ["title 4", 4]),
        *("ix_articles_title (title>?)", "Index Cond: (ROW(title, id) > ROW("),
    ),
    "the last changed": (ANYBODY, {}, ("-updated_at", "-id"), None, "ix_articles_updated_at", "ix_articles_updated_at"),
    "a title": (TITLED, {"filter_0": "title 77"}, ("-id",), None, "ix_articles_title (title=?)", "ix_articles_title"),
    "drafts": (
        DRAFTS,
        {"filter_0": "draft", "account_id": 1},
        ("-id",),
        None,
        "ix_articles_drafts",
        "ix_articles_drafts",
    ),
    "a minute, by time": (
        *(OF_MOMENT, HOUR, ("created_at", "id"), None),
        *("ix_articles_created_at (created_at>? AND created_at<?)", "using ix_articles_created_at"),
    ),
    "some authors, by author": (
        *(OF_AUTHOR, {"filter_0": [1], "account_id": 1}, ("-id",), None),
        *("ix_articles_author_id (author_id=?)", "ix_articles_author_id"),
    ),
    "a word that one has": (FOUND, {"query": "77"}, ("-id",), None, "articles_words", "ix_articles_words_words"),
    "a word that all have": (FOUND, {"query": "title"}, ("-id",), None, "articles_words", "using pk_articles"),
    "a tag that one has": (
        FOUND,
        {"query": "§tags§tag‐77"},
        ("-id",),
        None,
        "articles_words",
        "ix_articles_words_words",
    ),
    "a tag that all have": (FOUND, {"query": "§tags§all"}, ("-id",), None, "articles_words", "using pk_articles"),
    "a word, after one": (FOUND, {"query": "title"}, ("-id",), [15_000], "INDEX 192:M1<", "Index Cond: (id <"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_page_is_found_by_an_index_and_not_sorted(many: Database, case: str) -> None:
    selection, bound, sort, at, on_sqlite, on_postgresql = CASES[case]
    found = plan(many, selection, bound, sort, at)
    assert (on_sqlite if many.sqlite else on_postgresql) in found
    assert "TEMP B-TREE" not in found
    assert "Seq Scan" not in found


def plan(
    database: Database, selection: Selection, bound: Mapping[str, Any], sort: Sort, at: Sequence[Any] | None
) -> str:
    """Return the database's plan for a page."""
    with database.reading() as db:
        asked_of = on_sqlite if database.sqlite else on_postgresql
        asked = asked_of(db, lambda: fetch_slice(db, selection, bound, sort, 20, at))
        explain = "EXPLAIN QUERY PLAN " if database.sqlite else "EXPLAIN "
        found = db.exec_driver_sql(explain + asked[0], *asked[1:]).fetchall()
    return "\n".join(str(row[-1]) for row in found)


def on_sqlite(db: Connection, act: Callable[[], object]) -> Sequence[Any]:
    """The statement for SQLite, including its values; FTS5 runs statements of its own."""
    asked: list[str] = []
    driver: Any = db.connection.driver_connection
    driver.set_trace_callback(asked.append)
    act()
    driver.set_trace_callback(None)
    return [each for each in asked if each.startswith("SELECT articles")]


def on_postgresql(db: Connection, act: Callable[[], object]) -> Sequence[Any]:
    """The statement for PostgreSQL, and its values."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Connection, _cursor: object, statement: str, values: Any, *_: object) -> None:
        asked.append((statement, values))

    event.listen(db, "before_cursor_execute", note)
    act()
    event.remove(db, "before_cursor_execute", note)
    return asked[0]
