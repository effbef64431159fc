"""Translates pydantic's errors for clients: every fault with its position, a stable code, and a sentence."""

from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from api.rules.pointers import fragment

# Our codes stay the same if pydantic renames its own. Types that are not listed keep pydantic's name.
CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown",
    "string_type": "wrong_type",
    "int_type": "wrong_type",
    "float_type": "wrong_type",
    "bool_type": "wrong_type",
    "list_type": "wrong_type",
    "dict_type": "wrong_type",
    "model_type": "wrong_type",
    "none_required": "wrong_type",
    "string_too_short": "too_short",
    "string_too_long": "too_long",
    "too_short": "too_short",
    "too_long": "too_long",
    "string_pattern_mismatch": "wrong_form",
    "literal_error": "not_a_choice",
    "enum": "not_a_choice",
    "greater_than_equal": "out_of_range",
    "greater_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "less_than": "out_of_range",
}
# Characters of an unknown name for which a suggestion is looked for: the comparison takes a time of length squared.
LONGEST_GUESS = 40
# Every fault at once, but no answer that is many times what was sent.
MOST = 1000
# pydantic's messages mention inputs and models; clients know members. In braces: values of the fault's context.
SENTENCES = {
    "missing": "This member is missing.",
    "extra_forbidden": "There is no such member.",
    "model_type": "This must be an object.",
    "dict_type": "This must be an object.",
    "list_type": "This must be an array.",
    "string_type": "This must be a string.",
    "int_type": "This must be a whole number.",
    "float_type": "This must be a number.",
    "bool_type": "This must be true or false.",
    "string_too_short": "This must have at least {min_length:,} characters.",
    "string_too_long": "This must have at most {max_length:,} characters.",
    "too_short": "This must have at least {min_length:,} items.",
    "too_long": "This must have at most {max_length:,} items.",
    "string_pattern_mismatch": "This has the wrong form.",
    "literal_error": "This must be {expected}.",
    "enum": "This must be {expected}.",
    "greater_than_equal": "This must be {ge} or more.",
    "greater_than": "This must be more than {gt}.",
    "less_than_equal": "This must be {le} or less.",
    "less_than": "This must be less than {lt}.",
}
Schema = Mapping[str, Any]


def pointed(
    error: ValidationError,
    within: Sequence[str | int] = (),
    known: Collection[str] = (),
    schema: Callable[[], Schema] = dict,
) -> list[dict[str, Any]]:
    """The faults of a body: `pointer` (RFC 6901 fragment), `code`, `detail`. `within` is the place of the root.

    `known` are the members of the root, which are suggested instead of an unknown one. `schema` returns the JSON Schema
    of the root: the description of a member with a pattern says what the pattern allows.
    """
    return [
        {"pointer": fragment([*within, *each["loc"]]), **_described(each, "member", known, schema)}
        for each in _faults(error)
    ]


def named(
    error: ValidationError, kind: str, known: Collection[str] = (), schema: Callable[[], Schema] = dict
) -> list[dict[str, Any]]:
    """The faults of parameters, fields of a form, or header fields: `kind` is the member that names each.

    `known` are the right names, which are suggested instead of an unknown one; `schema` as for `pointed`.
    """
    return [
        {kind: str(each["loc"][0]) if each["loc"] else "", **_described(each, kind, known, schema)}
        for each in _faults(error)
    ]


def sentence(fault: Any) -> str:
    """What is wrong, for people: a sentence about `This`, without pydantic's words."""
    sort, values = fault["type"], fault.get("ctx", {})
    if "text" in values:
        return str(values["text"])  # a fault that was found by a JSON Schema says so itself
    if sort == "string_too_short" and values["min_length"] == 1:
        return "This must not be empty."
    known = SENTENCES.get(sort)
    found = known.format_map(values) if known else fault["msg"].replace("Input should", "This must").rstrip(".") + "."
    return str(found)


def _faults(error: ValidationError) -> list[Any]:
    found: list[Any] = error.errors(include_url=False, include_input=False)
    return found[:MOST]


def _described(fault: Any, kind: str, known: Collection[str], schema: Callable[[], Schema]) -> dict[str, str]:
    sort = fault["type"]
    detail = sentence(fault).replace("member", kind) if sort in ("missing", "extra_forbidden") else sentence(fault)
    if sort == "extra_forbidden" and len(fault["loc"]) == 1:
        detail += suggestion(str(fault["loc"][0]), known)
    if sort == "string_pattern_mismatch" and (allowed := description(schema(), fault["loc"])):
        detail += f" {allowed}"
    return {"code": CODES.get(sort, sort), "detail": detail}


def description(root: Schema, way: Sequence[str | int]) -> str:
    """The description of the schema at this place of a value; empty if it has none."""
    found: Schema = root
    for step in (*way, None):
        if "$ref" in found:
            found = root["$defs"][found["$ref"].rpartition("/")[2]]
        found = next((each for each in found.get("anyOf", ()) if each.get("type") != "null"), found)
        if step is not None:
            found = found.get("items", {}) if isinstance(step, int) else found.get("properties", {}).get(step, {})
    return str(found.get("description", ""))


def suggestion(name: str, known: Collection[str]) -> str:
    """` Did you mean tags?` for a name that is close to a known one; otherwise nothing."""
    if len(name) > LONGEST_GUESS:
        return ""
    similar = get_close_matches(name.lower(), known, n=1)
    return f" Did you mean {similar[0]}?" if similar else ""


def read_only(names: Sequence[str], within: Sequence[str | int] = ()) -> list[dict[str, Any]]:
    """Return the faults of members that only the server sets."""
    return [
        {"pointer": fragment([*within, name]), "code": "read_only", "detail": "Only the server sets this member."}
        for name in names
    ]
