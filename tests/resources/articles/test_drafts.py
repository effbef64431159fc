"""Drafts are visible to their authors and administrators; for others they are 404 (CONTRACT §1, §5)."""

import httpx
import pytest

from api.store.database import Database
from tests.resources.accounts.accounts import register, signed_in
from tests.resources.making import MERGE, NEVER_AN_ID, make, path, put_in, read, refused, user_id
from tests.servers import Server

MALFORMED_ID = "0" + str(NEVER_AN_ID)
WHOLE = {"title": "New", "body": "New body"}


@pytest.fixture
def hidden(api: httpx.Client, mark: str) -> dict:
    """A draft of john."""
    return make(api, title=mark, tags=[mark], status="draft")


@pytest.fixture
def strangers(anonymous: httpx.Client, steve: httpx.Client) -> dict[str, httpx.Client]:
    """Clients that cannot see a draft of john."""
    return {"anonymous": anonymous, "steve": steve}


def write(client: httpx.Client, method: str, name: object, **fields: str) -> httpx.Response:
    """Send a valid change."""
    url = f"/articles/{name}"
    if method == "DELETE":
        return client.delete(url, headers=fields)
    return client.request(method, url, json=WHOLE, headers={**(MERGE if method == "PATCH" else {}), **fields})


@pytest.mark.parametrize("who", ["api", "admin"])
def test_a_draft_is_seen_and_changed_by_its_author_and_by_administrators(
    api: httpx.Client, admin: httpx.Client, hidden: dict, store: Database, who: str
) -> None:
    client = {"api": api, "admin": admin}[who]
    assert hidden["author_id"] == user_id(store, "john")
    assert read(client, hidden) == hidden
    for parameter in ("tags", "q", "title"):
        page = client.get("/articles", params={parameter: hidden["title"], "count": "true"}).json()
        assert page == {"items": [hidden], "next": None, "total": 1}
    changed = write(client, "PUT", hidden["id"]).json()
    assert (changed["title"], changed["author_id"]) == ("New", hidden["author_id"])
    assert client.delete(path(hidden)).status_code == 204


def test_publishing_a_draft_shows_it_and_unpublishing_hides_it(
    api: httpx.Client, strangers: dict, hidden: dict, mark: str
) -> None:
    for status, shown in (("published", [hidden["id"]]), ("draft", [])):
        assert api.patch(path(hidden), json={"status": status}, headers=MERGE).json()["status"] == status
        for client in strangers.values():
            assert client.get(path(hidden)).status_code == (200 if shown else 404)
            for parameter in ("tags", "q"):
                page = client.get("/articles", params={parameter: mark}).json()
                assert [article["id"] for article in page["items"]] == shown


def test_a_published_article_is_seen_by_anyone(api: httpx.Client, strangers: dict, mark: str) -> None:
    published = make(api, tags=[mark])
    for client in strangers.values():
        assert read(client, published) == published
        assert client.get("/articles", params={"tags": mark}).json()["items"] == [published]


def ask(client: httpx.Client, method: str, name: str, **fields: str) -> tuple[int, dict, bytes]:
    """The answer without its date and path, always under the same request id."""
    content = {"PUT": b'{"title": "t", "body": ""}', "PATCH": b"{}", "POST": b"{}"}.get(method)
    sent = {"PUT": "application/json", "PATCH": MERGE["Content-Type"], "POST": "application/json"}.get(method)
    headers = {"X-Request-Id": "same", **({"Content-Type": sent} if sent else {}), **fields}
    answer = client.request(method, f"/articles/{name}", content=content, headers=headers)
    shown = {field: value for field, value in answer.headers.items() if field not in ("date", "content-length")}
    return answer.status_code, shown, answer.content.replace(f"/articles/{name}".encode(), b"/articles/ID")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "POST", "OPTIONS"])
@pytest.mark.parametrize(
    "fields",
    [{}, {"Accept": "application/xml"}, {"If-Match": '"v1"'}, {"If-Match": '"v9"'}, {"If-None-Match": "*"}],
    ids=str,
)
@pytest.mark.parametrize("who", ["anonymous", "steve"])
def test_absent_and_hidden_answer_with_the_same_bytes(
    strangers: dict, hidden: dict, who: str, method: str, fields: dict
) -> None:
    absent = ask(strangers[who], method, str(NEVER_AN_ID), **fields)
    assert ask(strangers[who], method, str(hidden["id"]), **fields) == absent
    # Credentials are checked before the resource is looked up.
    refusal = 401 if who == "anonymous" and method in ("PUT", "PATCH", "DELETE") else 404
    assert absent[0] == {"POST": 405, "OPTIONS": 204}.get(method, refusal)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_a_malformed_id_answers_with_the_same_bytes_too(steve: httpx.Client, method: str) -> None:
    assert ask(steve, method, MALFORMED_ID) == ask(steve, method, str(NEVER_AN_ID))


@pytest.mark.parametrize(
    "fields",
    [{"Content-Type": "text/plain"}, {"Content-Encoding": "br"}, {"If-Match": "malformed"}],
    ids=str,
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_not_even_a_bad_body_tells_them_apart(steve: httpx.Client, hidden: dict, method: str, fields: dict) -> None:
    absent = ask(steve, method, str(NEVER_AN_ID), **fields)
    assert ask(steve, method, str(hidden["id"]), **fields) == absent
    assert absent[0] == 404


@pytest.mark.parametrize("query", ["", "?fields=id", "?fields=nothing", "?x=1"])
@pytest.mark.parametrize("who", ["anonymous", "steve"])
def test_not_even_a_bad_query_tells_them_apart(strangers: dict, hidden: dict, who: str, query: str) -> None:
    for name in (NEVER_AN_ID, hidden["id"]):
        assert strangers[who].get(f"/articles/{name}{query}").status_code == 404


def test_failed_attempts_do_not_change_a_draft(api: httpx.Client, strangers: dict, hidden: dict) -> None:
    for client in strangers.values():
        for method in ("PUT", "PATCH", "DELETE"):
            assert write(client, method, hidden["id"]).status_code in (401, 404)
    assert read(api, hidden) == hidden


@pytest.mark.parametrize("parameter", ["tags", "q", "title", "title:contains", "title:in"])
@pytest.mark.parametrize("who", ["anonymous", "steve"])
def test_a_hidden_draft_is_in_no_list_search_or_count(
    api: httpx.Client, strangers: dict, hidden: dict, who: str, parameter: str
) -> None:
    shown = make(api, title=hidden["title"], tags=hidden["tags"])
    page = strangers[who].get("/articles", params={parameter: hidden["title"], "count": "true"}).json()
    assert page == {"items": [shown], "next": None, "total": 1}


@pytest.mark.parametrize("media_type", ["text/csv", "application/x-ndjson", "application/xml"])
@pytest.mark.parametrize("who", ["anonymous", "steve"])
def test_a_hidden_draft_is_in_no_representation_of_a_list(
    api: httpx.Client, strangers: dict, hidden: dict, who: str, media_type: str
) -> None:
    query = {"tags": hidden["title"], **({} if "xml" in media_type else {"limit": "all"})}
    answer = strangers[who].get("/articles", params=query, headers={"Accept": media_type})
    assert answer.status_code == 200
    assert hidden["title"] not in answer.text
    assert hidden["title"] in api.get("/articles", params=query, headers={"Accept": media_type}).text


@pytest.mark.parametrize("who", ["anonymous", "steve"])
def test_no_filter_finds_a_hidden_draft(strangers: dict, hidden: dict, who: str) -> None:
    for query in (
        {"author_id": hidden["author_id"], "status": "draft"},
        {"created_at": hidden["created_at"], "status:ne": "published"},
        {"author_id:gte": 1, "status:in": "draft,published", "title": hidden["title"]},
    ):
        answer = strangers[who].get("/articles", params=query)
        assert answer.status_code == 200
        assert hidden["id"] not in [item["id"] for item in answer.json()["items"]]


def test_pages_of_a_list_are_full_despite_hidden_drafts(
    server: Server, anonymous: httpx.Client, api: httpx.Client, mark: str
) -> None:
    with signed_in(server, register(anonymous)) as author:
        made = [make(author if number % 2 else api, tags=[mark], status="draft") for number in range(6)]
        page = author.get("/articles", params={"tags": mark, "limit": 2})
        assert page.json()["items"] == [made[5], made[3]]
        assert author.get(page.links["next"]["url"]).json()["items"] == [made[1]]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_changing_another_users_published_article_is_403(api: httpx.Client, steve: httpx.Client, method: str) -> None:
    article = make(api)
    refused(write(steve, method, article["id"]), 403, "forbidden")
    # Ownership is checked before the body and the version.
    for fields in ({"If-Match": '"v9"'}, {"Content-Type": "text/plain"}):
        refused(write(steve, method, article["id"], **fields), 403, "forbidden")
    assert read(api, article) == article


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_nobody_changes_an_article_without_credentials(api: httpx.Client, anonymous: httpx.Client, method: str) -> None:
    article = make(api)
    answer = write(anonymous, method, article["id"])
    refused(answer, 401, "unauthenticated")
    assert len(answer.headers.get_list("WWW-Authenticate")) == 2
    assert read(api, article) == article


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_an_article_without_an_author_is_changed_only_by_administrators(
    api: httpx.Client, steve: httpx.Client, admin: httpx.Client, store: Database, method: str
) -> None:
    article = put_in(store, {"author_id": None})[0]
    for client in (api, steve):
        refused(write(client, method, article["id"]), 403, "forbidden")
        assert read(client, article) == article
    answer = write(admin, method, article["id"])
    assert answer.status_code == (204 if method == "DELETE" else 200)
    # Changing it does not change its author.
    assert method == "DELETE" or answer.json()["author_id"] is None


def test_a_draft_without_an_author_is_seen_only_by_administrators(
    api: httpx.Client, strangers: dict, admin: httpx.Client, store: Database, mark: str
) -> None:
    draft = put_in(store, {"author_id": None, "status": "draft", "title": mark})[0]
    for client in (api, *strangers.values()):
        refused(client.get(path(draft)), 404, "not-found")
        assert client.get("/articles", params={"q": mark}).json()["items"] == []
    assert read(admin, draft) == draft
    assert admin.get("/articles", params={"q": mark}).json()["items"] == [draft]
