"""Schemas that are inferred from documents: each describes them, and accepts its own documents."""

import pytest
from jsonschema import Draft202012Validator

from api.rules.inferred import MOST_NESTED, inferred
from api.rules.json_schema import prepared
from api.rules.schema_faults import checking


def test_types_are_those_seen_and_required_is_what_all_have():
    found = inferred([{"id": 1, "a": 1, "b": None, "c": "x"}, {"id": 2, "a": 1.5, "b": True}])
    assert found == {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "a": {"type": "number"},
            "b": {"type": ["boolean", "null"]},
            "c": {"type": "string"},
        },
        "required": ["id", "a", "b"],
        "additionalProperties": True,
    }


def test_objects_and_arrays_inside_are_described_too():
    found = inferred([{"a": {"b": [1, "x"]}, "t": []}, {"a": {"b": [], "c": {}}, "t": [{"n": 1}, {}]}])
    inner = found["properties"]["a"]
    assert inner["required"] == ["b"]
    assert inner["properties"]["b"] == {"type": "array", "items": {"type": ["string", "integer"]}}
    assert found["properties"]["t"]["items"]["properties"] == {"n": {"type": "integer"}}
    assert "required" not in found["properties"]["t"]["items"]


def test_a_table_by_keys_inside_a_document_is_no_list_of_members():
    table = {f"k{number}": number for number in range(MOST_NESTED + 1)}
    assert inferred([{"prices": table}])["properties"]["prices"] == {"type": "object", "additionalProperties": True}


def test_no_documents_describe_any_object():
    assert inferred([]) == {"type": "object", "properties": {}, "additionalProperties": True}


@pytest.mark.parametrize(
    "documents",
    [
        [{}],
        [{"id": 1}, {"id": "a"}],
        [{"a": [[1], [["x"]], {}]}, {"a": {"b": None}}, {"a": False}],
        [{"$ref": "x", "type": {"type": 1}, "properties": []}],
        [{"": 1, "ä": {"/": [None]}}],
    ],
)
def test_an_inferred_schema_is_valid_and_accepts_its_documents(documents):
    schema = inferred(documents)
    Draft202012Validator.check_schema(schema)
    faults = checking(prepared(schema))
    assert [faults(each) for each in documents] == [[] for _ in documents]
