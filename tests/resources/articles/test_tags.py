"""Entity tags: one for each representation of each version (CONTRACT §7)."""

import httpx
import pytest

from tests.resources.making import MERGE, make, path, refused

V2 = "application/vnd.touchstone.v2+json"
V1 = "application/vnd.touchstone.v1+json"
REPRESENTATIONS = {
    "json": ("", "application/json"),
    "v1": ("", V1),
    "v2": ("", V2),
    "xml": ("", "application/xml"),
    "fields": ("?fields=id,title", "application/json"),
    "other fields": ("?fields=id,body", "application/json"),
    "fields in v2": ("?fields=id,title", V2),
    "fields in xml": ("?fields=id,title", "application/xml"),
}


def tag_of(api: httpx.Client, article: dict, name: str) -> str:
    query, accept = REPRESENTATIONS[name]
    answer = api.get(path(article) + query, headers={"Accept": accept})
    assert answer.status_code == 200
    return answer.headers["ETag"]


def test_each_representation_has_its_own_strong_tag(api: httpx.Client) -> None:
    article = make(api)
    tags = {name: tag_of(api, article, name) for name in REPRESENTATIONS}
    assert tags["json"] == '"v1"'
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags.values())
    assert len(set(tags.values())) == len(tags)


@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_a_tag_is_the_same_each_time_and_another_after_a_change(api: httpx.Client, name: str) -> None:
    article = make(api)
    before = tag_of(api, article, name)
    assert tag_of(api, article, name) == before
    api.patch(path(article), json={}, headers=MERGE)
    assert tag_of(api, article, name) != before


@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_if_match_takes_any_tag_of_the_current_version(api: httpx.Client, name: str) -> None:
    article = make(api)
    seen = {"If-Match": tag_of(api, article, name)}
    assert api.get(path(article), headers=seen).status_code == 200
    assert api.put(path(article), json={"title": "n", "body": ""}, headers=seen).status_code == 200
    refused(api.put(path(article), json={"title": "n", "body": ""}, headers=seen), 412, "precondition-failed")
    refused(api.delete(path(article), headers=seen), 412, "precondition-failed")
    now = {"If-Match": tag_of(api, article, name)}
    assert api.patch(path(article), json={"title": "m"}, headers={**MERGE, **now}).status_code == 200
    assert api.delete(path(article), headers={"If-Match": tag_of(api, article, name)}).status_code == 204


@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_304_is_for_the_representation_that_the_reader_has(api: httpx.Client, name: str) -> None:
    article = make(api)
    query, accept = REPRESENTATIONS[name]
    for other in REPRESENTATIONS:
        fields = {"Accept": accept, "If-None-Match": tag_of(api, article, other)}
        answer = api.get(path(article) + query, headers=fields)
        assert answer.status_code == (304 if other == name else 200), other


def test_the_tag_of_a_create_is_that_of_its_representation(api: httpx.Client) -> None:
    for name in ("json", "v1", "v2", "xml"):
        fields = {"Accept": REPRESENTATIONS[name][1]}
        answer = api.post("/articles", json={"title": "t", "body": ""}, headers=fields)
        there = api.get(answer.headers["Location"], headers=fields)
        assert (answer.headers["ETag"], answer.content) == (there.headers["ETag"], there.content), name


def test_the_current_tag_in_a_412_works_for_the_next_try(api: httpx.Client) -> None:
    article = make(api)
    sent = {"title": "n", "body": ""}
    for accept in ("application/json", V2):
        fields = {"Accept": accept, "If-Match": '"v0"'}
        current = api.put(path(article), json=sent, headers=fields).json()["current_etag"]
        assert api.put(path(article), json=sent, headers={"If-Match": current}).status_code == 200
