"""Strict JSON, as RFC 8259 and I-JSON (RFC 7493) define it.

The fast path is the scanner of the standard library, which is written in C. Its hooks
stop at the first unusual value. Only then is the text read a second time,
slowly, to find the fault and its position.
"""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from itertools import islice
from math import isinf
from typing import Any, NoReturn

from api.rules.pointers import fragment
from api.rules.problems import Invalid, MalformedJson

DEPTH_LIMIT = 32  # no resource nests deeper than 4, and recursive code that reads the value stays far from its stack
DIGIT_LIMIT = 1_000  # reading digits takes quadratic time, and Python itself stops at 4,300
INTEGER_LIMIT = 2**53 - 1  # above it JavaScript and most other readers lose digits (RFC 7493 §2.2)
ERROR_LIMIT = 1_000  # 1 MiB can have 100,000 faults; a response that lists all would be larger than the request

_SAFE_LENGTH = len(str(INTEGER_LIMIT)) - 1  # any integer this short is within the limit
_SUSPECT_ESCAPE = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")
_TOKEN = re.compile(
    r"""(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")(?P<colon>\s*:)?"""
    r"""|(?P<opening>[\[{])"""
    r"""|(?P<closing>[\]}])"""
    r"""|(?P<word>[-+.\w]+)""",
    re.DOTALL,
)


class Numeral(float):
    """A number that Python's int and float would write in another way: its `repr` has the digits as they were sent."""

    def __new__(cls, digits: str) -> "Numeral":
        """Take the digits of a JSON number."""
        number = super().__new__(cls, digits)
        number.digits = digits
        return number

    digits: str

    def __repr__(self) -> str:
        return self.digits


def loads(raw: bytes, *, exact: bool = False) -> Any:
    """The value of a JSON text. With `exact`, each number keeps its digits, as a Numeral if need be.

    Raises MalformedJson, with `line` and `column` counted from 1 in characters,
    for everything that is not JSON: an encoding other than UTF-8, a byte order mark,
    NaN, numbers beyond a double or DIGIT_LIMIT, duplicate members, lone
    surrogates, nesting beyond DEPTH_LIMIT. Raises Invalid, with the pointers of
    all faults, for NUL in text and, without `exact`, integers beyond ±INTEGER_LIMIT.
    """
    text = _decoded(raw)
    try:
        value = (_EXACT if exact else _FAST).decode(text)
    except json.JSONDecodeError as error:
        _refuse(error.msg, text, error.pos)
    except (_Unusual, RecursionError):
        return _judged(text, exact)
    if "\\u" in text and _SUSPECT_ESCAPE.search(text):
        return _judged(text, exact)
    if text.count("[") + text.count("{") > DEPTH_LIMIT and _too_deep(value):
        return _judged(text, exact)
    return value


class _Unusual(Exception):
    pass


def _decoded(raw: bytes) -> str:
    if not raw:
        _refuse("The body is empty", "", 0)
    if raw.startswith(BOM_UTF8):
        _refuse("Byte order mark", "", 0)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        _refuse(f"Byte 0x{raw[error.start]:02x} is not UTF-8", before, len(before))


def _refuse(fault: str, text: str, position: int) -> NoReturn:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    raise MalformedJson(f"{fault}: line {line}, column {column}.", line=line, column=column) from None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Unusual
    return members


def _integer(literal: str) -> int:
    if len(literal) > _SAFE_LENGTH and (len(literal) > DIGIT_LIMIT or abs(int(literal)) > INTEGER_LIMIT):
        raise _Unusual
    return int(literal)


def _float(literal: str) -> float:
    number = float(literal)
    if isinf(number) or len(literal) > DIGIT_LIMIT:
        raise _Unusual
    return number


def _constant(_: str) -> NoReturn:
    raise _Unusual


def _exact_integer(literal: str) -> int | Numeral:
    if len(literal) > DIGIT_LIMIT:
        raise _Unusual
    # orjson writes integers of 64 bits; beyond, and for `-0`, the digits are kept.
    return int(literal) if len(literal) <= _SAFE_LENGTH and literal != "-0" else Numeral(literal)


def _exact_float(literal: str) -> float | Numeral:
    number = _float(literal)
    return number if repr(number) == literal else Numeral(literal)


_EXACT = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_exact_integer, parse_float=_exact_float, parse_constant=_constant
)
_FAST = json.JSONDecoder(object_pairs_hook=_members, parse_int=_integer, parse_float=_float, parse_constant=_constant)
# Accepts everything except broken grammar. The cut avoids an error in `int` before _refuse_malformed finds the cause.
_LENIENT = json.JSONDecoder(parse_int=lambda literal: int(literal[: DIGIT_LIMIT + 1]))


def _too_deep(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEPTH_LIMIT):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
    return bool(level)


def _judged(text: str, exact: bool) -> Any:
    try:
        value = _LENIENT.decode(text)
    except json.JSONDecodeError as error:
        _refuse(error.msg, text, error.pos)
    except RecursionError:
        _refuse_malformed(text)  # raises for the nesting that caused it
        raise  # reached only if the stack was nearly full before this call
    _refuse_malformed(text)
    if exact:
        value = _EXACT.decode(text)
    if errors := list(islice(_faults(value, ()), ERROR_LIMIT)):
        raise Invalid(errors=errors)
    return value


def _refuse_malformed(text: str) -> None:
    """Reject what the grammar allows but this module does not. `text` must follow the grammar."""
    names: list[set[str]] = []  # for each open array and object, the names found so far
    for token in _TOKEN.finditer(text):
        string, colon, opening, closing, word = token.groups()
        if opening:
            names.append(set())
            if len(names) > DEPTH_LIMIT:
                _refuse(f"Nesting deeper than {DEPTH_LIMIT} levels", text, token.start())
        elif closing:
            names.pop()
        elif word:
            if fault := _number_fault(word):
                _refuse(fault, text, token.start())
        else:
            content = json.loads(string)
            if not _encodable(content):
                _refuse("Lone surrogate", text, token.start())
            if colon and content in names[-1]:
                _refuse("Duplicate member", text, token.start())
            if colon:
                names[-1].add(content)


def _number_fault(word: str) -> str | None:
    if word in {"true", "false", "null"}:
        return None
    if word.lstrip("-") in {"NaN", "Infinity"}:
        return f"{word} is not a JSON number"
    if len(word) > DIGIT_LIMIT and sum(map(str.isdigit, word)) > DIGIT_LIMIT:
        return f"Number of more than {DIGIT_LIMIT} digits"
    if not word.lstrip("-").isdigit() and isinf(float(word)):
        return "Number beyond the range of a double"
    return None


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _faults(value: Any, path: tuple[str | int, ...]) -> Iterator[dict[str, str]]:
    match value:
        case str() if "\0" in value:
            yield {"pointer": fragment(path), "code": "nul", "detail": "Text cannot hold the character NUL."}
        case int() if abs(value) > INTEGER_LIMIT:
            detail = f"An integer must be within ±{INTEGER_LIMIT}."
            yield {"pointer": fragment(path), "code": "out_of_range", "detail": detail}
        case list():
            for position, item in enumerate(value):
                yield from _faults(item, (*path, position))
        case dict():
            for name, member in value.items():
                if "\0" in name:
                    detail = "A member name cannot hold the character NUL."
                    yield {"pointer": fragment((*path, name)), "code": "nul", "detail": detail}
                yield from _faults(member, (*path, name))
