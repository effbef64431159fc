"""Creates articles for tests, by request and in the database."""

from typing import Any

import httpx
import sqlalchemy as sa

from api.store.accounts import users
from api.store.database import Database
from api.store.rows import insert_row
from resources.articles.table import ArticleRow, articles, words
from tests.waiting import wait_until

Article = dict[str, Any]
MERGE = {"Content-Type": "application/merge-patch+json"}
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
MINIMAL = {"Prefer": "return=minimal"}
NEVER_AN_ID = 2**62


def make(api: httpx.Client, **members: Any) -> Article:
    """Publish an article by request, and return its representation."""
    answer = api.post("/articles", json={"title": "A title", "body": "A body", **members})
    assert answer.status_code == 201, answer.text
    return answer.json()


def path(article: Article) -> str:
    return f"/articles/{article['id']}"


def read(api: httpx.Client, article: Article) -> Article:
    """The current representation of the article."""
    answer = api.get(path(article))
    assert answer.status_code == 200, answer.text
    return answer.json()


def once_settled(api: httpx.Client, url: str, **fields: str) -> httpx.Response:
    """The answer to a GET once it has Last-Modified, which is when the second of the last change is over."""

    def look() -> httpx.Response | None:
        answer = api.get(url, headers=fields)
        assert answer.status_code == 200, answer.text
        return answer if "Last-Modified" in answer.headers else None

    return wait_until(look, f"Last-Modified of {url}", pause=0.1)


def put_in(store: Database, *rows: Article) -> list[Article]:
    """Insert articles into the database, with their words, and return the stored rows.

    Use only rows that a client could send, because other tests find them in lists.
    """
    defaults = {"title": "A title", "body": "", "tags": [], "status": "published", "author_id": None}
    whole = [{**defaults, **row} for row in rows]
    for each in whole:
        ArticleRow.model_validate(each)
    with store.transaction() as db:
        made = [insert_row(db, articles, each) for each in whole]
        words.add(db, *made)
    return made


def user_id(store: Database, username: str) -> int:
    with store.reading() as db:
        return db.execute(sa.select(users.c.id).where(users.c.username == username)).scalar_one()


def pointers(answer: httpx.Response) -> set[str]:
    """The pointers of the faults of a 422."""
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == "/problems/invalid"
    return {fault["pointer"] for fault in answer.json()["errors"]}


def refused(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """Check that the answer is this problem, and return its document."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert (document["status"], document["type"]) == (status, f"/problems/{slug}")
    return document
