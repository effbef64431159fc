"""/secrets: the list of an account's secrets (CONTRACT §1, §4)."""

import json

import httpx
import pytest

from tests.resources.accounts.accounts import password_of, register
from tests.resources.making import refused

ENVELOPE = "application/vnd.touchstone.v2+json"
# In the order of code points, as both databases must sort them.
NAMES = ["-a", "0", "A", "Z", "a", "b.c", "z"]


@pytest.fixture
def stored(own: httpx.Client) -> list[dict]:
    """Secrets with those names, created in another order; their representations."""
    made = {}
    for name in ["a", "Z", "0", "z", "-a", "b.c", "A"]:
        answer = own.put(f"/secrets/{name}", json={"value": f"value of {name}"})
        assert answer.status_code == 201
        made[name] = answer.json()
    return [made[name] for name in NAMES]


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()["items"]]


def test_a_new_account_has_an_empty_list(own: httpx.Client) -> None:
    answer = own.get("/secrets", params={"count": "true"})
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next": None, "total": 0})


def test_an_account_sees_only_its_own_secrets_by_name(
    own: httpx.Client, anonymous: httpx.Client, admin: httpx.Client, stored: list[dict]
) -> None:
    other = password_of(register(anonymous))
    assert anonymous.put("/secrets/mine", json={"value": "mine"}, auth=other).status_code == 201
    answer = own.get("/secrets", params={"count": "true"})
    assert answer.json() == {"items": stored, "next": None, "total": len(stored)}
    assert answer.headers["Cache-Control"] == "no-store"
    assert names(anonymous.get("/secrets", auth=other)) == ["mine"]
    assert admin.get("/secrets", params={"name": "b.c"}).json()["items"] == []


def test_secrets_come_in_pages(own: httpx.Client, stored: list[dict]) -> None:
    pages, url = [], "/secrets?limit=3"
    while url:
        answer = own.get(url)
        pages.append(names(answer))
        url = answer.links.get("next", {}).get("url")
    assert pages == [NAMES[:3], NAMES[3:6], NAMES[6:]]
    assert names(own.get(answer.links["prev"]["url"])) == NAMES[3:6]
    assert names(own.get(answer.links["first"]["url"])) == NAMES[:3]


def test_a_cursor_does_not_show_secrets_of_another_account(
    own: httpx.Client, anonymous: httpx.Client, stored: list[dict]
) -> None:
    other = password_of(register(anonymous))
    assert anonymous.put("/secrets/zz", json={"value": "mine"}, auth=other).status_code == 201
    following = own.get("/secrets", params={"limit": 3}).links["next"]["url"]
    assert names(anonymous.get(following, auth=other)) == ["zz"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"name": "a"}, ["a"]),
        ({"name:startswith": "A"}, ["A", "a"]),
        ({"name:contains": "A"}, ["-a", "A", "a"]),
        ({"name:in": "z,0,absent"}, ["0", "z"]),
        ({"name:gte": "a"}, ["a", "b.c", "z"]),
        ({"name:ne": "a", "name:lte": "a"}, ["-a", "0", "A", "Z"]),
        ({"sort": "-name", "limit": "2"}, ["z", "b.c"]),
        ({"sort": "created_at", "name:in": "a,Z,0"}, ["a", "Z", "0"]),
        ({"created_at:gt": "2099-01-01T00:00:00Z"}, []),
    ],
    ids=str,
)
def test_secrets_are_filtered_and_sorted(
    own: httpx.Client, stored: list[dict], query: dict, expected: list[str]
) -> None:
    assert names(own.get("/secrets", params=query)) == expected


def test_fields_returns_only_these_members(own: httpx.Client, stored: list[dict]) -> None:
    answer = own.get("/secrets", params={"fields": "name,version", "limit": 2})
    assert answer.json()["items"] == [{"name": "-a", "version": 1}, {"name": "0", "version": 1}]
    assert own.get("/secrets/a", params={"fields": "value"}).json() == {"value": "value of a"}
    whole = own.get("/secrets/a").headers["ETag"]
    assert own.get("/secrets/a", params={"fields": "value"}).headers["ETag"] != whole


@pytest.mark.parametrize(
    "query",
    [
        "id=1",
        "user_id=1",
        "q=a",
        "sort=id",
        "fields=id",
        "fields=user_id",
    ],
)
@pytest.mark.parametrize("media_type", ["application/json", "text/csv"])
def test_unknown_parameters_are_400(own: httpx.Client, query: str, media_type: str) -> None:
    document = refused(own.get(f"/secrets?{query}", headers={"Accept": media_type}), 400, "invalid-parameter")
    assert [fault["parameter"] for fault in document["errors"]] == [query.partition("=")[0]]


def test_a_list_in_other_representations(own: httpx.Client, stored: list[dict]) -> None:
    envelope = own.get("/secrets", params={"count": "true"}, headers={"Accept": ENVELOPE}).json()
    assert (envelope["data"], envelope["meta"]) == (stored, {"next": None, "total": len(stored)})
    assert envelope["links"]["self"] == "/secrets?count=true"
    rows = own.get("/secrets?limit=all", headers={"Accept": "text/csv"}).text.splitlines()
    assert rows[0] == "name,value,version,created_at,updated_at"
    assert [row.partition(",")[0] for row in rows[1:]] == NAMES
    lines = own.get("/secrets?limit=all", headers={"Accept": "application/x-ndjson"})
    assert [json.loads(line) for line in lines.text.splitlines()] == stored
    assert lines.headers["Cache-Control"] == "no-store"
    assert own.get("/secrets", headers={"Accept": "application/xml"}).text.count("<value>") == len(stored)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_list_is_only_read(own: httpx.Client, method: str) -> None:
    answer = own.request(method, "/secrets", json={"value": "v"} if method != "DELETE" else None)
    refused(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
