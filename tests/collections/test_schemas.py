"""Given schemas over HTTP: `--schema`, `--openapi` and `"schemas"` of a space."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.collections.conftest import Start
from tests.servers import Server, run

pytestmark = pytest.mark.one_database

POST = {
    "type": "object",
    "required": ["title", "author"],
    "properties": {
        "title": {"type": "string", "minLength": 1},
        "views": {"type": "integer", "minimum": 0},
        "author": {"$ref": "#/$defs/author"},
    },
    "additionalProperties": False,
    "$defs": {"author": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}},
}
GOOD = {"title": "x", "author": {"name": "Ann"}}
POSTS = [{"id": 1, **GOOD}]


@pytest.fixture
def space(server: Server) -> Iterator[httpx.Client]:
    """A client of a space with posts and their schema."""
    made = post(server.url, {"collections": {"posts": POSTS}, "schemas": {"posts": POST}})
    assert made.status_code == 201, made.text
    with httpx.Client(base_url=f"{server.url}/in/{made.json()['id']}", trust_env=False) as client:
        yield client


def post(url: str, sent: Any) -> httpx.Response:
    return httpx.post(f"{url}/spaces", json=sent, trust_env=False, timeout=20)


def pointers(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {each["pointer"]: each["code"] for each in answer.json()["errors"]}


def test_every_fault_of_a_document_comes_at_once_with_its_pointer(space) -> None:
    assert pointers(space.post("/posts", json={"title": "", "views": -1, "author": {}, "autor": 1})) == {
        "#/title": "too_short",
        "#/views": "out_of_range",
        "#/author/name": "missing",
        "#/autor": "unknown",
    }
    assert pointers(space.post("/posts", json={})) == {"#/title": "missing", "#/author": "missing"}
    assert len(space.get("/posts").json()) == 1


def test_put_and_each_kind_of_patch_are_checked(space) -> None:
    assert pointers(space.put("/posts/1", json={"title": "x"})) == {"#/author": "missing"}
    assert pointers(space.patch("/posts/1", json={"views": "many"})) == {"#/views": "wrong_type"}
    merge = {"Content-Type": "application/merge-patch+json"}
    assert pointers(space.patch("/posts/1", content='{"title": null}', headers=merge)) == {"#/title": "missing"}
    operations = {"Content-Type": "application/json-patch+json"}
    removal = json.dumps([{"op": "remove", "path": "/author"}])
    assert pointers(space.patch("/posts/1", content=removal, headers=operations)) == {"#/author": "missing"}
    assert space.put("/posts/1", json={"id": 1, **GOOD, "views": 1}).status_code == 200


def test_the_published_document_shows_the_schema(space) -> None:
    schemas = space.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["PostIn"]["properties"]["author"]["properties"]["name"] == {"type": "string"}
    assert schemas["PostIn"]["required"] == ["title", "author"]
    assert "$defs" not in json.dumps(schemas["PostOut"])


def test_an_inferred_schema_is_published_and_not_enforced(server) -> None:
    made = post(server.url, {"collections": {"posts": [{"id": 1, "title": "x", "n": None}]}}).json()
    base = f"{server.url}/in/{made['id']}"
    schemas = httpx.get(f"{base}/openapi.json", trust_env=False).json()["components"]["schemas"]
    assert schemas["PostOut"]["properties"]["n"] == {"type": "null"}
    assert schemas["PostOut"]["additionalProperties"] is True
    assert httpx.post(f"{base}/posts", json={"title": 1, "other": []}, trust_env=False).status_code == 201


@pytest.mark.parametrize(
    ("sent", "pointer", "code"),
    [
        ({"collections": {"a": []}, "schemas": {"a": {"type": "strin"}}}, "#/schemas/a/type", "bad_schema"),
        (
            {"collections": {"a": []}, "schemas": {"a": {"$ref": "http://127.0.0.1/x"}}},
            "#/schemas/a/$ref",
            "bad_schema",
        ),
        ({"collections": {"a": []}, "schemas": {"a": []}}, "#/schemas/a", "bad_schema"),
        ({"collections": {"a": []}, "schemas": {"b": {}}}, "#/collections", "bad_data"),
        ({"schemas": {"a": {}}}, "#/schemas", "not_here"),
        (
            {
                "collections": {"a": [{"id": 1}, {"id": 2, "n": {"m": "x"}}]},
                "schemas": {"a": {"properties": {"n": {"properties": {"m": {"type": "null"}}}}}},
            },
            "#/collections/a/1/n/m",
            "bad_data",
        ),
        ({"collections": {"a": {"b": 1}}, "schemas": {"a": {"required": ["c"]}}}, "#/collections/a/c", "bad_data"),
    ],
)
def test_a_space_with_a_bad_schema_is_422_with_its_pointer(server, sent, pointer, code) -> None:
    assert pointers(post(server.url, sent)) == {pointer: code}


def test_a_reference_to_another_host_is_never_fetched(server) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        schema = {"properties": {"n": {"$ref": f"http://127.0.0.1:{listener.getsockname()[1]}/schema.json"}}}
        assert post(server.url, {"collections": {"a": [{"n": 1}]}, "schemas": {"a": schema}}).status_code == 422
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody has connected
            listener.accept()


@pytest.mark.parametrize(
    ("schemas", "sentence"),
    [
        ("{", "This is not JSON."),
        ("[]", "The schemas must be an object with a member for each collection."),
        ('{"posts": {"type": "strin"}}', "posts: #/type: JSON Schema does not allow 'strin' here"),
        ('{"posts": {"$ref": "http://x/"}}', "posts: #/$ref: 'http://x/' is not a place in this schema"),
        ('{"nope": {}}', "There is a schema for nope, and no such collection."),
        ('{"posts": {"required": ["z"]}}', "posts[0].z does not meet its schema. This member is missing."),
    ],
)
def test_a_bad_schema_file_ends_in_one_sentence(tmp_path, schemas, sentence) -> None:
    data, file = tmp_path / "db.json", tmp_path / "schemas.json"
    data.write_text(json.dumps({"posts": POSTS}))
    file.write_text(schemas)
    done = run("serve", "--data", str(data), "--schema", str(file), "--ephemeral", "--port", "0")
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.startswith("Touchstone: ")
    assert done.stderr.count("\n") == 1


def test_an_openapi_document_gives_collections_and_schemas(start: Start, tmp_path: Path) -> None:
    pet = {"type": "object", "required": ["name"], "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}
    listed = {"responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": pet}}}}}}
    document = {
        "openapi": "3.0.3",
        "paths": {"/pets": {"get": listed}, "/pets/{id}": {}, "/posts": {"get": listed}, "/login": {}},
    }
    api, data = tmp_path / "api.json", tmp_path / "db.json"
    api.write_text(json.dumps(document))
    data.write_text(json.dumps({"posts": [{"id": 1, "name": "x"}]}).replace("1", '"1"'))
    server = start("--openapi", str(api), "--data", str(data), "--ephemeral")
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        assert http.get("/pets").json() == []
        assert len(http.get("/posts").json()) == 1
        assert pointers(http.post("/pets", json={"nam": 1})) == {"#/name": "missing"}
        made = http.post("/pets", json={"name": "x"})
        assert made.status_code == 201
        assert isinstance(made.json()["id"], str)
    assert any("/login: it is no collection" in line["message"] for line in server.lines())


def test_a_bad_openapi_document_ends_in_one_sentence(tmp_path) -> None:
    file = tmp_path / "api.yaml"
    file.write_text("openapi: [")
    done = run("serve", "--openapi", str(file), "--ephemeral", "--port", "0")
    assert done.returncode == 2
    assert done.stderr == f"Touchstone: {file}: This is neither JSON nor YAML: line 1, column 11.\n"
