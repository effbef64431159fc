"""Documents: create, replace, change, delete; ids; conditions; keys."""

import httpx
import pytest

from tests.collections.data import DATA, at_once
from tests.contract.expect import refused

MERGE = {"Content-Type": "application/merge-patch+json"}
JSON_PATCH = {"Content-Type": "application/json-patch+json"}


def pointers(answer: httpx.Response) -> list[str]:
    return [each["pointer"] for each in answer.json()["errors"]]


def test_a_document_is_what_was_sent(http) -> None:
    sent = {"z": 1, "a": {"b": [1, 2.5, None, True, "ü"]}, "title": ""}
    made = http.post("/posts", json=sent)
    assert (made.status_code, made.headers["Location"]) == (201, f"{http.base_url.path}posts/4")
    assert made.json() == {"id": 4, **sent}
    assert list(made.json()) == ["id", "z", "a", "title"]
    assert http.get("/posts/4").json() == made.json()
    assert http.get("/posts").json()[-1] == made.json()


def test_members_keep_their_order_on_both_databases(root) -> None:
    for name in ("posts", "comments", "countries"):
        assert [list(each) for each in root.get(f"/{name}").json()[: len(DATA[name])]] == [
            [*each] for each in DATA[name]
        ]
    assert list(root.get("/db").json())[:5] == [*DATA]


def test_new_ids_are_numbers_or_random_texts(http) -> None:
    assert [http.post("/posts", json={}).json()["id"] for _ in range(3)] == [4, 5, 6]
    assert http.delete("/posts/6").status_code == 200
    assert http.post("/posts", json={"id": None}).json()["id"] == 7  # never reused
    assert http.post("/empty", json={"id": ""}).json()["id"] == 1
    drawn = http.post("/countries", json={}).json()["id"]
    assert isinstance(drawn, str)
    assert http.get(f"/countries/{drawn}").status_code == 200


def test_an_id_of_the_client_is_kept_and_the_next_is_above(http) -> None:
    assert http.post("/posts", json={"id": 40}).json()["id"] == 40
    assert http.post("/posts", json={}).json()["id"] == 41
    made = http.post("/countries", json={"id": "a b/ü".replace("/", "~")})
    assert made.headers["Location"].endswith("/countries/a%20b~%C3%BC")
    assert http.get(made.headers["Location"].removeprefix(http.base_url.path.rstrip("/"))).json() == made.json()


@pytest.mark.parametrize(
    ("path", "id", "status"),
    [
        ("/posts", 1, 409),
        ("/posts", "1", 409),
        ("/posts", "x", 422),
        ("/posts", 1.5, 422),
        ("/posts", True, 422),
        ("/posts", [1], 422),
        ("/countries", "de", 409),
        ("/countries", 5, 422),
        ("/countries", "a/b", 422),
        ("/countries", "..", 422),
        ("/countries", "a" * 257, 422),
    ],
)
def test_an_id_that_is_taken_or_impossible_is_refused(root, path, id, status) -> None:
    before = root.get(path).json()
    answer = root.post(path, json={"id": id})
    assert answer.status_code == status, answer.text
    if status == 422:
        assert pointers(answer) == ["#/id"]
    assert root.get(path).json() == before


@pytest.mark.one_database
@pytest.mark.parametrize("body", ["[]", "1", '"text"', "null"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/posts"), ("PUT", "/posts/1"), ("PUT", "/profile")])
def test_a_body_that_is_no_object_is_422(root, method, path, body) -> None:
    refused(root.request(method, path, content=body, headers={"Content-Type": "application/json"}), 422, "invalid")


@pytest.mark.one_database
@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_another_media_type_is_415(root, kind) -> None:
    """json-server answers 201 and stores an empty document."""
    before = root.get("/posts").json()
    answer = root.post("/posts", content='{"title": "a"}', headers={"Content-Type": kind} if kind else {})
    refused(answer, 415, "unsupported-media-type")
    assert root.get("/posts").json() == before


def test_put_replaces_and_the_id_stays(http) -> None:
    assert http.put("/posts/1", json={"title": "new"}).json() == {"id": 1, "title": "new"}
    assert http.put("/posts/1", json={"id": 1, "a": None}).json() == {"id": 1, "a": None}
    for id in (2, "1"):
        answer = http.put("/posts/1", json={"id": id})
        assert (answer.status_code, pointers(answer)) == (422, ["#/id"])
    assert http.put("/posts/99", json={}).status_code == 404
    assert http.get("/posts/1").json() == {"id": 1, "a": None}


def test_patch_merges_as_the_media_type_says(http) -> None:
    assert http.patch("/profile", json={"deep": {"b": None}, "name": None}).json() == {
        "name": None,
        "deep": {"b": None},
    }
    assert http.patch("/profile", json={"deep": {"c": 1}}, headers=MERGE).json()["deep"] == {"b": None, "c": 1}
    patch = [{"op": "add", "path": "/tags/-", "value": "c"}]
    assert http.patch("/posts/1", json=patch, headers=JSON_PATCH).json()["tags"] == ["a", "b", "c"]
    assert http.patch("/posts/1", json={"id": 2}).status_code == 422
    assert http.patch("/posts/1", json=[{"op": "remove", "path": "/id"}], headers=JSON_PATCH).status_code == 422
    assert http.patch("/posts/1", json=[{"op": "remove", "path": "/x"}], headers=JSON_PATCH).status_code == 409


def test_patch_in_our_style_is_a_merge_patch(ours) -> None:
    made = ours.post("/empty", json={"deep": {"a": 1}, "gone": 1}).json()
    after = ours.patch(f"/empty/{made['id']}", json={"deep": {"b": 2}, "gone": None})
    assert after.json() == {"id": made["id"], "deep": {"a": 1, "b": 2}}
    assert ours.delete(f"/empty/{made['id']}").status_code == 204


def test_delete_takes_the_children_along_as_0_17_does(http) -> None:
    answer = http.delete("/posts/1")
    assert (answer.status_code, answer.json()) == (200, {})
    assert [each["id"] for each in http.get("/comments").json()] == [3]
    assert http.delete("/posts/1").status_code == 404


def test_delete_with_a_word_of_1_0_answers_with_the_document(http) -> None:
    http.post("/comments", json={"postId": 2})
    answer = http.delete("/posts/1?_dependent=comments")
    assert answer.json() == DATA["posts"][0]
    assert [each["id"] for each in http.get("/comments").json()] == [3, 4]
    assert http.delete("/posts/2?_dependent=empty").status_code == 200
    assert [each["postId"] for each in http.get("/comments").json()] == [None, None]
    assert http.delete("/posts/3?_dependent=profile").status_code == 400
    assert http.delete("/posts/3?_dependant=comments").status_code == 400


def test_delete_in_our_style_leaves_the_children(ours) -> None:
    post = ours.post("/posts", json={"title": "parent"}).json()["id"]
    child = ours.post(f"/posts/{post}/comments", json={"body": "child"}).json()
    assert child["postId"] == post
    assert ours.get("/posts/99/comments").status_code == 404
    assert ours.delete(f"/posts/{post}").status_code == 204
    assert ours.get(f"/comments/{child['id']}").json() == child
    post = ours.post("/posts", json={"id": post}).json()["id"]
    assert ours.delete(f"/posts/{post}?_dependent=comments").status_code == 204
    assert ours.get(f"/comments/{child['id']}").status_code == 404


def test_a_child_gets_the_id_of_its_parent(http) -> None:
    made = http.post("/posts/2/comments", json={"body": "new", "postId": 1})
    assert made.headers["Location"].endswith("/comments/4")
    assert made.json() == {"id": 4, "body": "new", "postId": 2}
    assert http.post("/posts/99/comments", json={"body": "new"}).status_code == 404
    assert len(http.get("/comments").json()) == 4


def test_a_single_document_is_read_replaced_and_changed(http) -> None:
    assert http.put("/profile", json={"a": 1}).json() == {"a": 1}
    assert http.post("/profile", json={"b": 1}).status_code == 201
    assert http.get("/profile").json() == {"b": 1}
    assert http.delete("/profile").status_code == 405
    assert http.get("/db").json()["profile"] == {"b": 1}


def test_tags_prevent_lost_updates(http) -> None:
    for path in ("/posts/1", "/profile"):
        tag = http.get(path).headers["ETag"]
        assert http.get(path, headers={"If-None-Match": tag}).status_code == 304
        assert http.patch(path, json={"a": 1}, headers={"If-Match": tag}).status_code == 200
        for method, more in (("PUT", {"json": {}}), ("PATCH", {"json": {}})):
            assert http.request(method, path, headers={"If-Match": tag}, **more).status_code == 412
    assert http.delete("/posts/1", headers={"If-Match": tag}).status_code == 412
    assert http.get("/posts/1").json()["a"] == 1


def test_a_deleted_id_that_comes_back_has_another_tag(http) -> None:
    tag = http.get("/posts/1").headers["ETag"]
    http.delete("/posts/1")
    http.post("/posts", json={"id": 1})
    assert http.get("/posts/1").headers["ETag"] != tag
    assert http.put("/posts/1", json={}, headers={"If-Match": tag}).status_code == 412


@pytest.mark.parametrize("path", ["/posts", "/posts/1/comments"])
def test_a_repeated_create_is_replayed(http, path) -> None:
    key = {"Idempotency-Key": "once"}
    first, second = (http.post(path, json={"a": 1}, headers=key) for _ in range(2))
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.content == second.content
    assert http.post(path, json={"a": 2}, headers=key).status_code == 422


def test_prefer_minimal_leaves_the_document_out(http) -> None:
    answer = http.post("/posts", json={}, headers={"Prefer": "return=minimal"})
    assert (answer.status_code, answer.content) == (201, b"")


# Races


def test_parallel_creates_get_different_ids(data_server) -> None:
    url = data_server.url
    answers = at_once(16, lambda n: httpx.post(f"{url}/empty", json={"n": n}, trust_env=False, timeout=20))
    assert {each.status_code for each in answers} == {201}
    ids = sorted(each.json()["id"] for each in answers)
    assert ids == [*range(ids[0], ids[0] + 16)]
    for each in ids:
        assert httpx.delete(f"{url}/empty/{each}", trust_env=False).status_code == 200


def test_of_parallel_creates_with_one_id_one_succeeds(data_server) -> None:
    url = data_server.url
    answers = at_once(8, lambda n: httpx.post(f"{url}/posts", json={"id": 77, "n": n}, trust_env=False, timeout=20))
    assert sorted(each.status_code for each in answers) == [201] + [409] * 7
    stored = httpx.get(f"{url}/posts/77", trust_env=False).json()
    assert [each.json() for each in answers if each.status_code == 201] == [stored]
    httpx.delete(f"{url}/posts/77", trust_env=False)


def test_of_parallel_changes_with_one_tag_one_succeeds(data_server) -> None:
    url = f"{data_server.url}/profile"
    tag = httpx.get(url, trust_env=False).headers["ETag"]
    sent = {"headers": {"If-Match": tag}, "trust_env": False, "timeout": 20}
    answers = at_once(8, lambda n: httpx.patch(url, json={"n": n}, **sent))
    assert sorted(each.status_code for each in answers) == [200] + [412] * 7
    httpx.put(url, json=DATA["profile"], trust_env=False)


def test_a_create_with_one_key_at_once_happens_once(data_server) -> None:
    url = data_server.url
    before = len(httpx.get(f"{url}/comments", trust_env=False).json())
    sent = {"json": {"body": "once"}, "headers": {"Idempotency-Key": "race"}, "trust_env": False, "timeout": 20}
    answers = at_once(8, lambda _: httpx.post(f"{url}/comments", **sent))
    assert {each.status_code for each in answers} <= {201, 409}
    made = {each.json()["id"] for each in answers if each.status_code == 201}
    assert len(made) == 1
    assert len(httpx.get(f"{url}/comments", trust_env=False).json()) == before + 1
    httpx.delete(f"{url}/comments/{made.pop()}", trust_env=False)
