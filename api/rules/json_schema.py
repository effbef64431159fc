"""JSON Schemas that are given: read, checked, and made ready for use. Nothing is ever fetched for them.

Understood are drafts 4, 6, 7, 2019-09 and 2020-12 (without `$schema`: 2020-12). A `$ref` is a pointer into the same
schema, such as `#/$defs/author`. Patterns are searched by an engine whose time grows with the text only, so they have
no look-around and no back-references.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from api.rules.pointers import fragment
from api.rules.schema_drafts import LIST, NAMED, ONE, modern
from api.rules.schema_faults import searching

Schema = dict[str, Any]
Path = tuple[str | int, ...]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DRAFTS = (
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-04/schema",
)
# Keywords that apply to the same value: a schema that reaches itself by them alone would never end.
_SAME_VALUE = frozenset(["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies"])
_UNSUPPORTED = ("$dynamicRef", "$recursiveRef")
_DEFINITIONS = ("$defs", "definitions")


# Parts of one schema: each is described to clients.
MOST_PARTS = 5_000


class SchemaFault(ValueError):
    """A schema that cannot be used. Its text is one sentence; `path` is the place in the schema."""

    def __init__(self, path: Path, sentence: str) -> None:
        super().__init__(sentence)
        self.path = path


def read_schemas(content: Any) -> dict[str, Schema]:
    """Return the schemas of collections by name, from an object with one for each, ready for use. Raises SchemaFault.

    A `$defs` beside them belongs to each of them. A schema of an array of documents counts as that of its items.
    """
    if not isinstance(content, dict):
        raise SchemaFault((), "The schemas must be an object with a member for each collection.")
    shared = {word: content[word] for word in _DEFINITIONS if isinstance(content.get(word), dict)}
    return {
        name: prepared(schema, within=(name,), shared=shared)
        for name, schema in content.items()
        if name not in shared and name != "$schema"
    }


def prepared(schema: Any, *, within: Path = (), shared: Mapping[str, Mapping[str, Any]] | None = None) -> Schema:
    """Return a schema of documents, checked, with the members of its objects visible in `properties`.

    `within` is its place in a larger text, for the faults; `shared` are definitions beside its own. Raises SchemaFault.
    """
    if not isinstance(schema, dict):
        raise SchemaFault(within, "A schema must be an object.")
    whole = {key: value for key, value in schema.items() if key != "$id"}
    for word, definitions in (shared or {}).items():
        whole[word] = {**definitions, **whole.get(word, {})}
    _check_keywords(whole, within)
    dialect = whole.pop("$schema", DIALECT)
    whole = modern(whole, refers_alone=dialect.rstrip("#") in DRAFTS[2:])
    _check_references(whole, within)
    items = whole.get("items")
    if whole.get("type") == "array" and isinstance(items, dict):
        whole = {**items, **{word: whole[word] for word in _DEFINITIONS if word in whole}}
    _check_type(whole, within)
    inlining = _Inlining(whole, within)
    plain = inlining.of(whole)
    if not inlining.repeats:
        whole = plain
    if members := _members(whole, whole):
        whole["properties"] = {**members, **whole.get("properties", {})}
    return whole


def inlined(schema: Mapping[str, Any]) -> Schema:
    """Return the schema without any `$ref`, for descriptions: where it repeats itself, anything is allowed."""
    found = _Inlining(schema, ()).of(schema)
    return dict(found)


def subschemas(schema: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The schema and each schema in it, with its place."""
    yield path, schema
    if isinstance(schema, dict):
        for way, each in _within(schema):
            yield from subschemas(each, (*path, *way))


def resolved(reference: str, root: Mapping[str, Any]) -> Any:
    """Return the schema at a reference of the form `#/a/b`; None if there is none."""
    found: Any = root
    for token in reference.removeprefix("#").split("/")[1:]:
        name = _unescaped(token)
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def _unescaped(token: str) -> str:
    return unquote(token).replace("~1", "/").replace("~0", "~")


def _within(schema: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    for key, value in schema.items():
        if key in LIST and isinstance(value, list):
            for number, each in enumerate(value):
                yield (key, number), each
        elif key in ONE and isinstance(value, dict | bool):
            yield (key,), value
        elif key in NAMED and isinstance(value, dict):
            for name, each in value.items():
                if isinstance(each, dict | bool):
                    yield (key, name), each


def _check_keywords(schema: Schema, within: Path) -> None:
    """Refuse what the draft does not allow, and patterns that its engine cannot read."""
    # jsonschema takes a tenth of a second to import, and most servers are given no schema.
    from jsonschema.exceptions import best_match
    from jsonschema.validators import validator_for

    dialect = schema.get("$schema", DIALECT)
    if not isinstance(dialect, str) or dialect.rstrip("#") not in DRAFTS:
        raise SchemaFault((*within, "$schema"), f"This must be one of {', '.join(DRAFTS)}.")
    validator = validator_for(schema)
    try:
        faults = list(validator(validator.META_SCHEMA).iter_errors(schema))
    except RecursionError:
        raise SchemaFault(within, "This schema is nested too deeply.") from None
    if faults and (fault := best_match(faults)):
        place = tuple(fault.absolute_path)
        shown = f"{fault.instance!r:.60}" if not isinstance(fault.instance, dict | list) else "this"
        raise SchemaFault((*within, *place), f"JSON Schema does not allow {shown} here ({fault.validator}).")
    for path, each in subschemas(schema):
        if not isinstance(each, dict):
            continue
        if unsupported := next((word for word in _UNSUPPORTED if word in each), None):
            raise SchemaFault((*within, *path, unsupported), f"{unsupported} is not supported.")
        if path and "$id" in each:
            raise SchemaFault((*within, *path, "$id"), "Only the whole schema can have an $id.")
        patterns = [((*path, "pattern"), each["pattern"])] if "pattern" in each else []
        patterns += [((*path, "patternProperties", name), name) for name in each.get("patternProperties", ())]
        for place, pattern in patterns:
            try:
                searching(pattern)
            except ValueError as error:
                raise SchemaFault((*within, *place), str(error)) from None


def _check_references(root: Schema, within: Path) -> None:
    """Refuse references to other documents, to nothing, and from a schema to itself for the same value."""
    for path, each in subschemas(root):
        reference = each.get("$ref") if isinstance(each, dict) else None
        if reference is None:
            continue
        place = (*within, *path, "$ref")
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            raise SchemaFault(
                place, f"{reference!r:.80} is not a place in this schema, such as #/$defs/author: nothing is fetched."
            )
        if not isinstance(resolved(reference, root), dict | bool):
            raise SchemaFault(place, f"There is no {reference:.80} in this schema.")
    ended: set[int] = set()
    for path, each in subschemas(root):
        if _returns(each, root, ended, ()):
            raise SchemaFault((*within, *path), "This refers to itself for the same value, and would never end.")


def _returns(schema: Any, root: Schema, ended: set[int], above: tuple[int, ...]) -> bool:
    """Whether the schema applies itself to the same value."""
    if not isinstance(schema, dict) or id(schema) in ended:
        return False
    if id(schema) in above:
        return True
    applied = [each for way, each in _within(schema) if way[0] in _SAME_VALUE]
    if "$ref" in schema:
        applied.append(resolved(schema["$ref"], root))
    if any(_returns(each, root, ended, (*above, id(schema))) for each in applied):
        return True
    ended.add(id(schema))
    return False


def _check_type(schema: Schema, within: Path) -> None:
    kinds = schema.get("type", "object")
    if "object" not in (kinds if isinstance(kinds, list) else [kinds]):
        raise SchemaFault((*within, "type"), "Documents are objects: the schema must allow this type.")


def _members(schema: Any, root: Mapping[str, Any], seen: tuple[int, ...] = ()) -> Schema:
    """The members that a schema describes, those behind its references and `allOf` too."""
    if not isinstance(schema, dict) or id(schema) in seen:
        return {}
    found: Schema = {}
    parts = [part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word, ())]
    if "$ref" in schema:
        parts.append(resolved(schema["$ref"], root))
    for part in parts:
        found |= {name: each for name, each in _members(part, root, (*seen, id(schema))).items() if name not in found}
    # A member of one choice only may have any value in another one.
    if any(word in schema for word in ("anyOf", "oneOf")):
        found = {key: {} for key in found}
    return {**found, **schema.get("properties", {})}


class _Inlining:
    """Puts the target in the place of each reference. `repeats` tells whether a schema contains itself."""

    def __init__(self, root: Mapping[str, Any], within: Path) -> None:
        self._root = root
        self._within = within
        self._left = MOST_PARTS
        self.repeats = False

    def of(self, schema: Any, above: tuple[str, ...] = ()) -> Any:
        """The schema without references and definitions. Raises SchemaFault if it gets too large."""
        if not isinstance(schema, Mapping):
            return schema
        self._left -= 1
        if self._left < 0:
            raise SchemaFault(
                self._within, f"A schema may have {MOST_PARTS:,} parts, counting each use of a definition."
            )
        found: Schema = {}
        for key, value in schema.items():
            if key in LIST and isinstance(value, list):
                found[key] = [self.of(each, above) for each in value]
            elif key in ONE:
                found[key] = self.of(value, above)
            elif key in NAMED and key not in _DEFINITIONS and isinstance(value, dict):
                found[key] = {name: self.of(each, above) for name, each in value.items()}
            elif key not in ("$ref", *_DEFINITIONS):
                found[key] = value
        reference = schema.get("$ref")
        if reference is None:
            return found
        if reference in above:
            self.repeats = True
            return found
        target = self.of(resolved(reference, self._root), (*above, reference))
        if not isinstance(target, dict) or set(target) & set(found) - {"description", "title"}:
            return {**found, "allOf": [*found.get("allOf", ()), target]}
        return {**target, **found}


def where(fault: SchemaFault) -> str:
    """The place and the sentence of a fault, for people: `posts: #/properties/title/type: …`."""
    if not fault.path:
        return str(fault)
    name, *path = fault.path
    return f"{name}: {fragment(path)}: {fault}"
