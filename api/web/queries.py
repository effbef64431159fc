"""The query of a list: its parameters and their values (CONTRACT §4).

The kind of a field defines how its values are read, and its operators. The fields of a list
give one TypedDict, and RequestParser checks queries against it. Every
parameter is therefore known, typed, and can be published.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict  # before Python 3.12, pydantic supports only this one

from api.rules import validation
from api.rules.cursors import LONGEST_CURSOR
from api.rules.words import words
from api.web.fields import Flag, RowId, Timestamp, Whole

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
ALL = "all"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of field: the type of its values, and its operators in addition to plain equality."""

    type: Any
    operators: tuple[str, ...]


ORDERED = ("lt", "lte", "gt", "gte", "ne", "in")
TEXT = Kind(str, (*ORDERED, "contains", "startswith"))
ID = Kind(RowId, ORDERED)
NUMBER = Kind(Whole, ORDERED)
TIME = Kind(Timestamp, ORDERED)
TAGS = Kind(str, ("ne", "in"))


def choice(of: Any) -> Kind:
    """Return the kind of a field that is one of a few words, given as a Literal."""
    return Kind(of, ("ne", "in"))


def list_query(
    name: str, *, filters: Mapping[str, Kind], sortable: Sequence[str], fields: Sequence[str], search: bool
) -> Any:
    """Build the TypedDict of a list's query, for a RequestParser with location "args"."""
    known = list_parameters(fields)
    parameters: dict[str, Any] = {
        "limit": known["limit"],
        "cursor": known["cursor"],
        "sort": Annotated[
            str,
            AfterValidator(_names_of(sortable, signed=True)),
            _listed({"type": "string", "enum": [sign + name for name in sortable for sign in ("", "-")]}),
        ],
        "fields": known["fields"],
        "count": known["count"],
    }
    if search:
        parameters["q"] = Annotated[str, AfterValidator(_search_words), WithJsonSchema(SEARCH_SCHEMA)]
    for field, kind in filters.items():
        parameters[field] = kind.type
        for operator in kind.operators:
            parameters[f"{field}:{operator}"] = _several(kind.type) if operator == "in" else kind.type
    return typed_dict(name, parameters)


def list_parameters(fields: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of any list; `fields` are the members of its items."""
    return {
        "limit": Annotated[str, AfterValidator(_limit), WithJsonSchema(LIMIT_SCHEMA)],
        "cursor": Annotated[str, Field(min_length=1, max_length=LONGEST_CURSOR, json_schema_extra=CURSOR_SCHEMA)],
        "fields": Annotated[str, AfterValidator(_names_of(fields)), _listed({"type": "string", "enum": list(fields)})],
        "count": Flag,
    }


def fields_query(name: str, fields: Sequence[str]) -> Any:
    """Build the query of one item, which has only `fields`."""
    shown = Annotated[str, AfterValidator(_names_of(fields)), _listed({"type": "string", "enum": list(fields)})]
    return typed_dict(name, {"fields": shown})


def typed_dict(name: str, parameters: dict[str, Any]) -> Any:
    """Return a TypedDict whose keys are all optional, and which allows no others."""
    query = TypedDict(name, parameters, total=False)  # type: ignore[misc]  # its keys are known at run time only
    config = ConfigDict(extra="forbid", strict=True)
    query.__pydantic_config__ = config  # type: ignore[attr-defined]  # where pydantic looks for it
    return query


# Letters and digits of other scripts also form words, but no pattern that all schema readers know describes them.
SEARCH_SCHEMA: dict[str, Any] = {"type": "string", "pattern": "[A-Za-z0-9]"}
# pydantic does not check it: a text that this server did not create is refused as an invalid cursor.
CURSOR_SCHEMA: dict[str, Any] = {"pattern": "^[A-Za-z0-9_-]+$"}
LIMIT_SCHEMA: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}


def _listed(items: dict[str, Any]) -> WithJsonSchema:
    """Return the schema of names separated by commas."""
    return WithJsonSchema({"type": "array", "items": items, "minItems": 1, "uniqueItems": True})


def _limit(text: str) -> int | None:
    if text == ALL:
        return None
    if text.isascii() and text.isdigit() and text[0] != "0" and len(text) <= 3 and int(text) <= MAX_LIMIT:
        return int(text)
    raise PydanticCustomError("out_of_range", "This must be a whole number from 1 to 100, or all for CSV and NDJSON.")


def _names_of(known: Sequence[str], *, signed: bool = False) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        asked = text.split(",")
        names = [name.removeprefix("-") for name in asked] if signed else asked
        if not set(names) <= set(known):
            raise PydanticCustomError(
                "not_a_choice", "This must be a comma-separated list of: {known}.", {"known": ", ".join(known)}
            )
        if len(set(names)) < len(names):
            raise PydanticCustomError("repeated", "This must not name a field more than once.")
        return asked

    return read


def _several(kind: Any) -> Any:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def read(text: str) -> list[Any]:
        try:
            return [adapter.validate_strings(each) for each in text.split(",")]
        except ValidationError as error:
            fault = validation.sentence(error.errors()[0])
            raise PydanticCustomError("not_a_choice", "{fault}", {"fault": fault}) from None

    return Annotated[
        str, AfterValidator(read), WithJsonSchema({"type": "array", "items": adapter.json_schema(), "minItems": 1})
    ]


def _search_words(text: str) -> list[str]:
    if not (found := words(text)):
        raise PydanticCustomError("no_words", "This must contain a word to search for: letters or digits.")
    return found
