"""JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902)."""

import json
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.patches import DEPTH_LIMIT, OPERATION_LIMIT, json_patch, merge_patch
from api.rules.problems import MalformedBody, PatchConflict


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_does_as_the_rfc_says(target: Any, patch: Any, result: Any) -> None:
    before = deepcopy((target, patch))
    assert merge_patch(target, patch) == result
    assert (target, patch) == before


@pytest.mark.parametrize(
    ("target", "operations", "result"),
    [
        # RFC 6902, appendix A
        ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"foo": "bar", "baz": "qux"}),
        ({"foo": [1, 3]}, [{"op": "add", "path": "/foo/1", "value": 2}], {"foo": [1, 2, 3]}),
        ({"baz": 1, "foo": 2}, [{"op": "remove", "path": "/baz"}], {"foo": 2}),
        ({"foo": [1, 2, 3]}, [{"op": "remove", "path": "/foo/1"}], {"foo": [1, 3]}),
        ({"baz": 1}, [{"op": "replace", "path": "/baz", "value": 2}], {"baz": 2}),
        ({"a": {"b": 1}, "c": {}}, [{"op": "move", "from": "/a/b", "path": "/c/d"}], {"a": {}, "c": {"d": 1}}),
        ({"foo": [1, 2, 3, 4]}, [{"op": "move", "from": "/foo/1", "path": "/foo/3"}], {"foo": [1, 3, 4, 2]}),
        ({"foo": "bar"}, [{"op": "add", "path": "/child", "value": {"a": {}}}], {"foo": "bar", "child": {"a": {}}}),
        ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": 1, "xyz": 2}], {"foo": "bar", "baz": 1}),
        ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
        ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["abc"]}], {"foo": ["bar", ["abc"]]}),
        # the other rules
        ({}, [], {}),
        ({"a": 1}, [{"op": "add", "path": "/a", "value": 2}], {"a": 2}),
        ({"a": 1}, [{"op": "add", "path": "", "value": [1]}], [1]),
        ({"a": 1}, [{"op": "replace", "path": "", "value": {"b": 1}}], {"b": 1}),
        ({"a": {"b": 1}}, [{"op": "copy", "from": "/a", "path": ""}], {"b": 1}),
        ({"a": {"b": 1}}, [{"op": "move", "from": "/a", "path": ""}], {"b": 1}),
        ({"a": 1}, [{"op": "move", "from": "/a", "path": "/a"}], {"a": 1}),
        ({"a": 1}, [{"op": "move", "from": "", "path": ""}], {"a": 1}),
        ({"a": {"b": 1}}, [{"op": "move", "from": "/a/b", "path": "/a"}], {"a": 1}),
        ({"a": 1}, [{"op": "copy", "from": "", "path": "/b"}], {"a": 1, "b": {"a": 1}}),
        ({"": 1}, [{"op": "remove", "path": "/"}], {}),
        ({"-": 1, "01": 2}, [{"op": "remove", "path": "/-"}, {"op": "remove", "path": "/01"}], {}),
        ({"a": None}, [{"op": "test", "path": "/a", "value": None}], {"a": None}),
        ({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}], {"a": 1}),
        ({"a": [1, {"b": 2}]}, [{"op": "test", "path": "", "value": {"a": [1, {"b": 2.0}]}}], {"a": [1, {"b": 2}]}),
        ({"a": 1}, [{"op": "add", "path": "/b", "value": None}], {"a": 1, "b": None}),
        ({"a": [0]}, [{"op": "add", "path": "/a/1", "value": 1}], {"a": [0, 1]}),
        ({"a": 1}, [{"op": "remove", "path": "/a", "from": 5, "value": 6}], {}),
    ],
)
def test_json_patch_does_as_the_rfc_says(target: Any, operations: Any, result: Any) -> None:
    before = deepcopy((target, operations))
    patched = json_patch(target, operations)
    assert json.dumps(patched, sort_keys=True) == json.dumps(result, sort_keys=True)
    assert (target, operations) == before


@pytest.mark.parametrize(
    ("operation", "named"),
    [
        ({"op": "remove", "path": "/x"}, "/x"),
        ({"op": "replace", "path": "/x", "value": 1}, "/x"),
        ({"op": "add", "path": "/x/y", "value": 1}, "/x/y"),
        ({"op": "move", "from": "/x", "path": "/y"}, "/y"),
        ({"op": "move", "from": "/x", "path": "/x"}, "/x"),
        ({"op": "copy", "from": "/x", "path": "/y"}, "/y"),
        ({"op": "test", "path": "/x", "value": None}, "/x"),
        ({"op": "test", "path": "/n", "value": True}, "/n"),
        ({"op": "test", "path": "/n", "value": "1"}, "/n"),
        ({"op": "test", "path": "/list", "value": [True, 2]}, "/list"),
        ({"op": "test", "path": "/list", "value": [1]}, "/list"),
        ({"op": "test", "path": "/object", "value": {"f": 0}}, "/object"),
        ({"op": "test", "path": "/object", "value": {"f": False, "g": 1}}, "/object"),
        ({"op": "add", "path": "/list/3", "value": 1}, "/list/3"),
        ({"op": "add", "path": "/list/01", "value": 1}, "/list/01"),
        ({"op": "add", "path": "/list/-1", "value": 1}, "/list/-1"),
        ({"op": "add", "path": "/list/1e0", "value": 1}, "/list/1e0"),
        ({"op": "add", "path": "/list/", "value": 1}, "/list/"),
        ({"op": "add", "path": "/list/٠", "value": 1}, "/list/٠"),
        ({"op": "add", "path": "/list/" + "9" * 5_000, "value": 1}, "/list/999"),
        ({"op": "remove", "path": "/list/2"}, "/list/2"),
        ({"op": "remove", "path": "/list/-"}, "/list/-"),
        ({"op": "test", "path": "/list/-", "value": 1}, "/list/-"),
        ({"op": "replace", "path": "/list/-", "value": 1}, "/list/-"),
        ({"op": "copy", "from": "/list/-", "path": "/list/0"}, "/list/0"),
        ({"op": "remove", "path": ""}, "''"),
        ({"op": "add", "path": "/n/0", "value": 1}, "/n/0"),
        ({"op": "add", "path": "/text/0", "value": 1}, "/text/0"),
        ({"op": "test", "path": "/text/0", "value": "a"}, "/text/0"),
    ],
)
def test_a_path_that_is_absent_and_a_test_that_fails_conflict(operation: dict[str, Any], named: str) -> None:
    target = {"n": 1, "list": [1, 2], "object": {"f": False}, "text": "abc"}
    before = deepcopy(target)
    with pytest.raises(PatchConflict) as refused:
        json_patch(
            target, [{"op": "add", "path": "/list/-", "value": 3}, {"op": "remove", "path": "/list/2"}, operation]
        )
    assert "Operation 2" in str(refused.value.detail)
    assert named in str(refused.value.detail)
    assert target == before


@pytest.mark.parametrize("operations", [{}, None, "x", 1, {"op": "add", "path": "/a", "value": 1}])
def test_a_patch_that_is_no_array_is_malformed(operations: Any) -> None:
    with pytest.raises(MalformedBody):
        json_patch({}, operations)


@pytest.mark.parametrize(
    "operation",
    [
        "add",
        None,
        [],
        {},
        {"path": "/a", "value": 1},
        {"op": "spam", "path": "/a"},
        {"op": "ADD", "path": "/a", "value": 1},
        {"op": None, "path": "/a"},
        {"op": ["add"], "path": "/a", "value": 1},
        {"op": "add", "path": "/a"},
        {"op": "add", "value": 1},
        {"op": "test", "path": "/a"},
        {"op": "replace", "path": "/a"},
        {"op": "move", "path": "/a"},
        {"op": "copy", "path": "/a", "value": 1},
        {"op": "add", "path": "a", "value": 1},
        {"op": "add", "path": 1, "value": 1},
        {"op": "add", "path": None, "value": 1},
        {"op": "add", "path": "/~", "value": 1},
        {"op": "add", "path": "/~2", "value": 1},
        {"op": "add", "path": "#/a", "value": 1},
        {"op": "copy", "from": "a", "path": "/b"},
        {"op": "move", "from": "/a", "path": "/a/b"},
        {"op": "move", "from": "", "path": "/a"},
    ],
)
def test_a_malformed_operation_is_named_before_any_is_applied(operation: Any) -> None:
    with pytest.raises(MalformedBody) as refused:
        json_patch({}, [{"op": "remove", "path": "/absent"}, operation])
    assert "Operation 1" in str(refused.value.detail)


def test_a_patch_has_a_longest_length() -> None:
    operation = {"op": "add", "path": "/a", "value": 1}
    assert json_patch({}, [operation] * OPERATION_LIMIT) == {"a": 1}
    with pytest.raises(MalformedBody):
        json_patch({}, [operation] * (OPERATION_LIMIT + 1))


@pytest.mark.parametrize(
    ("target", "operation"),
    [
        pytest.param({"a": [1]}, {"op": "copy", "from": "/a", "path": "/a/-"}, id="a list into itself"),
        pytest.param({"a": ["x", []]}, {"op": "copy", "from": "/a", "path": "/a/1/-"}, id="a list into its list"),
        pytest.param({"a": "x" * 10_000, "b": []}, {"op": "copy", "from": "/a", "path": "/b/-"}, id="a long text"),
        pytest.param({"a": {"x" * 10_000: 1}, "b": []}, {"op": "copy", "from": "/a", "path": "/b/-"}, id="a long name"),
    ],
)
def test_copies_of_copies_have_a_bound(target: Any, operation: Any) -> None:
    with pytest.raises(PatchConflict):
        json_patch(target, [operation] * OPERATION_LIMIT)


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "copy", "from": "", "path": "/a"},
        {"op": "add", "path": "/a" * DEPTH_LIMIT, "value": []},
        {"op": "move", "from": "/list", "path": "/a" * DEPTH_LIMIT},
        {"op": "replace", "path": "/a" * (DEPTH_LIMIT - 1), "value": [[]]},
    ],
)
def test_nothing_deeper_is_built_than_a_body_could_hold(operation: Any) -> None:
    target: Any = 1
    for _ in range(DEPTH_LIMIT):
        target = {"a": target}
    with pytest.raises(PatchConflict):
        json_patch(target | {"list": []}, [operation])


def test_operations_share_no_value() -> None:
    value: list[int] = []
    operations = [
        {"op": "add", "path": "/a", "value": value},
        {"op": "add", "path": "/b", "value": value},
        {"op": "copy", "from": "/a", "path": "/c"},
        {"op": "add", "path": "/a/-", "value": 1},
    ]
    assert json_patch({}, operations) == {"a": [1], "b": [], "c": []}
    assert value == []


PATHS = st.lists(st.sampled_from(["a", "b", "0", "1", "-", "01", "", "~0"]), max_size=3).map(
    lambda tokens: "".join("/" + token for token in tokens)
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 1) | st.sampled_from(["", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "0", ""]), inner),
    max_leaves=8,
)
OPERATIONS = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
        "path": PATHS,
        "from": PATHS,
        "value": VALUES,
    }
)


@given(VALUES, st.lists(OPERATIONS, max_size=4))
def test_no_patch_changes_what_it_was_given_or_fails_in_another_way(target: Any, operations: list[Any]) -> None:
    before = deepcopy((target, operations))
    with suppress(MalformedBody, PatchConflict):
        json_patch(target, operations)
    assert (target, operations) == before


@given(VALUES, PATHS, VALUES)
def test_a_copied_and_replaced_value_can_be_moved_back(target: Any, path: str, value: Any) -> None:
    document = {"target": target}
    away = {"op": "copy", "from": "/target" + path, "path": "/kept"}
    changed = [{"op": each, "path": "/target" + path, "value": value} for each in ("replace", "test")]
    back = [{"op": "remove", "path": "/target" + path}, {"op": "move", "from": "/kept", "path": "/target" + path}]
    with suppress(PatchConflict):
        assert json_patch(document, [away, *changed, *back]) == document
