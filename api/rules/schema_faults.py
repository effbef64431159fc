"""What a given JSON Schema finds wrong in a document: each fault with its path, a code, and a sentence.

The codes are those of pydantic's faults (validation.py) where both have the rule; other keywords have their own name.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from threading import local
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import StringConstraints, TypeAdapter, ValidationError
from pydantic_core import SchemaError

from api.rules.clock import parse_timestamp
from api.rules.validation import MOST, suggestion

Fault = tuple[tuple[str | int, ...], str, str]

# Keywords that the check of one document may look at: some seconds. Schemas that refer to themselves can need 2^32.
MOST_STEPS = 200_000
_TYPES = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_BOUNDS = {
    "minimum": "This must be {} or more.",
    "maximum": "This must be {} or less.",
    "exclusiveMinimum": "This must be more than {}.",
    "exclusiveMaximum": "This must be less than {}.",
    "multipleOf": "This must be a multiple of {}.",
}
_SIZES = {
    "minLength": ("too_short", "at least {:,} characters"),
    "maxLength": ("too_long", "at most {:,} characters"),
    "minItems": ("too_short", "at least {:,} items"),
    "maxItems": ("too_long", "at most {:,} items"),
    "minProperties": ("too_short", "at least {:,} members"),
    "maxProperties": ("too_long", "at most {:,} members"),
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_TIME = re.compile(r"\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.IGNORECASE)
_STEPS = local()


class _TooManySteps(Exception):
    pass


def checking(schema: Mapping[str, Any]) -> Callable[[Any], list[Fault]]:
    """Return the check of a schema that `json_schema.prepared` returned: document in, its faults out."""
    from jsonschema import Draft202012Validator as Base
    from jsonschema.validators import extend
    from referencing import Registry

    counted = {name: _counted(_OWN.get(name, check)) for name, check in Base.VALIDATORS.items()}
    # The empty registry fetches nothing.
    validator = extend(Base, counted)(dict(schema), registry=Registry())

    def faults(document: Any) -> list[Fault]:
        found: list[Fault] = []
        _STEPS.left = MOST_STEPS
        try:
            for error in validator.iter_errors(document):
                found += [each for each in _described(error) if each not in found]
                if len(found) >= MOST:
                    break
        except (_TooManySteps, RecursionError):
            return [((), "too_complex", "The schema needs too many steps to check this document.")]
        return found

    return faults


@lru_cache(maxsize=1024)
def searching(pattern: str) -> Callable[[str], bool]:
    """Return the search of a pattern in a text, in linear time. Raises ValueError with a sentence."""
    try:
        adapter = TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])
    except SchemaError:
        raise ValueError(
            "This pattern cannot be used: it must be a regular expression without look-around and back-references."
        ) from None

    def found(text: str) -> bool:
        try:
            adapter.validate_python(text)
        except ValidationError:
            return False
        return True

    return found


def _counted(check: Any) -> Any:
    def counting(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
        _STEPS.left -= 1
        if _STEPS.left < 0:
            raise _TooManySteps
        return check(validator, value, instance, schema) or iter(())

    return counting


def _required(validator: Any, names: Any, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError as Wrong

    if validator.is_type(instance, "object"):
        for name in names:
            if name not in instance:
                yield Wrong("missing", path=[name])


def _additional(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError as Wrong

    if validator.is_type(instance, "object"):
        known = schema.get("properties", {})
        patterns = [searching(pattern) for pattern in schema.get("patternProperties", {})]
        for name, value in instance.items():
            if name in known or any(found(name) for found in patterns):
                continue
            if allowed is False:
                yield Wrong("unknown", path=[name])
            elif isinstance(allowed, dict):
                yield from validator.descend(value, allowed, path=name)


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError as Wrong

    if validator.is_type(instance, "string") and not searching(pattern)(instance):
        yield Wrong("pattern")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if validator.is_type(instance, "object"):
        for pattern, each in patterns.items():
            found = searching(pattern)
            for name, value in instance.items():
                if found(name):
                    yield from validator.descend(value, each, path=name, schema_path=pattern)


def _unique(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError as Wrong

    if wanted and validator.is_type(instance, "array"):
        seen = set()
        for place, item in enumerate(instance):
            key = _key(item)
            if key in seen:
                yield Wrong("duplicate", path=[place])
            seen.add(key)


def _key(value: Any) -> Any:
    """A hashable value that is equal for equal values of JSON."""
    if isinstance(value, dict):
        return ("object", frozenset((name, _key(each)) for name, each in value.items()))
    if isinstance(value, list):
        return ("array", tuple(map(_key, value)))
    return ("boolean", value) if isinstance(value, bool) else value


def _format(validator: Any, name: str, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError as Wrong

    meets = _FORMATS.get(name)
    if meets and isinstance(instance, str) and not meets(instance):
        yield Wrong("format")


def _reads(reader: Callable[[str], Any]) -> Callable[[str], bool]:
    def meets(text: str) -> bool:
        try:
            return reader(text) is not None
        except ValueError:
            return False

    return meets


def _absolute(text: str) -> str | None:
    return urlsplit(text).scheme or None


# Formats that are checked; others are descriptions, as JSON Schema allows.
_FORMATS: dict[str, Callable[[str], bool]] = {
    "date-time": lambda text: parse_timestamp(text) is not None,
    "date": lambda text: len(text) == 10 and parse_timestamp(f"{text}T00:00:00Z") is not None,
    "time": lambda text: _TIME.fullmatch(text) is not None,
    "email": lambda text: _EMAIL.fullmatch(text) is not None,
    "ipv4": _reads(IPv4Address),
    "ipv6": _reads(IPv6Address),
    "uuid": lambda text: len(text) == 36 and _reads(UUID)(text),
    "uri": lambda text: " " not in text and _reads(_absolute)(text),
}
_OWN = {
    "required": _required,
    "additionalProperties": _additional,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "uniqueItems": _unique,
    "format": _format,
}


def _described(error: Any) -> list[Fault]:
    """The faults of one error of jsonschema; of a choice between schemas, those of the choice that was meant."""
    path, rule, value = tuple(error.absolute_path), error.validator, error.validator_value
    if rule in ("anyOf", "oneOf") and error.context:
        return _of_choice(error)
    return [(path, *_sentence(error, rule, value, path))]


def _sentence(error: Any, rule: str | None, value: Any, path: tuple[str | int, ...]) -> tuple[str, str]:
    match rule:
        case "required" | "dependentRequired":
            return "missing", "This member is missing."
        case "additionalProperties" | "unevaluatedProperties" | None:
            known = error.schema.get("properties", ()) if isinstance(error.schema, dict) else ()
            near = suggestion(str(path[-1]), known) if path else ""
            return "unknown", "There is no such member." + near
        case "type":
            return "wrong_type", f"This must be {_either([_TYPES[each] for each in _listed(value)])}."
        case "enum":
            return "not_a_choice", f"This must be {_either([_shown(each) for each in value])}."
        case "const":
            return "not_a_choice", f"This must be {_shown(value)}."
        case "pattern":
            allowed = error.schema.get("description")
            return "wrong_form", "This has the wrong form." + (f" {allowed}" if isinstance(allowed, str) else "")
        case "format":
            return "wrong_form", f"This must have the form of `{value}`."
        case "uniqueItems":
            return "duplicate", "This item stands in the array already."
        case "minLength" | "minItems" if value == 1:
            return "too_short", "This must not be empty."
    if rule in _SIZES:
        code, size = _SIZES[rule]
        return code, f"This must have {size.format(value)}."
    if rule in _BOUNDS:
        return "out_of_range", _BOUNDS[rule].format(value)
    code = re.sub("(?<!^)(?=[A-Z])", "_", str(rule)).lower()
    return code, f"This does not meet `{rule}` of its schema."


def _of_choice(error: Any) -> list[Fault]:
    branches: dict[int, list[Any]] = {}
    for each in error.context:
        branches.setdefault(each.schema_path[0], []).append(each)
    # The client meant the choice that has the type of the value, and there the one with the fewest faults.
    meant = [found for found in branches.values() if not any(one.validator == "type" and not one.path for one in found)]
    if len(meant) == 1 or (meant and len(error.validator_value) > len(branches)):
        return [fault for each in min(meant, key=len) for fault in _described(each)]
    types = [each for found in branches.values() for each in found if each.validator == "type" and not each.path]
    path = tuple(error.absolute_path)
    if not meant and types:
        kinds = dict.fromkeys(_TYPES[kind] for each in types for kind in _listed(each.validator_value))
        return [(path, "wrong_type", f"This must be {_either([*kinds])}.")]
    return [(path, "no_choice", f"This meets none of the {len(error.validator_value)} schemas that are allowed here.")]


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:80] if not isinstance(value, str) else f"'{value[:80]}'"


def _either(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
