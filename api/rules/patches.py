"""JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902). The input values are not changed."""

import re
from typing import Any, NamedTuple, NoReturn

from api.rules.problems import MalformedBody, PatchConflict

OPERATION_LIMIT = 1_000  # far more than any edit by a person or any diff of one resource needs
DEPTH_LIMIT = 32  # as for JSON in a body: a patch must not build a value that a body could not have
COPY_LIMIT = 1_000_000  # values and characters, about one full body. Copies of copies double: up to 2^1000 in one patch

_SHOWN_LENGTH = 100  # of a path in a problem: enough to recognise it, without repeating a whole body
_INDEX = re.compile("0|[1-9][0-9]{0,9}")
_BAD_ESCAPE = re.compile("~(?![01])")
_MEMBERS = {
    "add": ("value",),
    "remove": (),
    "replace": ("value",),
    "move": ("from",),
    "copy": ("from",),
    "test": ("value",),
}


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply a JSON Merge Patch to the target (RFC 7396 §2). The result may share parts with both."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def shallow_merge(target: Any, patch: Any) -> Any:
    """The members of the patch in the place of those of the target, as json-server changes documents: null stays."""
    return {**target, **patch} if isinstance(target, dict) and isinstance(patch, dict) else patch


def json_patch(target: Any, operations: Any) -> Any:
    """Apply a JSON Patch to the target, completely or not at all (RFC 6902).

    Raises MalformedBody if `operations` is not a JSON Patch document or has
    more than OPERATION_LIMIT operations. Raises PatchConflict if a path does not
    exist, a `test` fails, or the result would nest beyond DEPTH_LIMIT or copy
    and move more than COPY_LIMIT (a conflict, because this depends on the target).
    """
    if not isinstance(operations, list):
        raise MalformedBody("A JSON Patch is an array of operations.")
    if len(operations) > OPERATION_LIMIT:
        raise MalformedBody(f"A JSON Patch has at most {OPERATION_LIMIT} operations.")
    steps = [_step(number, operation) for number, operation in enumerate(operations)]
    document = _Document(target)
    for step in steps:
        try:
            document.apply(step)
        except _Conflict as conflict:
            shown = step.path[:_SHOWN_LENGTH]
            raise PatchConflict(f"Operation {step.number} ({step.op} {shown!r}): {conflict}.") from None
    return document.root


class _Step(NamedTuple):
    number: int
    op: str
    path: str
    tokens: list[str]
    source: list[str]
    value: Any


class _Conflict(Exception):
    pass


def _step(number: int, operation: Any) -> _Step:
    if not isinstance(operation, dict):
        _malformed(number, "it is not an object")
    op = operation.get("op")
    if not isinstance(op, str) or op not in _MEMBERS:
        _malformed(number, f"op must be one of {', '.join(_MEMBERS)}")
    for member in ("path", *_MEMBERS[op]):
        if member not in operation:
            _malformed(number, f"{op} requires {member}")
    tokens = _tokens(number, "path", operation["path"])
    source = _tokens(number, "from", operation["from"]) if op in {"move", "copy"} else []
    if op == "move" and len(source) < len(tokens) and tokens[: len(source)] == source:
        _malformed(number, "a value cannot be moved into itself")
    return _Step(number, op, operation["path"], tokens, source, operation.get("value"))


def _malformed(number: int, fault: str) -> NoReturn:
    raise MalformedBody(f"Operation {number}: {fault}.")


def _tokens(number: int, member: str, pointer: Any) -> list[str]:
    if not isinstance(pointer, str) or (pointer and pointer[0] != "/") or _BAD_ESCAPE.search(pointer):
        _malformed(number, f"{member} is not a JSON Pointer")
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


class _Document:
    def __init__(self, target: Any) -> None:
        self.root = _copied(target, 0)
        self.copied = 0

    def apply(self, step: _Step) -> None:
        match step.op:
            case "add":
                self.add(step.tokens, _copied(step.value, len(step.tokens)))
            case "remove":
                self.remove(step.tokens)
            case "replace":
                self.replace(step.tokens, _copied(step.value, len(step.tokens)))
            case "move":
                value = self.taken(step.source, len(step.tokens))
                if step.source != step.tokens:
                    self.remove(step.source)
                    self.add(step.tokens, value)
            case "copy":
                self.add(step.tokens, self.taken(step.source, len(step.tokens)))
            case "test":
                if not equal(self.value(step.tokens), step.value):
                    raise _Conflict("the value is different")

    def value(self, tokens: list[str]) -> Any:
        value = self.root
        for token in tokens:
            value = value[_key(value, token)]
        return value

    def taken(self, tokens: list[str], depth: int) -> Any:
        value = self.value(tokens)
        self.copied += _size(value)
        if self.copied > COPY_LIMIT:
            raise _Conflict(f"copies and moves exceed {COPY_LIMIT} values and characters")
        return _copied(value, depth)

    def add(self, tokens: list[str], value: Any) -> None:
        if not tokens:
            self.root = value
            return
        parent = self.value(tokens[:-1])
        if isinstance(parent, list):
            parent.insert(len(parent) if tokens[-1] == "-" else _position(tokens[-1], len(parent)), value)
        elif isinstance(parent, dict):
            parent[tokens[-1]] = value
        else:
            raise _Conflict("the path does not exist")

    def remove(self, tokens: list[str]) -> None:
        if not tokens:
            raise _Conflict("the whole document cannot be removed")
        parent = self.value(tokens[:-1])
        del parent[_key(parent, tokens[-1])]

    def replace(self, tokens: list[str], value: Any) -> None:
        if not tokens:
            self.root = value
            return
        parent = self.value(tokens[:-1])
        parent[_key(parent, tokens[-1])] = value


def _key(parent: Any, token: str) -> Any:
    if isinstance(parent, dict) and token in parent:
        return token
    if isinstance(parent, list):
        return _position(token, len(parent) - 1)
    raise _Conflict("the path does not exist")


def _position(token: str, last: int) -> int:
    if not _INDEX.fullmatch(token) or int(token) > last:
        raise _Conflict("the path does not exist")
    return int(token)


def _copied(value: Any, depth: int) -> Any:
    if not isinstance(value, dict | list):
        return value
    if depth >= DEPTH_LIMIT:
        raise _Conflict(f"the result nests deeper than {DEPTH_LIMIT} levels")
    if isinstance(value, dict):
        return {name: _copied(member, depth + 1) for name, member in value.items()}
    return [_copied(item, depth + 1) for item in value]


def _size(value: Any) -> int:
    if isinstance(value, str):
        return 1 + len(value)
    if isinstance(value, dict):
        return 1 + sum(len(name) + _size(member) for name, member in value.items())
    if isinstance(value, list):
        return 1 + sum(map(_size, value))
    return 1


def equal(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal (RFC 6902 §4.6): the order of members does not matter."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other  # in JSON true is not 1
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)
