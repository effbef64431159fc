"""Collections of spaces: made, isolated, reset, kept and cloned."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.collections.data import DATA, space_of
from tests.servers import Server

pytestmark = pytest.mark.one_database


@pytest.fixture
def control(server: Server) -> Iterator[httpx.Client]:
    """A client of the server of the run, which has no own data."""
    with httpx.Client(base_url=server.url, trust_env=False, timeout=20) as client:
        yield client


def made(control: httpx.Client, **body: Any) -> str:
    answer = control.post("/spaces", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def test_a_space_has_its_own_collections_on_an_ordinary_server(control) -> None:
    one, other = made(control, collections=DATA), made(control, collections={"things": [{"id": "a"}]})
    plain = made(control)
    assert control.get(f"/in/{one}/posts").json() == DATA["posts"]
    assert control.get(f"/in/{one}/articles").status_code == 404
    assert control.get(f"/in/{other}/things/a").json() == {"id": "a"}
    assert control.get(f"/in/{other}/posts").status_code == 404
    assert control.get(f"/in/{plain}/articles").status_code == 200
    assert control.get(f"/in/{plain}/posts").status_code == 404
    assert control.get("/posts").status_code == 404


def test_spaces_with_equal_collections_do_not_share_documents(control) -> None:
    one, other = made(control, collections=DATA), made(control, collections=DATA)
    assert control.post(f"/in/{one}/posts", json={}).json()["id"] == 4
    assert control.delete(f"/in/{other}/posts/1").status_code == 200
    assert len(control.get(f"/in/{one}/posts").json()) == 4
    assert len(control.get(f"/in/{other}/posts").json()) == 2


def test_the_description_of_a_space_has_its_collections_only(control) -> None:
    space = made(control, collections={"things": [{"id": "a", "n": 1}]})
    paths = control.get(f"/in/{space}/openapi.json").json()["paths"]
    assert {"/things", "/things/{document_id}", "/db"} <= set(paths)
    assert not {"/articles", "/spaces", "/posts"} & set(paths)
    assert "things" in control.get(f"/in/{space}/").json()["links"]
    assert "/articles" in control.get("/openapi.json").json()["paths"]


def test_a_reset_brings_the_collections_back(control) -> None:
    space = made(control, collections=DATA)
    control.put(f"/in/{space}/profile", json={"a": 1})
    control.delete(f"/in/{space}/posts/1")
    assert control.post(f"/spaces/{space}/reset", json={}).status_code == 200
    assert control.get(f"/in/{space}/db").json() == DATA


def test_snapshots_keep_collections_and_clones_have_them(control) -> None:
    space = made(control, collections=DATA)
    control.post(f"/in/{space}/posts", json={"title": "kept"})
    assert control.put(f"/spaces/{space}/snapshots/a").status_code == 201
    kept = control.get(f"/in/{space}/db").json()
    control.delete(f"/in/{space}/posts/4")
    clone = made(control, **{"from": f"{space}@a"})
    assert control.get(f"/in/{clone}/db").json() == kept
    control.post(f"/spaces/{space}/reset", json={"to": "a"})
    assert control.get(f"/in/{space}/db").json() == kept
    answer = control.post("/spaces", json={"from": f"{space}@a", "collections": {}})
    assert answer.json()["errors"][0]["pointer"] == "#/collections"


def test_put_makes_a_space_with_collections_once(control) -> None:
    body = {"collections": {"a": [{"id": 1}]}}
    assert control.put("/spaces/own-put", json=body).status_code == 201
    assert control.put("/spaces/own-put", json={"collections": {"b": []}}).status_code == 200
    assert control.get("/in/own-put/a").json() == [{"id": 1}]
    assert control.delete("/spaces/own-put").status_code == 204


@pytest.mark.parametrize(
    ("collections", "words"),
    [
        ({"a": [{"id": 1}, {"id": 1}]}, "a[1], member id: 1 is the id of a[0] already."),
        ({"a": 1}, "a must be an array of objects"),
        ({"tokens": []}, "The name tokens is reserved"),
        ({"a b": []}, "cannot be in a path"),
        ([], ""),
        ("text", ""),
    ],
)
def test_collections_with_a_fault_are_422_with_the_place(control, collections, words) -> None:
    for method, path in (("POST", "/spaces"), ("PUT", "/spaces/own-bad")):
        answer = control.request(method, path, json={"collections": collections})
        assert answer.status_code == 422, answer.text
        [fault] = answer.json()["errors"]
        assert fault["pointer"].startswith("#/collections")
        assert words in fault["detail"]
    assert control.get("/spaces/own-bad").status_code == 404


def test_a_space_of_a_server_with_data_has_the_same_data(data_server) -> None:
    with httpx.Client(base_url=data_server.url, trust_env=False, timeout=20) as control:
        space, empty = made(control), made(control, **{"from": "empty"})
        assert control.get(f"/in/{space}/posts").json() == DATA["posts"]
        control.delete(f"/in/{space}/posts/1")
        assert control.get("/posts/1").status_code == 200
        control.post(f"/spaces/{space}/reset", json={})
        assert control.get(f"/in/{space}/posts").json() == DATA["posts"]
        assert control.get(f"/in/{empty}/posts").json() == DATA["posts"]


def test_the_journal_and_faults_of_a_space_work_with_collections(data_server) -> None:
    with space_of(data_server) as http:
        space = http.base_url.path.strip("/").rpartition("/")[2]
        http.post("/posts", json={"title": "seen"})
        entries = httpx.get(f"{data_server.url}/spaces/{space}/journal?path=/posts", trust_env=False).json()["items"]
        assert [each["method"] for each in entries] == ["POST"]
        failed = http.get("/posts", headers={"Touchstone-Fault": "status;code=503"})
        assert failed.status_code == 503


@pytest.mark.slow
def test_many_sets_of_collections_are_served_at_once(control) -> None:
    spaces = [made(control, collections={f"c{number}": [{"id": number}]}) for number in range(80)]
    for number, space in enumerate(spaces):
        assert control.get(f"/in/{space}/c{number}").json() == [{"id": number}]
    for number, space in enumerate(spaces):
        assert control.get(f"/in/{space}/c{number}/{number}").json() == {"id": number}
        control.delete(f"/spaces/{space}")


def test_a_dump_has_the_documents_and_a_seed_takes_them(control) -> None:
    one = made(control, collections=DATA)
    control.post(f"/in/{one}/posts", json={"title": "new"})
    control.put(f"/in/{one}/profile", json={"name": "other"})
    dump = control.get(f"/spaces/{one}/dump")
    assert dump.json() == control.get(f"/in/{one}/db").json()
    other = made(control, collections=DATA)
    posts, total = len(DATA["posts"]), {name: len(rows) for name, rows in DATA.items() if isinstance(rows, list)}
    seeded = control.post(f"/spaces/{other}/seed", json=dump.json())
    assert seeded.status_code == 200, seeded.text
    assert seeded.json()["rows"] == dict.fromkeys(total, 0) | {"posts": 1, "profile": 1}
    assert seeded.json()["same"] == total | {"posts": posts, "profile": 0}
    assert control.get(f"/in/{other}/db").json() == dump.json()
    again = control.post(f"/spaces/{other}/seed", json=dump.json())
    assert sum(again.json()["rows"].values()) == 0
    assert control.get(f"/spaces/{other}/dump").json() == dump.json()


def test_a_seeded_document_without_an_id_gets_the_next_one(control) -> None:
    numbers, texts = made(control, collections={"a": [{"id": 7}]}), made(control, collections={"a": [{"id": "x"}]})
    assert control.post(f"/spaces/{numbers}/seed", json={"a": [{"n": 1}, {"id": 20}, {"n": 2}]}).status_code == 200
    assert [each["id"] for each in control.get(f"/in/{numbers}/a").json()] == [7, 21, 20, 22]
    assert control.post(f"/in/{numbers}/a", json={}).json()["id"] == 23
    assert control.post(f"/spaces/{texts}/seed", json={"a": [{"n": 1}]}).status_code == 200
    assert len(control.get(f"/in/{texts}/a").json()[1]["id"]) == 16


@pytest.mark.parametrize(
    ("content", "kind", "pointer", "words"),
    [
        ({"b": []}, "application/json", "#/b", "There is no collection b. There is a, one."),
        ({"a": {}}, "application/json", "#/a", "a must be an array of objects."),
        ({"one": []}, "application/json", "#/one", "one must be an object."),
        ({"a": [{"id": 2}, 1]}, "application/json", "#/a/1", "a[1] must be an object, and is a number."),
        ({"a": [{"id": 2}, {"id": 1, "n": 0}]}, "application/json", "#/a/1", "has the id 1 already"),
        ({"a": [{"id": 1, "n": True}]}, "application/json", "#/a/0", "has the id 1 already"),
        ({"a": [{"id": "2", "n": 1}]}, "application/json", "#/a/0/id", "'2' is a text"),
        ({"a": [{"id": 2, "n": "x"}]}, "application/json", "#/a/0/n", "does not meet its schema"),
        ([{"id": 2}], "application/json", "#", "The data must be an object"),
        ("[", "application/json", "#", "This is not JSON"),
        ('{"id": 2}\n', "application/x-ndjson", "#", "do not name a collection"),
    ],
)
def test_a_bad_seed_adds_nothing(control, content, kind, pointer, words) -> None:
    schemas = {"a": {"properties": {"n": {"type": ["number", "boolean"]}}}}
    data = {"a": [{"id": 1, "n": 1}], "one": {"x": 1}}
    space = made(control, collections=data, schemas=schemas)
    body = content if isinstance(content, str) else json.dumps(content)
    answer = control.post(f"/spaces/{space}/seed", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 422, answer.text
    fault = answer.json()["errors"][0]
    assert (fault["pointer"], fault["code"]) == (pointer, "bad_row")
    assert words in fault["detail"]
    assert control.get(f"/in/{space}/db").json() == data


def test_the_document_of_a_server_with_own_data_shows_a_seed_that_its_spaces_take(start, data_file) -> None:
    server = start("--ephemeral", "--data", str(data_file), TOUCHSTONE_ENV="development")
    with httpx.Client(base_url=server.url, trust_env=False) as control:
        described = control.get("/openapi.json").json()["paths"]["/spaces/{space_id}/seed"]["post"]
        folders = control.get("/postman/collection.json").json()["item"]
        requests = [each["request"] for folder in folders for each in folder["item"] if "Load docu" in each["name"]]
        place = f"/spaces/{made(control)}/seed"
        assert control.post(place, json=json.loads(requests[0]["body"]["raw"])).status_code == 200
        lines = control.post(place, content="{}\n", headers={"Content-Type": "application/x-ndjson"})
    assert list(described["requestBody"]["content"]) == ["application/json"]
    assert lines.status_code == 415
