"""PUT /articles/<id>: the whole of an article, replaced (CONTRACT §5)."""

import httpx
import pytest

from tests.resources.making import MINIMAL, NEVER_AN_ID, make, path, pointers, read, refused

WHOLE = {"title": "New", "body": "New body"}


def test_a_put_returns_the_whole_article_with_its_tag(api: httpx.Client) -> None:
    article = make(api, title="Old", tags=["old"], status="draft")
    answer = api.put(path(article), json={**WHOLE, "tags": ["new"], "status": "draft"})
    assert answer.status_code == 200
    changed = answer.json()
    assert answer.headers["ETag"] == '"v2"'
    assert changed == {**article, **WHOLE, "tags": ["new"], "version": 2, "updated_at": changed["updated_at"]}
    assert changed["updated_at"] >= article["updated_at"]
    assert read(api, article) == changed
    there = api.get(path(article))
    assert (there.headers["ETag"], there.content) == ('"v2"', answer.content)


@pytest.mark.parametrize("media_type", ["application/vnd.touchstone.v2+json", "application/xml"])
def test_the_tag_of_a_put_is_that_of_its_representation(api: httpx.Client, media_type: str) -> None:
    article = make(api)
    answer = api.put(path(article), json=WHOLE, headers={"Accept": media_type})
    there = api.get(path(article), headers={"Accept": media_type})
    assert answer.headers["Content-Type"] == media_type
    assert (answer.headers["ETag"], answer.content) == (there.headers["ETag"], there.content)


def test_omitted_members_are_reset(api: httpx.Client) -> None:
    article = make(api, tags=["gone"], status="draft")
    changed = api.put(path(article), json=WHOLE).json()
    assert (changed["tags"], changed["status"]) == ([], "published")


@pytest.mark.parametrize("missing", ["title", "body"])
def test_a_required_member_left_out_is_422_and_changes_nothing(api: httpx.Client, missing: str) -> None:
    article = make(api)
    sent = {name: value for name, value in WHOLE.items() if name != missing}
    assert pointers(api.put(path(article), json=sent)) == {f"#/{missing}"}
    assert read(api, article) == article


def test_a_representation_can_be_sent_back_unchanged(api: httpx.Client) -> None:
    article = make(api)
    answer = api.put(path(article), json={**article, "title": "Changed"})
    assert (answer.status_code, answer.json()["title"], answer.json()["version"]) == (200, "Changed", 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", 1),
        ("id", "1"),
        ("id", True),
        ("author_id", 1),
        ("author_id", None),
    ],
)
def test_a_read_only_member_that_differs_is_422_and_changes_nothing(
    api: httpx.Client, name: str, value: object
) -> None:
    article = make(api)
    answer = api.put(path(article), json={**WHOLE, name: value})
    assert pointers(answer) == {f"#/{name}"}
    assert answer.json()["errors"][0]["code"] == "read_only"
    assert read(api, article) == article


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 2),
        ("version", True),
        ("version", "1"),
        ("version", None),
        ("created_at", "2026-01-01T00:00:00.000Z"),
        ("created_at", None),
        ("updated_at", "2026-01-01T00:00:00.000Z"),
        ("updated_at", {"any": ["value"]}),
    ],
)
def test_a_member_that_changes_with_every_write_is_ignored(api: httpx.Client, name: str, value: object) -> None:
    article = make(api)
    answer = api.put(path(article), json={**WHOLE, name: value})
    assert answer.status_code == 200
    changed = read(api, article)
    assert changed == {**article, **WHOLE, "version": 2, "updated_at": answer.json()["updated_at"]}


def test_a_representation_from_an_old_read_is_accepted_without_if_match(api: httpx.Client) -> None:
    article = make(api)
    tag = api.put(path(article), json=WHOLE).headers["ETag"]
    old = {**article, "title": "From an old read"}
    refused(api.put(path(article), json=old, headers={"If-Match": '"v1"'}), 412, "precondition-failed")
    assert api.get(path(article)).headers["ETag"] == tag
    for version in (3, 4):  # a repetition is never a validation error
        answer = api.put(path(article), json=old)
        assert (answer.status_code, answer.json()["title"], answer.json()["version"]) == (200, old["title"], version)


def test_all_faults_are_reported_at_once(api: httpx.Client) -> None:
    answer = api.put(path(make(api)), json={"title": "", "tags": ["A"], "more": 1, "id": 99, "version": 99})
    assert pointers(answer) == {"#/title", "#/body", "#/tags/0", "#/more", "#/id"}


@pytest.mark.parametrize("content", [b"{", b'{"title": "a", "title": "b", "body": ""}', b""])
def test_malformed_json_is_400_and_changes_nothing(api: httpx.Client, content: bytes) -> None:
    article = make(api)
    answer = api.put(path(article), content=content, headers={"Content-Type": "application/json"})
    refused(answer, 400, "malformed-json")
    assert read(api, article) == article


def test_another_media_type_is_415_with_accept(api: httpx.Client) -> None:
    article = make(api)
    answer = api.put(path(article), content=b"{}", headers={"Content-Type": "application/merge-patch+json"})
    document = refused(answer, 415, "unsupported-media-type")
    assert answer.headers["Accept"].split(", ") == document["supported"]
    assert read(api, article) == article


def test_content_range_is_400_and_changes_nothing(api: httpx.Client) -> None:
    article = make(api)
    answer = api.put(path(article), json=WHOLE, headers={"Content-Range": "bytes 0-9/100"})
    document = refused(answer, 400, "invalid-header")
    assert document["errors"][0]["header"] == "Content-Range"
    assert read(api, article) == article


def test_an_absent_article_is_404_because_the_server_assigns_ids(api: httpx.Client) -> None:
    refused(api.put(f"/articles/{NEVER_AN_ID}", json=WHOLE), 404, "not-found")


def test_minimal_is_204_without_content(api: httpx.Client) -> None:
    article = make(api)
    answer = api.put(path(article), json=WHOLE, headers=MINIMAL)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Preference-Applied"] == "return=minimal"
    assert "Content-Type" not in answer.headers
    assert answer.headers["ETag"] == api.get(path(article)).headers["ETag"] == '"v2"'
    assert read(api, article)["title"] == "New"


def test_a_put_without_changes_creates_a_new_version(api: httpx.Client) -> None:
    article = make(api, **WHOLE)
    assert api.put(path(article), json=WHOLE).json()["version"] == 2


def test_version_2_works_for_requests_and_answers(api: httpx.Client) -> None:
    v2 = "application/vnd.touchstone.v2+json"
    article = make(api)
    sent = b'{"data": {"title": "n", "body": "b"}}'
    answer = api.put(path(article), content=sent, headers={"Content-Type": v2, "Accept": v2})
    assert answer.status_code == 200
    assert answer.json()["data"]["title"] == "n"
    assert answer.json()["meta"]["version"] == 2
    assert answer.json()["links"]["self"] == path(article)
    broken = api.put(path(article), content=b'{"data": {"title": "n", "id": 1}}', headers={"Content-Type": v2})
    assert pointers(broken) == {"#/data/body", "#/data/id"}


def test_an_impossible_accept_changes_nothing(api: httpx.Client) -> None:
    article = make(api)
    refused(api.put(path(article), json=WHOLE, headers={"Accept": "image/png"}), 406, "not-acceptable")
    assert read(api, article) == article


def test_a_query_parameter_is_400_and_changes_nothing(api: httpx.Client) -> None:
    article = make(api)
    refused(api.put(path(article) + "?fields=id", json=WHOLE), 400, "invalid-parameter")
    assert read(api, article) == article
