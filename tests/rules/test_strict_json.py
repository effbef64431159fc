"""JSON is strict (CONTRACT §8, §11)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.problems import Invalid, MalformedJson
from api.rules.strict_json import DEPTH_LIMIT, DIGIT_LIMIT, ERROR_LIMIT, INTEGER_LIMIT, loads

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-INTEGER_LIMIT, INTEGER_LIMIT)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_valid_json_is_read_unchanged(value: Any, ascii_only: bool) -> None:
    assert loads(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b" \t\r\n7 ", 7),
        (b'"\\u00e9\\ud83d\\ude00"', "é😀"),
        (b'"\\\\ud800"', "\\ud800"),
        (b'"\\\\u0000"', "\\u0000"),
        (b'{"a": 1, "b": {"a": 1}, "c": [{"a": 1}, {"a": 1}]}', {"a": 1, "b": {"a": 1}, "c": [{"a": 1}, {"a": 1}]}),
        (b'["NaN", "Infinity", "1e999"]', ["NaN", "Infinity", "1e999"]),
        (b"9007199254740991", INTEGER_LIMIT),
        (b"-9007199254740991", -INTEGER_LIMIT),
        (b"1e-999", 0.0),
        (b"1.7976931348623157e308", 1.7976931348623157e308),
        (b"0." + b"1" * (DIGIT_LIMIT - 1), 0.1111111111111111),
        (b"[" * DEPTH_LIMIT + b"]" * DEPTH_LIMIT, json.loads("[" * DEPTH_LIMIT + "]" * DEPTH_LIMIT)),
        (b'"' + b"[" * 100 + b'"', "[" * 100),
        (b"[" + b"[]," * 100 + b"{}]", [[]] * 100 + [{}]),
    ],
)
def test_unusual_but_valid_json_is_read(text: bytes, value: Any) -> None:
    assert loads(text) == value


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        pytest.param(b"", 1, 1, id="empty"),
        pytest.param(b"  ", 1, 3, id="blank"),
        pytest.param(b'{"a": [1, 2', 1, 12, id="truncated"),
        pytest.param(b'{"a": 1}}', 1, 9, id="more after the end"),
        pytest.param(b"{'a': 1}", 1, 2, id="single quotes"),
        pytest.param(b"[01]", 1, 3, id="leading zero"),
        pytest.param(b'["\n"]', 1, 3, id="line break in a string"),
        pytest.param(b'["\0"]', 1, 3, id="bare NUL in a string"),
        pytest.param(b"// no\n1", 1, 1, id="comment"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', 1, 1, id="byte order mark"),
        pytest.param('{"a": 1}'.encode("utf-16"), 1, 1, id="UTF-16"),
        pytest.param('{"a": 1}'.encode("utf-16-le"), 1, 2, id="UTF-16 without a mark"),
        pytest.param('{\n"é": "é'.encode() + b'\xff"}', 2, 8, id="not UTF-8"),
        pytest.param(b'"\xed\xa0\x80"', 1, 2, id="encoded surrogate"),
        pytest.param(b'"\xc0\xaf"', 1, 2, id="overlong UTF-8"),
        pytest.param(b'["\\ud800"]', 1, 2, id="lone high surrogate"),
        pytest.param(b'[1,\n"\\uDFFF\\ud83d"]', 2, 1, id="lone low surrogate"),
        pytest.param(b'{"\\ud83d": 1}', 1, 2, id="lone surrogate in a name"),
        pytest.param(b'{"a": 1,\n "a": 1}', 2, 2, id="duplicate member"),
        pytest.param(b'{"a": 1, "\\u0061": 2}', 1, 10, id="duplicate member, escaped"),
        pytest.param(b'[{"b": {"a": [{"a": 0}], "a": 2}}]', 1, 26, id="duplicate member, nested"),
        pytest.param(b"[1, NaN]", 1, 5, id="NaN"),
        pytest.param(b"[Infinity]", 1, 2, id="Infinity"),
        pytest.param(b"[-Infinity]", 1, 2, id="minus Infinity"),
        pytest.param(b"[0.5, 1e999]", 1, 7, id="overflow"),
        pytest.param(b"[-1e999]", 1, 2, id="overflow below"),
        pytest.param(b"[" + b"1" * 5_000 + b"]", 1, 2, id="5,000 digits"),
        pytest.param(b"1" * (DIGIT_LIMIT + 1), 1, 1, id="a digit too many"),
        pytest.param(b"0." + b"1" * DIGIT_LIMIT, 1, 1, id="a digit too many, fraction"),
        pytest.param(b"[" * 33 + b"]" * 33, 1, 33, id="a level too many"),
        pytest.param(b"[" * 33 + b"1" + b"]" * 33, 1, 33, id="a level too many, with content"),
        pytest.param(b"[" * 100_000, 1, 33, id="100,000 arrays left open"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, 1, 33, id="100,000 arrays"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 1, 161, id="100,000 objects"),
    ],
)
def test_invalid_json_is_refused_with_its_position(text: bytes, line: int, column: int) -> None:
    with pytest.raises(MalformedJson) as refused:
        loads(text)
    assert refused.value.members == {"line": line, "column": column}
    assert refused.value.detail


def test_a_byte_order_mark_is_called_by_its_name() -> None:
    with pytest.raises(MalformedJson, match="Byte order mark"):
        loads(b"\xef\xbb\xbf{}")


@pytest.mark.parametrize(
    "text", [b'{"a": 1,}', b"[1,]", b"[1 2]", b"nul", b'"\\x"', b'"\\u12"', b"+1", b".5", b"1.", b"0x1"]
)
def test_broken_grammar_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedJson):
        loads(text)


def test_integers_out_of_range_and_nul_are_all_named_at_once() -> None:
    text = (
        b'{"a": [9007199254740992, 1, -9007199254740992], "b": "x\\u0000", "c\\u0000": {"d/e": 1' + b"0" * 500 + b"}}"
    )
    with pytest.raises(Invalid) as refused:
        loads(text)
    errors = refused.value.members["errors"]
    assert [(error["pointer"], error["code"]) for error in errors] == [
        ("#/a/0", "out_of_range"),
        ("#/a/2", "out_of_range"),
        ("#/b", "nul"),
        ("#/c%00", "nul"),
        ("#/c%00/d~1e", "out_of_range"),
    ]
    assert all(error["detail"] for error in errors)


@pytest.mark.parametrize("text", [b"9007199254740992", b"-9007199254740992", b"1" * DIGIT_LIMIT])
def test_an_integer_out_of_range_at_the_root_points_at_the_document(text: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        loads(text)
    assert refused.value.members["errors"][0]["pointer"] == "#"


@pytest.mark.parametrize(
    "text", [b'[9007199254740992, "\\u0000"', b"[9007199254740992, NaN]", b'["\\u0000", "\\ud800"]']
)
def test_malformed_comes_before_invalid(text: bytes) -> None:
    with pytest.raises(MalformedJson):
        loads(text)


def test_the_faults_listed_have_a_bound() -> None:
    with pytest.raises(Invalid) as refused:
        loads(b"[" + b",".join([b"9007199254740992"] * (ERROR_LIMIT + 1)) + b"]")
    assert len(refused.value.members["errors"]) == ERROR_LIMIT


@given(st.binary(max_size=40) | st.text('{}[]"\\u0d8,:1e.-NaN\n', max_size=40).map(str.encode))
def test_no_input_does_anything_but_load_or_be_refused(raw: bytes) -> None:
    try:
        loads(raw)
    except (MalformedJson, Invalid):
        return
    json.loads(raw)
