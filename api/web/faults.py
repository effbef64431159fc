"""Translates pydantic's errors for clients: every fault with its position, a stable code, and a sentence."""

from collections.abc import Sequence
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
# Report all faults at once, but limit the response to a reasonable size.
MOST = 1000
# pydantic's messages mention inputs and models; clients know members.
SENTENCES = {
    "missing": "This member is missing.",
    "extra_forbidden": "There is no such member.",
    "model_type": "This must be an object.",
    "dict_type": "This must be an object.",
    "list_type": "This must be an array.",
    "string_type": "This must be a string.",
    "int_type": "This must be a whole number.",
    "bool_type": "This must be true or false.",
}


def pointed(error: ValidationError, within: Sequence[str | int] = ()) -> list[dict[str, Any]]:
    """Return the faults of a body: `pointer` (RFC 6901 fragment), `code`, `detail`. `within`: path of the root."""
    return [{"pointer": fragment([*within, *each["loc"]]), **_described(each)} for each in _faults(error)]


def named(error: ValidationError, kind: str) -> list[dict[str, Any]]:
    """Return the faults of parameters, form fields or header fields. `kind` is the member that names each."""
    return [{kind: str(each["loc"][0]) if each["loc"] else "", **_described(each, kind)} for each in _faults(error)]


def _faults(error: ValidationError) -> list[Any]:
    found: list[Any] = error.errors(include_url=False, include_input=False)
    return found[:MOST]


def _described(fault: Any, kind: str = "member") -> dict[str, str]:
    sort = fault["type"]
    sentence = SENTENCES.get(sort) or fault["msg"].replace("Input should", "This should")
    return {"code": CODES.get(sort, sort), "detail": sentence.replace("member", kind).rstrip(".") + "."}


def read_only(names: Sequence[str], within: Sequence[str | int] = ()) -> list[dict[str, Any]]:
    """Return the faults of members that only the server sets."""
    return [
        {"pointer": fragment([*within, name]), "code": "read_only", "detail": "Only the server sets this member."}
        for name in names
    ]
