"""The operator's own data: a JSON object whose arrays become collections, and whose objects become singletons."""

import json
import re
import secrets
from collections.abc import Collection as Names
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.rules.inferred import inferred
from api.rules.own_options import LONGEST_ID, DataFault
from api.rules.problems import Invalid, MalformedJson
from api.rules.schema_faults import checking
from api.rules.strict_json import INTEGER_LIMIT, loads

Document = dict[str, Any]
Path = tuple[str | int, ...]

NUMBER, TEXT, UNKNOWN = "number", "text", ""
# More documents make each filtered list take longer than a second.
MOST_DOCUMENTS = 100_000
MOST_BYTES = 128 * 1024 * 1024
# A text that can be the id of a document: any segment of a path.
_ID = re.compile(rf"(?!\.{{1,2}}$)[^/\x00-\x1f\x7f]{{1,{LONGEST_ID}}}")
_NAME = re.compile("[A-Za-z0-9_-]{1,64}")
_KINDS = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
    list: "an array",
}


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of documents, or with `single` one document without an id.

    `ids` is the JSON type of the ids: `number`, `text`, or empty if there is no document yet. `schema` describes the
    documents as JSON Schema: inferred from them, or `given` by the operator, and then also checked.
    """

    name: str
    single: bool = False
    ids: str = UNKNOWN
    schema: Mapping[str, Any] = field(default_factory=dict, hash=False)
    given: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """A collection with its documents in order, each with its id as text (empty for a singleton)."""

    collection: Collection
    documents: list[tuple[str, Document]]


def parsed(raw: bytes) -> Any:
    """The value of a JSON text. Raises DataFault."""
    if len(raw) > MOST_BYTES:
        raise DataFault(f"The data has {len(raw):,} bytes, and may have {MOST_BYTES:,}.")
    try:
        return loads(raw)
    except MalformedJson as error:
        raise DataFault(f"This is not JSON. {error}") from None
    except Invalid as error:
        fault = error.members["errors"][0]
        raise DataFault(f"{fault['pointer']}: {fault['detail']}") from None


def collected(
    content: Any,
    *,
    id_member: str = "id",
    reserved: Names[str] = (),
    schemas: Mapping[str, Mapping[str, Any]] | None = None,
    there: Mapping[str, tuple[str, int]] | None = None,
) -> list[Filled]:
    """The collections of a parsed JSON value. Raises DataFault.

    If collections exist already, `there` has the JSON type of their ids, and their largest number: new ids follow them.
    """
    if isinstance(content, dict) and isinstance(content.get("$schema"), str):
        # A note for editors, as json-server's own example has it.
        content = {name: value for name, value in content.items() if name != "$schema"}
    if not isinstance(content, dict):
        raise DataFault(f"The data must be an object with a member for each collection, and is {kind_of(content)}.")
    schemas, there = schemas or {}, there or {}
    if unknown := [name for name in schemas if name not in content]:
        raise DataFault(f"There is a schema for {unknown[0]}, and no such collection.")
    return [
        _filled(name, value, id_member, reserved, schemas.get(name), *there.get(name, (UNKNOWN, 0)))
        for name, value in content.items()
    ]


def kind_of(value: Any) -> str:
    """A JSON value in words."""
    return _KINDS.get(type(value), "an object")


def id_text(value: Any) -> str | None:
    """An id as it is in paths; None if the value cannot be one."""
    if isinstance(value, str):
        return value if _ID.fullmatch(value) else None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= INTEGER_LIMIT:
        return str(value)
    return None


def kind_of_id(value: Any) -> str:
    """The JSON type of an id."""
    return TEXT if isinstance(value, str) else NUMBER


def drawn_id() -> str:
    """A new random id: 64 bits."""
    return secrets.token_hex(8)


def _filled(
    name: str, value: Any, id_member: str, reserved: Names[str], schema: Mapping[str, Any] | None, ids: str, last: int
) -> Filled:
    if not _NAME.fullmatch(name):
        raise DataFault(
            f"The name {json.dumps(name)[:80]} cannot be in a path: use 1 to 64 letters, digits, `-` and `_`.",
            name,
        )
    if name in reserved:
        raise DataFault(f"The name {name} is reserved: the server itself has /{name}. Use another one.", name)
    if isinstance(value, dict):
        found = inferred([value]) if schema is None else schema
        _check(schema, [((name,), value)])
        return Filled(Collection(name, single=True, schema=found, given=schema is not None), [("", value)])
    if not isinstance(value, list):
        raise DataFault(f"{name} must be an array of objects, or an object, and is {kind_of(value)}.", name)
    if len(value) > MOST_DOCUMENTS:
        raise DataFault(f"{name} has {len(value):,} documents, and may have {MOST_DOCUMENTS:,}.", name)
    documents = list(_with_ids(name, value, id_member, ids, last))
    if schema is not None:  # documents have an id, whatever the schema says of other members
        schema = {**schema, "properties": {id_member: {}, **schema.get("properties", {})}}
    _check(schema, (((name, place), document) for place, (_, document) in enumerate(documents)))
    ids = kind_of_id(documents[0][1][id_member]) if documents else _ids_of(schema or {}, id_member)
    found = inferred([document for _, document in documents]) if schema is None else schema
    return Filled(Collection(name, ids=ids, schema=found, given=schema is not None), documents)


def _check(schema: Mapping[str, Any] | None, documents: Iterable[tuple[Path, Document]]) -> None:
    """Refuse a document that does not meet the schema that was given. The documents come with their places."""
    if schema is None:
        return
    faults_of = checking(schema)
    for place, document in documents:
        for path, _, sentence in faults_of(document):
            whole = (*place, *path)
            shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step:.64}" for step in whole)
            raise DataFault(f"{shown[1:]} does not meet its schema. {sentence}", *whole)


def _ids_of(schema: Mapping[str, Any], id_member: str) -> str:
    """The JSON type of ids that a schema asks for; empty if it leaves the choice."""
    asked = schema.get("properties", {}).get(id_member, {})
    kind = asked.get("type") if isinstance(asked, Mapping) else None
    return {"integer": NUMBER, "number": NUMBER, "string": TEXT}.get(kind if isinstance(kind, str) else "", UNKNOWN)


def _with_ids(name: str, value: list[Any], id_member: str, kind: str, last: int) -> Iterator[tuple[str, Document]]:
    """The documents with their ids; those without one get the next number, or a random text beside other texts.

    `kind` is the JSON type of the ids that exist already, and `last` their largest number.
    """
    places: dict[str, int] = {}
    for place, document in enumerate(value):
        if not isinstance(document, dict):
            raise DataFault(f"{name}[{place}] must be an object, and is {kind_of(document)}.", name, place)
        if id_member not in document:
            continue
        here = f"{name}[{place}], member {id_member}"
        if (text := id_text(document[id_member])) is None:
            shown = json.dumps(document[id_member])[:80]
            raise DataFault(
                f"{here}: {shown} cannot be an id: use whole numbers, or texts of 1 to {LONGEST_ID} "
                "characters without `/`.",
                name,
                place,
                id_member,
            )
        if text in places:
            raise DataFault(f"{here}: {text} is the id of {name}[{places[text]}] already.", name, place, id_member)
        own = kind_of_id(document[id_member])
        if kind not in (UNKNOWN, own):
            raise DataFault(
                f"{here}: {text!r:.80} is a {own}, and the ids before it are {kind}s.", name, place, id_member
            )
        kind, places[text] = own, place
    last = max([last, *map(int, places)]) if kind != TEXT else 0
    for document in value:
        if id_member not in document:
            last += 1
            document = {id_member: drawn_id() if kind == TEXT else last, **document}
        yield str(document[id_member]), document


@dataclass(frozen=True, slots=True)
class Relation:
    """Documents of `child` name one of `parent` in the member `key`, and `word` is the parent in the singular."""

    parent: Collection
    child: Collection
    key: str
    word: str


def relations_of(collections: Names[Collection], key_suffix: str) -> list[Relation]:
    """The relations between collections: a child's documents have a member such as `postId`, for `posts`.

    A child without any document yet may belong to each parent.
    """
    lists = [each for each in collections if not each.single]
    return [
        Relation(parent, child, key, word)
        for parent in lists
        for child in lists
        if (key := f"{(word := singular(parent.name))}{key_suffix}") in child.schema.get("properties", {})
        or (child.ids == UNKNOWN and not child.given and child is not parent)
    ]


_IRREGULAR = {
    "people": "person",
    "men": "man",
    "women": "woman",
    "children": "child",
    "mice": "mouse",
    "geese": "goose",
    "teeth": "tooth",
    "feet": "foot",
    "data": "datum",
    "criteria": "criterion",
    "series": "series",
    "species": "species",
    "news": "news",
    "movies": "movie",
    "cookies": "cookie",
    "ties": "tie",
    "indices": "index",
    "matrices": "matrix",
}


def singular(name: str) -> str:
    """The singular of the English name of a collection: `post` for `posts`, `category` for `categories`."""
    lowered = name.lower()
    for plural, one in _IRREGULAR.items():
        if lowered == plural or lowered.endswith(("_" + plural, "-" + plural)):
            return name[: len(name) - len(plural)] + one
    if lowered.endswith("ies") and len(name) > 3:
        return name[:-3] + "y"
    if lowered.endswith(("sses", "shes", "ches", "xes", "zes")):
        return name[:-2]
    if lowered.endswith("s") and len(name) > 1 and not lowered.endswith(("ss", "us", "is")):
        return name[:-1]
    return name
