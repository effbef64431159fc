"""Drafts are their author's alone; to anybody else there is nothing there (CONTRACT §1, §5)."""

import httpx
import pytest

from api.store.database import Database
from tests.resources.making import MERGE, NEVER_AN_ID, make, path, put_in, read, user_id

MALFORMED_ID = "0" + str(NEVER_AN_ID)


@pytest.fixture
def hidden(store: Database, mark: str) -> dict:
    """A draft of John's."""
    draft = {"title": mark, "tags": [mark], "status": "draft", "author_id": user_id(store, "john")}
    return put_in(store, draft)[0]


def test_an_anonymous_draft_is_seen_and_changed_by_the_anonymous_author(api: httpx.Client, mark: str) -> None:
    draft = make(api, status="draft", tags=[mark])
    assert read(api, draft) == draft
    assert api.get("/articles", params={"tags": mark}).json()["items"] == [draft]
    assert api.patch(path(draft), json={"status": "published"}, headers=MERGE).json()["status"] == "published"
    assert api.delete(path(draft)).status_code == 204


def test_a_published_article_of_a_user_is_seen_by_anyone(api: httpx.Client, store: Database, mark: str) -> None:
    john = user_id(store, "john")
    published = put_in(store, {"title": mark, "tags": [mark], "author_id": john})[0]
    assert read(api, published) == published
    assert published["author_id"] == john
    assert api.get("/articles", params={"tags": mark}).json()["items"] == [published]


def ask(api: httpx.Client, method: str, name: str, **fields: str) -> tuple[int, dict, bytes]:
    """The answer without its date, under the same request id each time, and with its path taken out."""
    content = {"PUT": b'{"title": "t", "body": ""}', "PATCH": b"{}", "POST": b"{}"}.get(method)
    sent = {"PUT": "application/json", "PATCH": MERGE["Content-Type"], "POST": "application/json"}.get(method)
    headers = {"X-Request-Id": "same", **({"Content-Type": sent} if sent else {}), **fields}
    answer = api.request(method, f"/articles/{name}", content=content, headers=headers)
    shown = {field: value for field, value in answer.headers.items() if field not in ("date", "content-length")}
    return answer.status_code, shown, answer.content.replace(f"/articles/{name}".encode(), b"/articles/ID")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "POST", "OPTIONS"])
@pytest.mark.parametrize(
    "fields",
    [{}, {"Accept": "application/xml"}, {"If-Match": '"v1"'}, {"If-Match": '"v9"'}, {"If-None-Match": "*"}],
    ids=str,
)
def test_absent_and_hidden_answer_with_the_same_bytes(
    api: httpx.Client, hidden: dict, method: str, fields: dict
) -> None:
    absent = ask(api, method, str(NEVER_AN_ID), **fields)
    assert ask(api, method, str(hidden["id"]), **fields) == absent
    assert absent[0] == {"POST": 405, "OPTIONS": 204}.get(method, 404)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_a_malformed_id_answers_with_the_same_bytes_too(api: httpx.Client, method: str) -> None:
    assert ask(api, method, MALFORMED_ID) == ask(api, method, str(NEVER_AN_ID))


@pytest.mark.parametrize("query", ["", "?fields=id", "?fields=nothing", "?x=1"])
def test_not_even_a_bad_query_tells_them_apart(api: httpx.Client, hidden: dict, query: str) -> None:
    for name in (NEVER_AN_ID, hidden["id"]):
        assert api.get(f"/articles/{name}{query}").status_code == 404


def test_nothing_that_was_tried_changed_the_draft(api: httpx.Client, store: Database, hidden: dict) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        assert ask(api, method, str(hidden["id"]))[0] == 404
    with store.transaction() as db:
        found = db.exec_driver_sql(f"SELECT version, title FROM articles WHERE id = {hidden['id']}").one()
    assert tuple(found) == (1, hidden["title"])


@pytest.mark.parametrize("parameter", ["tags", "q", "title", "title:contains", "title:in"])
def test_a_hidden_draft_is_in_no_list_search_or_count(api: httpx.Client, hidden: dict, parameter: str) -> None:
    shown = make(api, title=hidden["title"], tags=hidden["tags"])
    page = api.get("/articles", params={parameter: hidden["title"], "count": "true"}).json()
    assert page == {"items": [shown], "total": 1}


@pytest.mark.parametrize("media_type", ["text/csv", "application/x-ndjson", "application/xml"])
def test_a_hidden_draft_is_in_no_representation_of_a_list(api: httpx.Client, hidden: dict, media_type: str) -> None:
    query = {"tags": hidden["title"], **({} if "xml" in media_type else {"limit": "all"})}
    answer = api.get("/articles", params=query, headers={"Accept": media_type})
    assert answer.status_code == 200
    assert hidden["title"] not in answer.text


def test_no_filter_finds_a_hidden_draft(api: httpx.Client, hidden: dict) -> None:
    for query in (
        {"author_id": hidden["author_id"], "status": "draft"},
        {"created_at": hidden["created_at"], "status:ne": "published"},
        {"author_id:gte": 1, "status:in": "draft,published", "title": hidden["title"]},
    ):
        answer = api.get("/articles", params=query)
        assert answer.status_code == 200
        assert hidden["id"] not in [item["id"] for item in answer.json()["items"]]
