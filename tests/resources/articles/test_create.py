"""POST /articles: the new article, and the answer (CONTRACT §4)."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.resources.making import MINIMAL, make, path, pointers, read, refused

TAKEN = {"application/json", "application/vnd.touchstone.v1+json", "application/vnd.touchstone.v2+json"}
READ_ONLY = {
    "id": 7,
    "author_id": None,
    "version": 1,
    "created_at": "2026-01-01T00:00:00.000Z",
    "updated_at": "2026-01-01T00:00:00.000Z",
}


def count(api: httpx.Client, mark: str) -> int:
    return api.get("/articles", params={"tags": mark, "count": "true"}).json()["total"]


def test_a_create_returns_the_whole_article_with_location_and_tag(api: httpx.Client) -> None:
    sent = {"title": "Grüße 🌍", "body": "Zeile 1\nZeile 2", "tags": ["a-1", "b"], "status": "draft"}
    answer = api.post("/articles", json=sent)
    assert answer.status_code == 201
    article = answer.json()
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Location"] == answer.headers["Content-Location"] == f"/articles/{article['id']}"
    assert answer.headers["ETag"] == '"v1"'
    assert answer.headers["Cache-Control"].endswith("no-cache")
    assert {"Accept", "Prefer"} <= set(answer.headers["Vary"].split(", "))
    made = {name: article[name] for name in ("id", "created_at", "updated_at")}
    assert article == {**sent, "author_id": api.get("/users/me").json()["id"], "version": 1, **made}
    there = api.get(answer.headers["Location"])
    assert (there.status_code, there.content, there.headers["ETag"]) == (200, answer.content, '"v1"')


def test_omitted_members_have_their_defaults(api: httpx.Client) -> None:
    article = make(api, title="t", body="")
    assert (article["body"], article["tags"], article["status"]) == ("", [], "published")


def test_times_are_utc_with_three_fractional_digits(api: httpx.Client) -> None:
    article = make(api)
    assert article["created_at"] == article["updated_at"]
    moment = datetime.strptime(article["created_at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert len(article["created_at"]) == len("2026-01-01T00:00:00.000Z")
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)


def test_a_create_sent_twice_makes_two_articles(api: httpx.Client, mark: str) -> None:
    first, second = make(api, tags=[mark]), make(api, tags=[mark])
    assert first["id"] < second["id"]
    assert count(api, mark) == 2


@pytest.mark.parametrize(
    "members",
    [
        {"title": "x"},
        {"title": "x" * 200},
        {"title": "😀" * 200},
        {"title": " "},
        {"body": ""},
        {"body": "x" * 100_000},
        {"body": "😀" * 100_000},
        {"body": '"\\\x01\u2028\ufffe\U0010ffff\r\n\t'},
        {"tags": []},
        {"tags": [f"tag-{number}" for number in range(20)]},
        {"tags": ["x" * 40]},
        {"tags": ["-"]},
        {"status": "draft"},
        {"status": "published"},
    ],
    ids=lambda members: str(members)[:30].encode("ascii", "replace").decode(),
)
def test_content_within_the_limits_is_stored_exactly(api: httpx.Client, members: dict) -> None:
    article = make(api, **members)
    assert {name: article[name] for name in members} == members
    assert read(api, article) == article


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"title": ""}, "#/title"),
        ({"title": "x" * 201}, "#/title"),
        ({"title": "😀" * 201}, "#/title"),
        ({"title": None}, "#/title"),
        ({"title": 1}, "#/title"),
        ({"body": "x" * 100_001}, "#/body"),
        ({"body": None}, "#/body"),
        ({"body": ["x"]}, "#/body"),
        ({"tags": [f"tag-{number}" for number in range(21)]}, "#/tags"),
        ({"tags": None}, "#/tags"),
        ({"tags": "a"}, "#/tags"),
        ({"tags": {"0": "a"}}, "#/tags"),
        ({"tags": [""]}, "#/tags/0"),
        ({"tags": ["a", "x" * 41]}, "#/tags/1"),
        ({"tags": ["A"]}, "#/tags/0"),
        ({"tags": ["a b"]}, "#/tags/0"),
        ({"tags": ["a\n"]}, "#/tags/0"),
        ({"tags": ["é"]}, "#/tags/0"),
        ({"tags": ["٣"]}, "#/tags/0"),
        ({"tags": [None]}, "#/tags/0"),
        ({"tags": [1]}, "#/tags/0"),
        ({"status": "Draft"}, "#/status"),
        ({"status": ""}, "#/status"),
        ({"status": None}, "#/status"),
        ({"subtitle": "x"}, "#/subtitle"),
        ({"a/b~c": "x"}, "#/a~1b~0c"),
        *(({name: value}, f"#/{name}") for name, value in READ_ONLY.items()),
    ],
    ids=lambda value: str(value)[:30].encode("ascii", "replace").decode(),
)
def test_invalid_content_is_422_at_its_pointer_and_creates_nothing(
    api: httpx.Client, mark: str, members: dict, pointer: str
) -> None:
    sent = {"title": "t", "body": mark, **members}
    assert pointers(api.post("/articles", json=sent)) == {pointer}
    assert api.get("/articles", params={"q": mark}).json()["items"] == []


@pytest.mark.parametrize("missing", ["title", "body"])
def test_a_missing_member_is_422(api: httpx.Client, missing: str) -> None:
    sent = {"title": "t", "body": "b"}
    del sent[missing]
    answer = api.post("/articles", json=sent)
    assert pointers(answer) == {f"#/{missing}"}
    assert answer.json()["errors"][0]["code"] == "missing"


def test_all_faults_are_reported_at_once(api: httpx.Client) -> None:
    sent = {"title": 5, "tags": ["ok", "NO", 3], "status": "gone", "extra": 1, "id": 9, "version": 2}
    answer = api.post("/articles", json=sent)
    expected = {"#/title", "#/body", "#/tags/1", "#/tags/2", "#/status", "#/extra", "#/id", "#/version"}
    assert pointers(answer) == expected
    assert all(set(fault) == {"pointer", "code", "detail"} for fault in answer.json()["errors"])


@pytest.mark.parametrize("fields", [{}, {"Content-Type": "application/json"}])
def test_no_body_is_400_with_a_type_and_without(api: httpx.Client, fields: dict) -> None:
    refused(api.post("/articles", headers=fields), 400, "malformed-json")


def test_malformed_json_is_400_with_line_and_column(api: httpx.Client) -> None:
    answer = api.post("/articles", content=b'{"title": "t",\n  body}', headers={"Content-Type": "application/json"})
    document = refused(answer, 400, "malformed-json")
    assert (document["line"], document["column"]) == (2, 3)


@pytest.mark.parametrize("media_type", [None, "text/plain", "application/xml", "application/merge-patch+json", "json"])
def test_another_media_type_or_none_is_415_with_accept_post(api: httpx.Client, media_type: str | None) -> None:
    fields = {"Content-Type": media_type} if media_type else {}
    answer = api.post("/articles", content=b'{"title": "t", "body": "b"}', headers=fields)
    document = refused(answer, 415, "unsupported-media-type")
    assert set(answer.headers["Accept-Post"].split(", ")) == set(document["supported"]) == TAKEN
    assert "Accept-Encoding" not in answer.headers


@pytest.mark.parametrize("media_type", ["APPLICATION/JSON", "application/json; charset=UTF-8", *sorted(TAKEN)[:2]])
def test_json_is_accepted_in_any_case_and_as_version_1(api: httpx.Client, media_type: str) -> None:
    content = '{"title": "é", "body": "b"}'.encode()
    answer = api.post("/articles", content=content, headers={"Content-Type": media_type})
    assert (answer.status_code, answer.json()["title"]) == (201, "é")


def test_minimal_is_201_with_location_and_no_body(api: httpx.Client) -> None:
    answer = api.post("/articles", json={"title": "t", "body": "b"}, headers=MINIMAL)
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["Preference-Applied"] == "return=minimal"
    assert not {"Content-Type", "Content-Location"} & {name.title() for name in answer.headers}
    assert api.get(answer.headers["Location"]).json()["title"] == "t"


@pytest.mark.parametrize("prefer", ["return=representation", "respond-async", "return=little", "x=return=minimal"])
def test_another_preference_gets_the_whole_representation(api: httpx.Client, prefer: str) -> None:
    answer = api.post("/articles", json={"title": "t", "body": "b"}, headers={"Prefer": prefer})
    assert (answer.status_code, answer.json()["title"]) == (201, "t")
    assert answer.headers.get("Preference-Applied") != "return=minimal"


def test_minimal_does_not_hide_a_fault(api: httpx.Client) -> None:
    answer = api.post("/articles", json={"title": ""}, headers=MINIMAL)
    assert pointers(answer) == {"#/title", "#/body"}


def test_an_impossible_accept_creates_nothing(api: httpx.Client, mark: str) -> None:
    sent = {"title": "t", "body": "b", "tags": [mark]}
    refused(api.post("/articles", json=sent, headers={"Accept": "image/png"}), 406, "not-acceptable")
    assert count(api, mark) == 0


def test_a_query_parameter_is_400_and_creates_nothing(api: httpx.Client, mark: str) -> None:
    sent = {"title": "t", "body": "b", "tags": [mark]}
    document = refused(api.post("/articles?draft=1", json=sent), 400, "invalid-parameter")
    assert document["errors"][0]["parameter"] == "draft"
    assert count(api, mark) == 0


def test_version_2_wraps_the_request_and_the_answer(api: httpx.Client) -> None:
    v2 = "application/vnd.touchstone.v2+json"
    sent = b'{"data": {"title": "t", "body": "b"}}'
    answer = api.post("/articles", content=sent, headers={"Content-Type": v2, "Accept": v2})
    assert (answer.status_code, answer.headers["Content-Type"]) == (201, v2)
    document = answer.json()
    assert set(document) == {"data", "links", "meta"}
    assert document["data"]["title"] == "t"
    assert document["links"]["self"] == answer.headers["Location"] == path(document["data"])


def test_faults_of_version_2_point_into_the_envelope(api: httpx.Client) -> None:
    fields = {"Content-Type": "application/vnd.touchstone.v2+json"}
    answer = api.post("/articles", content=b'{"data": {"title": "", "tags": ["A"], "id": 1}}', headers=fields)
    assert pointers(answer) == {"#/data/title", "#/data/body", "#/data/tags/0", "#/data/id"}


@pytest.mark.parametrize("content", [b'{"title": "t", "body": "b"}', b'{"data": {}, "meta": {}}', b"[]"])
def test_version_2_without_its_envelope_is_422(api: httpx.Client, content: bytes) -> None:
    fields = {"Content-Type": "application/vnd.touchstone.v2+json"}
    assert pointers(api.post("/articles", content=content, headers=fields))


def test_the_id_of_a_deleted_article_is_never_reused(api: httpx.Client) -> None:
    article = make(api)
    assert api.delete(path(article)).status_code == 204
    assert make(api)["id"] > article["id"]
