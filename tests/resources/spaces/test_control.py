"""Spaces are made, listed, changed, reset, deleted, and hold what a test expects."""

import re
from typing import Any

import httpx
import pytest

from tests.resources.making import refused
from tests.resources.spaces.making import Space, spaces
from tests.servers import Server

HOSTILE = [
    "",
    "A",
    "-a",
    "a_b",
    "a.b",
    "..",
    "../x",
    "a/b",
    "a" * 65,
    "é",
    "a b",
    "a\x00b",
    "%2e%2e",
    "root/",
    "a\n",
    "~",
]


def test_a_new_space_has_its_url_its_accounts_and_its_token(server: Server, anonymous: httpx.Client) -> None:
    answer = anonymous.post("/spaces", json={})
    shown = answer.json()
    assert answer.status_code == 201
    assert re.fullmatch("[a-z2-7]{26}", shown["id"])
    assert answer.headers["Location"] == f"/spaces/{shown['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert shown["url"] == f"/in/{shown['id']}"
    assert (shown["generation"], shown["version"], shown["from"]) == (1, 1, "seeded")
    assert shown["accounts"] == ["admin", "john", "steve", "bill"]
    read = anonymous.get(answer.headers["Location"])
    assert read.json() == {name: value for name, value in shown.items() if name != "token"}
    assert read.headers["ETag"].startswith('"v1')
    inside = httpx.get(f"{server.url}{shown['url']}/users/me", headers={"Authorization": f"Bearer {shown['token']}"})
    assert inside.json()["username"] == "admin"
    assert anonymous.delete(f"/spaces/{shown['id']}").status_code == 204


def test_ids_and_content_are_the_same_in_every_fresh_space(two: list[Space]) -> None:
    for path in ("/articles", "/users", "/articles/1", "/users/2", "/articles?q=welcome"):
        ours, other = (each.admin.get(path) for each in two)
        assert ours.text.replace(two[0].prefix, "") == other.text.replace(two[1].prefix, "")
        assert ours.headers["ETag"] == other.headers["ETag"] or ours.headers["ETag"].startswith("W/")
    for each in two:
        made = each.john.post("/articles", json={"title": "Mine", "body": ""})
        assert made.json()["id"] == 4
        registered = {"username": "new", "name": "New", "email": "new@example.org", "password": "new password"}
        assert each.anonymous.post("/users", json=registered).json()["id"] == 5


def test_an_empty_space_has_its_administrator_alone(server: Server) -> None:
    with spaces(server, 1, **{"from": "empty"}) as [space]:
        assert space.shown["accounts"] == ["admin"]
        assert space.anonymous.get("/articles").json()["items"] == []
        assert [user["username"] for user in space.admin.get("/users").json()["items"]] == ["admin"]
        assert space.admin.post("/articles", json={"title": "First", "body": ""}).json()["id"] == 1


def test_a_name_that_is_taken_is_409_and_put_leaves_it_as_it_is(space: Space, anonymous: httpx.Client) -> None:
    refused(anonymous.post("/spaces", json={"id": space.id}), 409, "conflict")
    space.john.post("/articles", json={"title": "Kept", "body": ""})
    answer = anonymous.put(space.place)
    assert (answer.status_code, answer.json()["id"], "token" in answer.json()) == (200, space.id, False)
    assert space.anonymous.get("/articles/4").status_code == 200
    refused(anonymous.put(space.place, headers={"If-None-Match": "*"}), 412, "precondition-failed")
    made = anonymous.put("/spaces/by-name-1", json={"from": "empty", "idle_minutes": 5})
    assert (made.status_code, made.json()["idle_minutes"]) == (201, 5)
    assert made.json()["token"].startswith("tst_")
    assert anonymous.delete("/spaces/by-name-1").status_code == 204


@pytest.mark.parametrize("space_id", HOSTILE)
def test_a_hostile_name_is_404_or_422_and_makes_nothing(anonymous: httpx.Client, space_id: str) -> None:
    before = anonymous.get("/spaces?limit=100").json()["items"]
    assert anonymous.post("/spaces", json={"id": space_id}).status_code == 422
    path = space_id.replace("\x00", "%00").replace("\n", "%0A")
    if path and ".." not in path:  # which the client resolves by itself
        assert anonymous.put(f"/spaces/{path}").status_code in (404, 405)
        assert anonymous.get(f"/in/{path}/articles").status_code == 404
    assert anonymous.get("/spaces?limit=100").json()["items"] == before


def test_root_is_no_name_for_a_space(anonymous: httpx.Client) -> None:
    refused(anonymous.post("/spaces", json={"id": "root"}), 409, "conflict")
    refused(anonymous.put("/spaces/root"), 409, "conflict")
    assert anonymous.get("/in/root/articles").json()["type"] == "/problems/no-such-space"


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"from": "other"}, "#/from"),
        ({"from": None}, "#/from"),
        ({"idle_minutes": 0}, "#/idle_minutes"),
        ({"idle_minutes": "5"}, "#/idle_minutes"),
        ({"unknown": 1}, "#/unknown"),
        ({"token": "tst_x"}, "#/token"),
    ],
)
def test_a_wrong_member_is_422(anonymous: httpx.Client, sent: dict[str, Any], pointer: str) -> None:
    errors = refused(anonymous.post("/spaces", json=sent), 422, "invalid")["errors"]
    assert [each["pointer"] for each in errors] == [pointer]


def test_an_unknown_space_is_404_with_a_problem_of_the_server(anonymous: httpx.Client) -> None:
    for path in ("/in/nobody/articles", "/in/nobody", "/in/nobody/", "/in/nobody/in/x"):
        for method in ("GET", "POST", "DELETE"):
            assert anonymous.request(method, path).json()["type"] == "/problems/no-such-space"
    for path in ("/spaces/nobody", "/spaces/nobody/dump", "/spaces/nobody/snapshots"):
        refused(anonymous.get(path), 404, "not-found")
    refused(anonymous.delete("/spaces/nobody"), 404, "not-found")
    assert anonymous.get("/problems/no-such-space", headers={"Accept": "text/html"}).status_code == 200


def test_a_reset_brings_back_what_it_was_made_from(space: Space) -> None:
    space.john.post("/articles", json={"title": "Gone soon", "body": ""})
    space.admin.delete("/users/4")
    answer = space.control.post(f"{space.place}/reset", json={})
    assert (answer.status_code, answer.json()["generation"], answer.json()["version"]) == (200, 2, 2)
    assert space.anonymous.get("/articles/4").status_code == 404
    assert space.client("bill").get("/users/me").status_code == 200
    assert space.john.post("/articles", json={"title": "Four again", "body": ""}).json()["id"] == 4
    fields = {"Authorization": f"Bearer {space.token}"}
    assert space.anonymous.get("/users/me", headers=fields).json()["username"] == "admin"
    stale = space.control.post(f"{space.place}/reset", json={}, headers={"If-Match": '"v1"'})
    refused(stale, 412, "precondition-failed")


def test_a_snapshot_is_a_state_to_come_back_to(space: Space) -> None:
    space.john.post("/articles", json={"title": "Kept", "body": ""})
    made = space.control.put(f"{space.place}/snapshots/one")
    assert (made.status_code, made.headers["Location"]) == (201, f"{space.place}/snapshots/one")
    space.john.post("/articles", json={"title": "Lost", "body": ""})
    assert space.control.post(f"{space.place}/reset", json={"to": "one"}).status_code == 200
    assert [each["id"] for each in space.anonymous.get("/articles?sort=id").json()["items"]] == [1, 2, 3, 4]
    assert space.control.put(f"{space.place}/snapshots/one").status_code == 200
    names = [each["name"] for each in space.control.get(f"{space.place}/snapshots").json()["items"]]
    assert names == ["one"]
    refused(
        space.control.put(f"{space.place}/snapshots/one", headers={"If-None-Match": "*"}), 412, "precondition-failed"
    )
    refused(space.control.post(f"{space.place}/reset", json={"to": "two"}), 409, "conflict")
    assert space.control.delete(f"{space.place}/snapshots/one").status_code == 204
    refused(space.control.delete(f"{space.place}/snapshots/one"), 404, "not-found")


def test_a_clone_of_a_snapshot_has_no_credentials_of_the_source(space: Space, server: Server) -> None:
    token = space.john.post("/tokens", json={}).json()["token"]
    space.john.post("/articles", json={"title": "Cloned", "body": ""}, headers={"Idempotency-Key": "k"})
    space.control.put(f"{space.place}/snapshots/one")
    with spaces(server, 1, **{"from": f"{space.id}@one"}) as [clone]:
        assert clone.anonymous.get("/articles/4").json()["title"] == "Cloned"
        assert clone.anonymous.get("/users/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
        again = clone.john.post("/articles", json={"title": "Cloned", "body": ""}, headers={"Idempotency-Key": "k"})
        assert (again.json()["id"], "Idempotent-Replayed" in again.headers) == (5, False)
        assert "tokens" not in clone.admin.get("/admin/audit").text
    refused(space.control.post("/spaces", json={"from": f"{space.id}@two"}), 409, "conflict")
    refused(space.control.post("/spaces", json={"from": "nobody@two"}), 409, "conflict")


def test_there_are_at_most_16_snapshots(space: Space) -> None:
    for number in range(16):
        assert space.control.put(f"{space.place}/snapshots/s{number}").status_code == 201
    refused(space.control.put(f"{space.place}/snapshots/s16"), 507, "insufficient-storage")
    assert space.control.put(f"{space.place}/snapshots/s3").status_code == 200


def test_a_dump_is_what_a_seed_takes(two: list[Space]) -> None:
    ours, other = two
    ours.john.post("/articles", json={"title": "Dumped", "body": "Text", "tags": ["a", "b"]})
    dump = ours.control.get(f"{ours.place}/dump")
    assert dump.status_code == 200
    assert [each["title"] for each in dump.json()["articles"]][-1] == "Dumped"
    assert not {"password", "token", "hash", "digest"} & set(re.findall("[a-z_]+", dump.text))
    loaded = other.control.post(f"{other.place}/seed", json=dump.json())
    assert (loaded.status_code, loaded.json()["rows"]["articles"], loaded.json()["same"]["users"]) == (200, 1, 4)
    assert other.control.get(f"{other.place}/dump").json() == dump.json()


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("application/json", '{"articles": [{"title": "One", "body": ""}]}'),
        ("application/x-ndjson", '{"title": "One", "body": ""}\n{"title": "Two", "body": ""}\n'),
        ("text/csv", "title,body\r\nOne,\r\n"),
    ],
)
def test_rows_are_loaded_all_or_none(space: Space, content_type: str, content: str) -> None:
    fields = {"Content-Type": content_type}
    before = space.anonymous.get("/articles?count=true").json()["total"]
    bad = content.replace("One", "x" * 201)
    errors = refused(space.control.post(f"{space.place}/seed", content=bad, headers=fields), 422, "invalid")["errors"]
    assert "title" in errors[0]["detail"]
    assert space.anonymous.get("/articles?count=true").json()["total"] == before
    keyed = {**fields, "Idempotency-Key": "seed-1"}
    for replayed in (False, True):
        answer = space.control.post(f"{space.place}/seed", content=content, headers=keyed)
        assert (answer.status_code, "Idempotent-Replayed" in answer.headers) == (200, replayed)
    assert space.anonymous.get("/articles?count=true").json()["total"] == before + answer.json()["rows"]["articles"]
    refused(
        space.control.post(f"{space.place}/seed", content="x", headers=fields | {"Content-Type": "text/plain"}),
        415,
        "unsupported-media-type",
    )


def test_a_collection_that_no_table_has_is_422(space: Space) -> None:
    refused(space.control.post(f"{space.place}/seed", json={"comments": [{}]}), 422, "invalid")
    refused(
        space.control.post(f"{space.place}/seed", content=b"[", headers={"Content-Type": "application/json"}),
        422,
        "invalid",
    )


def test_a_change_is_a_new_version(space: Space) -> None:
    first = space.control.get(space.place)
    for content_type, content in (
        ("application/merge-patch+json", '{"idle_minutes": 5}'),
        ("application/json", '{"idle_minutes": 6}'),
        ("application/json-patch+json", '[{"op": "replace", "path": "/idle_minutes", "value": 7}]'),
    ):
        answer = space.control.patch(space.place, content=content, headers={"Content-Type": content_type})
        assert answer.status_code == 200, answer.text
    assert (answer.json()["idle_minutes"], answer.json()["version"]) == (7, 4)
    stale = space.control.patch(space.place, json={"idle_minutes": 8}, headers={"If-Match": first.headers["ETag"]})
    refused(stale, 412, "precondition-failed")
    refused(space.control.patch(space.place, json={"generation": 9}), 422, "invalid")
    fresh = space.control.get(space.place, headers={"If-None-Match": first.headers["ETag"]})
    assert fresh.status_code == 200


def test_a_repeated_create_is_one_space_and_another_token(anonymous: httpx.Client) -> None:
    key = {"Idempotency-Key": "make-one"}
    first, again = (anonymous.post("/spaces", json={}, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["id"] == first.json()["id"]
    old, new = first.json()["token"], again.json()["token"]
    assert old != new
    place = first.json()["url"] + "/users/me"
    assert anonymous.get(place, headers={"Authorization": f"Bearer {old}"}).status_code == 401
    assert anonymous.get(place, headers={"Authorization": f"Bearer {new}"}).status_code == 200
    refused(anonymous.post("/spaces", json={"from": "empty"}, headers=key), 422, "idempotency-key-reused")
    assert anonymous.delete(f"/spaces/{first.json()['id']}").status_code == 204


def test_a_deleted_space_is_gone_and_its_name_is_free(anonymous: httpx.Client) -> None:
    for _ in range(2):
        made = anonymous.put("/spaces/come-and-go")
        assert made.status_code == 201
        inside = anonymous.post("/in/come-and-go/articles", json={"title": "A", "body": ""}, auth=("john", "john"))
        assert inside.json()["id"] == 4
        assert anonymous.delete("/spaces/come-and-go").status_code == 204
        refused(anonymous.delete("/spaces/come-and-go"), 404, "not-found")
        assert anonymous.get("/in/come-and-go/articles").json()["type"] == "/problems/no-such-space"


def test_a_page_of_another_origin_cannot_control_spaces(space: Space) -> None:
    for origin in ("https://evil.test", "null", "http://127.0.0.1.evil.test"):
        for method, path, sent in (
            ("POST", "/spaces", {}),
            ("GET", "/spaces", None),
            ("GET", space.place, None),
            ("DELETE", space.place, None),
            ("POST", f"{space.place}/reset", {}),
            ("GET", f"{space.place}/dump", None),
        ):
            answer = space.control.request(method, path, json=sent, headers={"Origin": origin})
            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden"), (origin, method, path)
    for origin in ("http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:80", str(space.control.base_url)):
        assert space.control.get(space.place, headers={"Origin": origin.rstrip("/")}).status_code == 200
