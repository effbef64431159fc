"""Bodies and representations that real clients send and send back, and what they read of the answers."""

import time
from typing import Any

import httpx
import pytest

from tests.contract.expect import refused

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize("type_sent", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON"])
def test_a_patch_of_plain_json_is_a_merge_patch(api: httpx.Client, article: dict[str, Any], type_sent: str) -> None:
    answer = api.patch(f"/articles/{article['id']}", content='{"title": "New"}', headers={"Content-Type": type_sent})
    assert answer.status_code == 200
    assert (answer.json()["title"], answer.json()["body"]) == ("New", article["body"])
    taken = api.options(f"/articles/{article['id']}").headers["Accept-Patch"]
    assert "application/json" in taken.split(", ")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_representation_may_be_sent_back_again_and_again(
    api: httpx.Client, article: dict[str, Any], method: str
) -> None:
    place = f"/articles/{article['id']}"
    for _ in range(3):
        answer = api.request(method, place, json=article)
        assert answer.status_code == 200, answer.text
        assert answer.headers["ETag"] == api.get(place).headers["ETag"]
    for member, value in (("version", 99), ("updated_at", "2020-01-01T00:00:00.000Z"), ("created_at", None)):
        assert api.request(method, place, json={**article, member: value}).status_code == 200
        assert api.get(place).json()["created_at"] == article["created_at"]
    for member in ("id", "author_id"):
        [error] = refused(api.request(method, place, json={**article, member: 99}), 422, "invalid")["errors"]
        assert error["pointer"] == f"#/{member}"


def test_an_operation_on_a_member_of_the_server_is_refused(api: httpx.Client, article: dict[str, Any]) -> None:
    patch = b'[{"op": "replace", "path": "/version", "value": 99}]'
    answer = api.patch(
        f"/articles/{article['id']}", content=patch, headers={"Content-Type": "application/json-patch+json"}
    )
    refused(answer, 422, "invalid")


def test_an_account_and_a_secret_may_be_sent_back_too(api: httpx.Client, user: dict[str, Any]) -> None:
    shown = api.get(f"/users/{user['id']}").json()
    for _ in range(2):
        answer = api.put(f"/users/{user['id']}", json=shown)
        assert answer.status_code == 200
        assert answer.headers["ETag"] == api.get(f"/users/{user['id']}").headers["ETag"]
    made = api.put(f"/secrets/{user['username']}", json={"value": "x"})
    assert made.headers["ETag"] == api.get(f"/secrets/{user['username']}").headers["ETag"]
    for _ in range(2):
        assert api.put(f"/secrets/{user['username']}", json=made.json()).status_code == 204


@pytest.mark.parametrize(
    "number",
    [
        "9007199254740993",
        "1234567890123456789012",
        "-99999999999999999999",
        "-0",
        "1.10",
        "1e3",
        "0.1000",
        "1E+2",
        "5e-324",
    ],
)
def test_an_echo_shows_numbers_digit_for_digit(api: httpx.Client, number: str) -> None:
    content = f'{{"a": {number}, "b": [{number}]}}'
    for accept, shown in (
        ("application/json", f'"json":{{"a":{number},"b":[{number}]}}'),
        ("application/xml", f"<json><a>{number}</a><b><item>{number}</item></b></json>"),
        ("application/vnd.touchstone.v2+json", f'"json":{{"a":{number},"b":[{number}]}}'),
    ):
        answer = api.post("/echo", content=content, headers={"Content-Type": "application/json", "Accept": accept})
        assert answer.status_code == 200
        assert shown in answer.text
    # Stored numbers keep their rule.
    sent = f'{{"title": "A", "body": "", "tags": [{number}]}}'
    refused(api.post("/articles", content=sent, headers={"Content-Type": "application/json"}), 422, "invalid")


@pytest.mark.parametrize("charset", ["utf8", "UTF8", "utf-8", "UTF_8", '"utf-8"'])
def test_utf_8_has_several_names(api: httpx.Client, charset: str) -> None:
    fields = {"Content-Type": f"application/json; charset={charset}"}
    assert api.post("/articles", content=b'{"title": "A", "body": ""}', headers=fields).status_code == 201
    assert api.post("/messages", content=b"{}", headers=fields).status_code == 201


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "latin1", "ascii", "klingon"])
def test_another_charset_is_named_in_the_refusal(api: httpx.Client, charset: str) -> None:
    fields = {"Content-Type": f"application/json; charset={charset}"}
    for path in ("/articles", "/messages", "/echo" if charset != "x" else ""):
        if path == "/echo":
            continue
        answer = api.post(path, content=b"{}", headers=fields)
        assert charset in refused(answer, 415, "unsupported-media-type")["detail"]


def test_a_finer_time_is_cut_to_the_millisecond(api: httpx.Client, article: dict[str, Any]) -> None:
    moment = article["created_at"].removesuffix("Z")
    for finer in ("000", "000000", "999", "9"):
        found = api.get("/articles", params={"created_at": f"{moment}{finer}Z"})
        assert found.status_code == 200
        assert article["id"] in [item["id"] for item in found.json()["items"]]
    [error] = refused(api.get("/articles?created_at:gt=2026-01-01T00:00:00+00:00"), 400, "invalid-parameter")["errors"]
    assert "%2B" in error["detail"]
    assert api.get("/articles?created_at:gt=2026-01-01T00:00:00%2B00:00").status_code == 200


def test_last_modified_is_there_once_its_second_is_over(api: httpx.Client) -> None:
    made = api.post("/articles", json={"title": "A title", "body": ""})
    place = made.headers["Location"]
    while True:  # until both requests were in one second
        changed = api.patch(place, json={"title": "Another"})
        answer = api.get(place)
        if answer.headers["Date"] == changed.headers["Date"]:
            break
    assert "Last-Modified" not in answer.headers
    since = {"If-Modified-Since": changed.headers["Date"]}
    unchanged = api.get(place, headers=since)
    assert unchanged.status_code == 200 or unchanged.headers["Date"] > changed.headers["Date"]
    time.sleep(1.1)
    answer = api.get(place)
    assert api.get(place, headers={"If-Modified-Since": answer.headers["Last-Modified"]}).status_code == 304


def test_a_list_has_the_link_of_its_next_page(api: httpx.Client) -> None:
    for _ in range(3):
        api.post("/messages", content=b"x", headers={"Content-Type": "text/plain"})
    pages, path = 0, "/messages?limit=2"
    while path and pages < 4:
        answer = api.get(path)
        body = answer.json()
        assert list(body) == ["items", "next"]
        assert ('rel="next"' in answer.headers["Link"]) == (body["next"] is not None)
        assert body["next"] is None or f'<{body["next"]}>; rel="next"' in answer.headers["Link"]
        path, pages = body["next"], pages + 1
    enveloped = api.get("/messages?limit=1", headers={"Accept": "application/vnd.touchstone.v2+json"}).json()
    assert enveloped["meta"]["next"] == enveloped["links"]["next"]
