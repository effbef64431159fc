"""JSON in the form of httpbin: 2 spaces of indentation, sorted members, ASCII, one line end at the end.

Test suites of clients compare the text, not only the value. And JSON as clients send it, read leniently.
"""

import codecs
import json
import re
from math import isfinite
from typing import Any, NoReturn

import orjson

# Deeper values are not shown: each level adds 2 spaces to every line, so that 1 MiB of JSON would become 100.
DEPTH_LIMIT = 32
# Python itself stops at 4,300.
DIGIT_LIMIT = 1000
_LINES = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
_OUTSIDE_STRINGS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\[\]{}"]++', re.DOTALL)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101  # it is registered for encoding only
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error("json_escapes", _escaped)


def written(value: Any) -> bytes:
    """The JSON text of a value: as `json.dumps(value, indent=2, sort_keys=True)` and a line end, but much faster."""
    try:
        text = orjson.dumps(value, option=_LINES)
    except TypeError:  # an integer beyond 64 bits, or a lone surrogate
        return json.dumps(value, indent=2, sort_keys=True).encode() + b"\n"
    return text if text.isascii() else text.decode().encode("ascii", "json_escapes")


def line(value: Any) -> bytes:
    """The JSON text of a value in one line, with `, ` and `: `, members in the order given."""
    return json.dumps(value).encode() + b"\n"


def read(text: str) -> Any:
    """The value of a JSON text; None if it is not JSON.

    NaN, numbers beyond a double, numbers of more than DIGIT_LIMIT digits and nesting beyond DEPTH_LIMIT count as no
    JSON.
    """
    try:
        if _depth(text) > DEPTH_LIMIT:
            return None
        return json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_whole)
    except ValueError:
        return None


def _depth(text: str) -> int:
    deepest = depth = 0
    for bracket in _OUTSIDE_STRINGS.sub("", text):
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _finite(digits: str) -> float:
    number = float(digits)
    if len(digits) > DIGIT_LIMIT or not isfinite(number):
        raise ValueError
    return number


def _whole(digits: str) -> int:
    if len(digits) > DIGIT_LIMIT:
        raise ValueError
    return int(digits)


def _refuse(constant: str) -> NoReturn:
    raise ValueError
