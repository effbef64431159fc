"""Collections and schemas that an OpenAPI document describes."""

import json
from typing import Any

import pytest

from api.rules.json_schema import SchemaFault, where
from api.rules.openapi_collections import read_openapi
from api.rules.schema_faults import checking

PET = {"type": "object", "required": ["name"], "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}


def answering(schema: Any) -> dict[str, Any]:
    return {"get": {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}}


def read(paths: Any, version: str = "3.1.0", **more: Any) -> Any:
    return read_openapi(json.dumps({"openapi": version, "paths": paths, **more}).encode(), {"docs"})


def test_a_path_with_documents_below_it_is_a_collection():
    reference = {"$ref": "#/components/schemas/Pet"}
    found = read({"/pets": {}, "/pets/{id}": answering(reference)}, components={"schemas": {"Pet": PET}})
    assert found.names == {"pets": False}
    assert found.schemas["pets"]["properties"].keys() == {"id", "name"}
    assert found.left_out == []


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": PET},
        {"type": "object", "properties": {"data": {"type": "array", "items": PET}, "total": {"type": "integer"}}},
    ],
)
def test_a_path_that_answers_a_list_is_a_collection(schema):
    found = read({"/pets": answering(schema)})
    assert found.names == {"pets": False}
    assert found.schemas["pets"]["required"] == ["name"]


def test_an_object_that_can_be_changed_is_a_single_document():
    found = read({"/settings": {**answering({"type": "object"}), "put": {}}, "/status": answering({"type": "object"})})
    assert found.names == {"settings": True}
    assert found.left_out == ["/status: it is no collection, and no document of one."]


def test_what_is_left_out_is_said():
    paths = {"/pets": answering({"type": "array", "items": PET}), "/pets/find": {}, "/login": {}, "/a/b/c": {}}
    found = read({**paths, "/docs": answering({"type": "array", "items": PET}), "/pets/{id}/photo": {}})
    assert found.names == {"pets": False}
    assert [note.partition(":")[0] for note in found.left_out] == [
        "/docs",
        "/pets/find",
        "/login",
        "/a/b/c",
        "/pets/{id}/photo",
    ]


def test_schemas_of_openapi_3_0_are_read_as_its_own():
    pet = {
        **PET,
        "required": ["name", "at"],
        "properties": {
            "name": {"type": "string", "nullable": True},
            "at": {"type": "string", "readOnly": True},
            "age": {"type": "integer", "minimum": 0, "exclusiveMinimum": True, "example": 3},
        },
    }
    found = read({"/pets/{id}": {}, "/pets": answering({"type": "array", "items": pet})}, "3.0.3")
    faults = checking(found.schemas["pets"])
    assert faults({"name": None, "age": 1}) == []
    assert {code for _, code, _ in faults({"age": 0})} == {"missing", "out_of_range"}


def test_swagger_2_and_yaml_are_read():
    document = """
swagger: "2.0"
info: {title: Pets, version: 2026-01-01}
paths:
  /pets:
    get: {responses: {200: {schema: {type: array, items: {$ref: '#/definitions/Pet'}}}}}
  /pets/{id}: {}
definitions:
  Pet: {type: object, required: [name], properties: {name: {type: string}}}
"""
    found = read_openapi(document.encode())
    assert found.schemas["pets"] == PET | {"properties": {"name": {"type": "string"}}}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "This is not JSON. Expecting property name enclosed in double quotes: line 1, column 2."),
        (b"a: [", "This is neither JSON nor YAML: line 1, column 5."),
        (b"a: &x 1\nb: *x", "Line 2: aliases are not supported."),
        (b"\xff", "Byte 1 is not UTF-8."),
        (b"[]", "This is not an OpenAPI document of version 3.0, 3.1 or 2.0."),
        (b'{"openapi": "4.0.0"}', "This is not an OpenAPI document of version 3.0, 3.1 or 2.0."),
        (b'{"openapi": "3.1.0", "paths": []}', "This must be an object."),
        (b"[" * 100_000, "The document is nested too deeply."),
        (b'{"a":' * 100_000, "The document is nested too deeply."),
    ],
)
def test_a_document_with_a_fault_is_refused_in_one_sentence(content, sentence):
    with pytest.raises(SchemaFault) as refused:
        read_openapi(content)
    assert str(refused.value) == sentence


def test_a_schema_with_a_fault_is_refused_with_its_path():
    with pytest.raises(SchemaFault) as refused:
        read({"/pets/{id}": {}, "/pets": answering({"type": "array", "items": {"type": "object", "properties": 3}})})
    assert where(refused.value).startswith("paths: #/~1pets/")
