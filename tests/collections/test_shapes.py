"""Fifteen files in the shapes of public projects: each is served as it is, and its schema fits it."""

import json
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from api.rules.inferred import inferred
from api.rules.json_schema import prepared
from api.rules.schema_faults import checking
from tests.collections.conftest import Start
from tests.collections.files.shapes import LARGE, SHAPES, Shape
from tests.servers import Server

pytestmark = pytest.mark.one_database
SMALL = [name for name in SHAPES if name not in LARGE]


def made(name: str) -> tuple[Shape, dict[str, Any]]:
    shape = SHAPES[name]
    return shape, shape.make(Random(name))


def at(document: Any, member: str) -> Any:
    for step in member.split("."):
        document = document.get(step) if isinstance(document, dict) else None
    return document


def check(base: str, shape: Shape, file: dict[str, Any], id_member: str) -> None:
    """Send the requests of every client to the collection, and compare with the file."""
    documents = file[shape.collection]
    by_text = sorted(
        (each for each in documents if at(each, shape.member) is not None), key=lambda each: at(each, shape.member)
    )
    wanted = at(by_text[len(by_text) // 2], shape.member)
    with httpx.Client(base_url=base, trust_env=False, timeout=60) as http:
        page = http.get(f"/{shape.collection}", params={"_page": 1, "_limit": 7})
        assert page.json() == documents[:7]
        assert page.headers["X-Total-Count"] == str(len(documents))
        text = json.dumps(wanted) if isinstance(wanted, bool) else str(wanted)
        found = http.get(f"/{shape.collection}", params={shape.member: text, "_limit": 1000})
        assert found.json() == [each for each in documents if at(each, shape.member) == wanted][:1000]
        ordered = http.get(f"/{shape.collection}", params={"_sort": shape.member, "_limit": 3})
        assert ordered.json() == by_text[:3]
        one = http.get(f"/{shape.collection}/{documents[-1][id_member]}")
        assert one.json() == documents[-1]
        new = {name: value for name, value in documents[0].items() if name != id_member}
        created = http.post(f"/{shape.collection}", json=new)
        assert created.status_code == 201
        assert (
            http.get(created.headers["Location"].removeprefix(httpx.URL(base).path.rstrip("/"))).json()
            == created.json()
        )
        assert {**created.json(), id_member: None} == {**new, id_member: None}
        for name, value in file.items():
            if isinstance(value, dict):
                assert http.get(f"/{name}").json() == value


def check_schemas(file: dict[str, Any]) -> None:
    """The inferred schema of each collection is valid, and accepts a thousand of its documents."""
    for value in file.values():
        documents = value if isinstance(value, list) else [value]
        schema = inferred(documents)
        Draft202012Validator.check_schema(schema)
        faults = checking(prepared(schema))
        assert [fault for each in documents[:1000] for fault in faults(each)] == []


@pytest.mark.parametrize("name", SMALL)
def test_a_file_is_served_as_it_is(server: Server, name: str) -> None:
    shape, file = made(name)
    answer = httpx.post(f"{server.url}/spaces", json={"collections": file}, trust_env=False, timeout=20)
    assert answer.status_code == 201, answer.text
    check(f"{server.url}/in/{answer.json()['id']}", shape, file, "id")


@pytest.mark.parametrize("name", SMALL)
def test_the_inferred_schema_accepts_its_documents(name: str) -> None:
    check_schemas(made(name)[1])


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_a_large_file_is_served_as_it_is(start: Start, tmp_path: Path, name: str) -> None:
    shape, file = made(name)
    data = tmp_path / "db.json"
    data.write_text(json.dumps(file))
    server = start("--data", str(data), "--ephemeral", *shape.options)
    check(server.url, shape, file, "_id" if shape.options else "id")
    check_schemas(file)
