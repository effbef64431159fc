"""Given JSON Schemas: what is refused with its place, and the faults of documents."""

import socket
from typing import Any

import pytest

from api.rules import schema_faults
from api.rules.json_schema import SchemaFault, inlined, prepared, read_schemas, where
from api.rules.schema_faults import checking


def faults(schema: dict[str, Any], document: Any) -> list[tuple[str, str, str]]:
    """The faults of a document: the path with slashes, the code, the sentence."""
    return [("/".join(map(str, path)), code, text) for path, code, text in checking(prepared(schema))(document)]


def of(rule: dict[str, Any], value: Any) -> list[tuple[str, str, str]]:
    return faults({"properties": {"a": rule}}, {"a": value})


@pytest.mark.parametrize(
    ("rule", "value", "code", "sentence"),
    [
        ({"type": "string"}, 1, "wrong_type", "This must be a string."),
        ({"type": ["integer", "null"]}, "1", "wrong_type", "This must be a whole number or null."),
        ({"type": "integer"}, True, "wrong_type", "This must be a whole number."),
        ({"enum": ["a", 1, None]}, "b", "not_a_choice", "This must be 'a', 1 or null."),
        ({"const": 3}, 4, "not_a_choice", "This must be 3."),
        ({"minLength": 1}, "", "too_short", "This must not be empty."),
        ({"maxLength": 3}, "abcd", "too_long", "This must have at most 3 characters."),
        ({"minItems": 2}, [1], "too_short", "This must have at least 2 items."),
        ({"maxProperties": 0}, {"b": 1}, "too_long", "This must have at most 0 members."),
        ({"minimum": 0}, -1, "out_of_range", "This must be 0 or more."),
        ({"exclusiveMaximum": 5}, 5, "out_of_range", "This must be less than 5."),
        ({"multipleOf": 5}, 7, "out_of_range", "This must be a multiple of 5."),
        (
            {"pattern": "^[a-z]+$", "description": "Small letters."},
            "A",
            "wrong_form",
            "This has the wrong form. Small letters.",
        ),
        ({"format": "date-time"}, "yesterday", "wrong_form", "This must have the form of `date-time`."),
        ({"format": "email"}, "a", "wrong_form", "This must have the form of `email`."),
        ({"format": "uuid"}, "1", "wrong_form", "This must have the form of `uuid`."),
        (
            {"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]},
            1,
            "out_of_range",
            "This must be 3 or more.",
        ),
        (
            {"oneOf": [{"type": "string"}, {"type": "object"}]},
            1,
            "wrong_type",
            "This must be a string or an object.",
        ),
        ({"not": {"const": 1}}, 1, "not", "This does not meet `not` of its schema."),
    ],
)
def test_a_fault_has_a_code_and_a_sentence(rule, value, code, sentence):
    assert of(rule, value) == [("a", code, sentence)]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"type": "integer"}, 1.0),
        ({"format": "date-time"}, "2026-11-30T12:00:00Z"),
        ({"format": "date"}, "2026-02-28"),
        ({"format": "uri"}, "https://example.org/a"),
        ({"format": "ipv6"}, "::1"),
        ({"format": "unknown"}, "x"),
        ({"uniqueItems": True}, [1, True, "1", [1], {"a": 1}]),
        ({"pattern": "b+"}, "abba"),
        ({"const": 1}, 1.0),
    ],
)
def test_a_value_that_meets_its_schema_has_no_fault(rule, value):
    assert of(rule, value) == []


def test_all_faults_are_found_at_once_with_their_paths():
    schema = {
        "$defs": {
            "author": {
                "type": "object",
                "required": ["name", "age"],
                "additionalProperties": False,
                "properties": {"name": {}, "age": {}},
            }
        },
        "required": ["title"],
        "properties": {
            "author": {"$ref": "#/$defs/author"},
            "tags": {"items": {"type": "string"}, "uniqueItems": True},
        },
    }
    found = faults(schema, {"author": {"nam": 1}, "tags": ["x", 1, "x"]})
    assert {(path, code) for path, code, _ in found} == {
        ("title", "missing"),
        ("author/name", "missing"),
        ("author/age", "missing"),
        ("author/nam", "unknown"),
        ("tags/1", "wrong_type"),
        ("tags/2", "duplicate"),
    }
    assert ("author/nam", "unknown", "There is no such member. Did you mean name?") in found


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ([], "posts: #: A schema must be an object."),
        ({"type": "strin"}, "posts: #/type: JSON Schema does not allow 'strin' here"),
        ({"properties": 3}, "posts: #/properties: JSON Schema does not allow 3 here"),
        ({"$schema": "urn:x"}, "posts: #/$schema: This must be one of"),
        ({"type": "string"}, "posts: #/type: Documents are objects"),
        (
            {"properties": {"a": {"$ref": "http://127.0.0.1:9/x"}}},
            "posts: #/properties/a/$ref: 'http://127.0.0.1:9/x' is not",
        ),
        ({"$ref": "other.json#/a"}, "posts: #/$ref: 'other.json#/a' is not a place in this schema"),
        ({"properties": {"a": {"$ref": "#/$defs/b"}}}, "posts: #/properties/a/$ref: There is no #/$defs/b"),
        ({"$ref": "#"}, "posts: #: This refers to itself"),
        ({"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}, "posts: #/$defs/a: This refers to itself"),
        ({"properties": {"a": {"pattern": "(?=x)"}}}, "posts: #/properties/a/pattern: This pattern cannot be used"),
        ({"patternProperties": {"(": {}}}, "posts: #/patternProperties/(: This pattern cannot be used"),
        ({"properties": {"a": {"$id": "urn:x"}}}, "posts: #/properties/a/$id: Only the whole schema"),
        ({"$dynamicRef": "#x"}, "posts: #/$dynamicRef: $dynamicRef is not supported"),
    ],
)
def test_a_schema_with_a_fault_is_refused_with_the_place(schema, place, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("something was fetched"))
    with pytest.raises(SchemaFault) as refused:
        read_schemas({"posts": schema})
    assert where(refused.value).startswith(place)


def test_definitions_beside_the_schemas_belong_to_each():
    found = read_schemas(
        {"$defs": {"t": {"type": "string"}}, "a": {"properties": {"x": {"$ref": "#/$defs/t"}}}, "b": {}}
    )
    assert found == {"a": {"properties": {"x": {"type": "string"}}}, "b": {}}


def test_older_drafts_are_understood():
    old = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "definitions": {"n": {"type": "integer", "minimum": 0, "exclusiveMinimum": True}},
        "properties": {"n": {"$ref": "#/definitions/n", "maximum": 1}, "p": {"items": [{}], "additionalItems": False}},
        "dependencies": {"n": ["p"]},
    }
    assert {code for _, code, _ in faults(old, {"n": 0})} == {"out_of_range", "missing"}
    assert faults(old, {"n": 9, "p": [1]}) == []
    assert faults(old, {"p": [1, 2]}) != []


def test_a_schema_that_contains_itself_is_checked_and_published_without_end():
    tree = prepared({"required": ["n"], "properties": {"n": {"type": "integer"}, "child": {"$ref": "#"}}})
    assert [path for path, *_ in checking(tree)({"n": 1, "child": {"n": 1, "child": {}}})] == [("child", "child", "n")]
    assert "$ref" not in str(inlined(tree))


def test_a_schema_that_would_take_forever_ends(monkeypatch):
    monkeypatch.setattr(schema_faults, "MOST_STEPS", 1000)
    tree = {"required": ["n"], "properties": {"a": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}}}
    document: dict[str, Any] = {}
    for _ in range(30):
        document = {"n": 1, "a": document}
    assert [code for _, code, _ in faults(tree, document)] == ["too_complex"]


def test_definitions_that_double_at_each_step_are_refused():
    doubling: dict[str, Any] = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
    with pytest.raises(SchemaFault, match="may have 5,000 parts"):
        prepared({"$defs": {**doubling, "d40": {}}, "$ref": "#/$defs/d0"})


def test_patterns_and_unique_items_take_a_time_that_grows_with_the_value_only():
    assert of({"pattern": "^(a+)+$"}, "a" * 50_000 + "b")[0][1] == "wrong_form"
    assert of({"uniqueItems": True}, [{"n": number} for number in range(20_000)]) == []
