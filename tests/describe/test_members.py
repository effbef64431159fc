"""Members of JSON as fields of forms, and back: nothing is lost, and invalid input stays as it was typed."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from api.describe.members import ABSENT, Member, members_of
from api.web.fields import LEFT_OUT, RowId, Strict, Timestamp
from api.web.parsers import RequestParser


class Inner(Strict):
    """An object in an object."""

    a: int


class Everything(Strict):
    """A member of each kind."""

    line: Annotated[str, Field(max_length=200, min_length=1)]
    prose: str
    form: Annotated[str, Field(pattern="^[a-z]+$", description="Lower-case letters.")]
    password: Annotated[str, Field(json_schema_extra={"format": "password"})]
    moment: Timestamp
    whole: int
    number: float
    row_id: RowId
    flag: bool
    choice: Literal["a", "b"]
    several: list[Literal["a", "b"]] = []
    lines: list[str] = []
    numbers: list[int] = LEFT_OUT
    inner: Inner
    anything: dict[str, Any]
    nullable: Annotated[str, Field(max_length=10)] | None = None
    nullable_flag: bool | None = None
    optional: Annotated[str, Field(max_length=10)] = "some"
    left_out: Annotated[str, Field(max_length=10)] = LEFT_OUT
    either: int | str = 1
    only_here: int = 1


PARSER = RequestParser(Everything, read_only=["only_here"])
MEMBERS = {member.name: member for member in members_of(PARSER)}


def test_each_writable_member_has_a_field_of_its_kind() -> None:
    assert {name: member.kind for name, member in MEMBERS.items()} == {
        "line": "line",
        "prose": "prose",
        "form": "line",
        "password": "password",
        "moment": "moment",
        "whole": "number",
        "number": "number",
        "row_id": "number",
        "flag": "flag",
        "choice": "choice",
        "several": "choices",
        "lines": "lines",
        "numbers": "lines",
        "inner.a": "number",
        "anything": "json",
        "nullable": "line",
        "nullable_flag": "choice",
        "optional": "line",
        "left_out": "line",
        "either": "json",
    }


def test_members_with_a_default_are_not_required() -> None:
    required = {name for name, member in MEMBERS.items() if member.required}
    assert required == set(MEMBERS) - {
        "several",
        "lines",
        "numbers",
        "nullable",
        "nullable_flag",
        "optional",
        "left_out",
        "either",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("line", 'a < b & "c"'),
        ("prose", "one\ntwo\n"),
        ("moment", "2026-11-21T08:00:00.123Z"),
        ("whole", -5),
        ("number", 0.5),
        ("flag", True),
        ("flag", False),
        ("choice", "b"),
        ("several", ["a", "b"]),
        ("several", []),
        ("lines", ["one", "two words"]),
        ("lines", []),
        ("numbers", [1, 2]),
        ("anything", {"a": 1, "b": ["é", None]}),
        ("nullable", None),
        ("nullable", "x"),
        ("nullable_flag", None),
        ("nullable_flag", False),
        ("optional", ""),
        ("either", "x"),
        ("either", 5),
    ],
)
def test_a_value_that_is_shown_and_sent_back_is_the_same(name: str, value: Any) -> None:
    member = MEMBERS[name]
    assert member.value(member.text(value)) == value


@pytest.mark.parametrize(
    ("name", "texts", "value"),
    [
        ("line", [""], ""),
        ("line", [], ABSENT),
        ("prose", ["a\r\nb\rc"], "a\nb\rc"),
        ("password", [""], ""),
        ("moment", ["2026-11-21T08:00"], "2026-11-21T08:00:00Z"),
        ("moment", ["2026-11-21T08:00:30.5"], "2026-11-21T08:00:30.5Z"),
        ("moment", ["2026-11-21T08:00:00+01:00"], "2026-11-21T08:00:00+01:00"),
        ("moment", ["tomorrow"], "tomorrow"),
        ("moment", [""], ABSENT),
        ("whole", [" 5 "], 5),
        ("whole", [""], ABSENT),
        ("whole", ["five"], "five"),
        ("whole", ["05"], "05"),
        ("whole", ["1.5"], 1.5),
        ("whole", ["9" * 300], int("9" * 300)),
        ("whole", ["9" * 5_000], "9" * 5_000),
        ("number", ["1e999"], "1e999"),
        ("number", ["NaN"], "NaN"),
        ("number", ["-1e-2"], -0.01),
        ("flag", ["on", "on"], True),
        ("choice", ["c"], "c"),
        ("choice", [""], ABSENT),
        ("several", ["c", "a"], ["c", "a"]),
        ("lines", ["a\r\n\r\n  b "], ["a", "b"]),
        ("lines", ["  "], []),
        ("numbers", [""], ABSENT),
        ("numbers", ["1\nx"], [1, "x"]),
        ("anything", ["{"], "{"),
        ("anything", [""], ABSENT),
        ("anything", ["[" * 5_000], "[" * 5_000),
        ("nullable", [""], None),
        ("nullable_flag", ["true"], True),
        ("nullable_flag", ["perhaps"], "perhaps"),
        ("left_out", [""], ABSENT),
        ("left_out", ["a"], "a"),
    ],
)
def test_each_input_becomes_the_value_that_it_means(name: str, texts: list[str], value: Any) -> None:
    found = MEMBERS[name].value(texts)
    assert found is ABSENT if value is ABSENT else found == value
    assert type(found) is type(value)


def test_a_password_is_never_shown() -> None:
    assert MEMBERS["password"].text("secret") == [""]


def test_hints_are_sentences() -> None:
    assert MEMBERS["form"].hint == "Lower-case letters."
    assert MEMBERS["lines"].hint == "One a line. Optional."
    assert MEMBERS["moment"].hint == "In UTC."
    assert MEMBERS["anything"].hint.endswith("JSON.")
    assert Member("x", {"type": "string", "maxLength": 1_000, "minLength": 8}, required=True).hint == (
        "8 to 1,000 characters."
    )


@pytest.mark.parametrize(
    "schema", [{}, {"type": "object"}, {"type": "array"}, {"$ref": "#"}, {"anyOf": []}, {"type": []}]
)
def test_members_without_a_matching_field_are_entered_as_json(schema: Any) -> None:
    member = Member("x", {each: value for each, value in schema.items() if each != "$ref"}, required=True)
    assert member.kind == "json"
    assert member.value(['{"a": [1]}']) == {"a": [1]}
