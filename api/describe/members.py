"""Converts members of JSON objects to fields of HTML forms and back, by their JSON Schema."""

import json
import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

from api.rules.clock import parse_timestamp, timestamp
from api.rules.forms import as_moment
from api.rules.problems import Invalid, MalformedJson
from api.rules.strict_json import loads

Schema = dict[str, Any]

# The value of a member that the form leaves out.
ABSENT = object()
# Between the name of an object and the name of its member.
DOT = "."
# Texts up to this many characters get a field of one line.
ONE_LINE = 300

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,300})(\.[0-9]{1,300})?([eE][+-]?[0-9]{1,3})?")


class Member:
    """One member of an object: the kind of its field, and its value as text.

    Kinds are line, prose, password, moment, number, flag, choice, choices, lines, and json for everything else.
    """

    def __init__(self, name: str, schema: Schema, *, required: bool) -> None:
        self.name = name
        self.required = required
        options = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
        self.nullable = len(options) < len(schema.get("anyOf", ()))
        # A field cannot offer a choice between several schemas.
        self.schema: Schema = {**schema, **options[0]} if len(options) == 1 else schema
        self.kind = self._kind()

    def _kind(self) -> str:
        schema = self.schema
        if "enum" in schema or "const" in schema:
            return "choice"
        match schema.get("type"):
            case "boolean":
                return "choice" if self.nullable else "flag"
            case "integer" | "number":
                return "number"
            case "string":
                return self._kind_of_text(schema)
            case "array":
                items = schema.get("items", {})
                if "enum" in items:
                    return "choices"
                return "lines" if items.get("type") in ("string", "integer", "number") else "json"
        return "json"

    def _kind_of_text(self, schema: Schema) -> str:
        known = {"date-time": "moment", "password": "password"}.get(schema.get("format", ""))
        if known:
            return known
        longest = schema.get("maxLength")
        return "line" if "pattern" in schema or (longest is not None and longest <= ONE_LINE) else "prose"

    @property
    def choices(self) -> list[Any]:
        """The values to choose from."""
        schema = self.schema.get("items", {}) if self.kind == "choices" else self.schema
        if schema.get("type") == "boolean":
            return [True, False]
        found: list[Any] = schema.get("enum", [schema["const"]] if "const" in schema else [])
        return found

    @property
    def hint(self) -> str:
        """A hint for the field, in short sentences."""
        schema, notes = self.schema, []
        if description := schema.get("description"):
            notes.append(description)
        if self.kind == "lines":
            notes.append(f"One a line. {schema.get('items', {}).get('description', '')}".rstrip())
        if self.kind == "moment":
            notes.append("In UTC.")
        if self.kind == "json":
            notes.append("JSON.")
            notes += [
                f"For example: {json.dumps(each, ensure_ascii=False)}." for each in schema.get("examples", ())[:1]
            ]
        if self.kind in ("prose", "password") and (longest := schema.get("maxLength")):
            least = schema.get("minLength")
            notes.append(f"{f'{least} to ' if least else 'At most '}{longest:,} characters.")
        if not self.required and not self.nullable and self.kind not in ("flag", "choice", "choices"):
            notes.append("Optional.")
        return " ".join(notes)

    def text(self, value: Any) -> list[str]:
        """A value as the texts of a field: one, or several for choices."""
        if value is None:
            return [""]
        match self.kind:
            case "choices":
                return [as_choice(each) for each in value]
            case "lines":
                return ["\n".join(str(each) for each in value)]
            case "flag":
                return ["true"] if value else []
            case "choice":
                return [as_choice(value)]
            case "password":
                return [""]
            case "moment":
                # The field shows UTC, and takes no offset.
                moment = None if str(value).endswith("Z") else parse_timestamp(str(value))
                return [(timestamp(moment) if moment else str(value)).removesuffix("Z")]
            case "json":
                return [json.dumps(value, ensure_ascii=False, indent=2)]
        return [str(value)]

    def value(self, texts: list[str]) -> Any:
        """The value of the submitted texts, or ABSENT.

        A text that does not fit is returned unchanged, so that the resource reports the fault.
        """
        match self.kind:
            case "flag":
                return bool(texts)
            case "choices":
                return [self._chosen(text) for text in texts] if texts else self._empty([])
            case "lines":
                number = self.schema.get("items", {}).get("type") != "string"
                lines = [line.strip() for line in "\n".join(texts).splitlines() if line.strip()]
                return [as_number(line) if number else line for line in lines] if lines else self._empty([])
        if not texts:
            return ABSENT
        # Browsers send CR LF (HTML §4.10.21.4).
        text = texts[0].replace("\r\n", "\n")
        if not text:
            return self._empty("" if self.kind in ("line", "prose", "password") else ABSENT)
        match self.kind:
            case "choice":
                return self._chosen(text)
            case "number":
                return as_number(text)
            case "moment":
                return as_moment(text)
            case "json":
                return as_json(text)
        return text

    def _empty(self, nothing: Any) -> Any:
        if self.nullable:
            return None
        # If the default has the same type, the empty value can be intended.
        meant = self.required or isinstance(self.schema.get("default"), type(nothing))
        return nothing if meant else ABSENT

    def _chosen(self, text: str) -> Any:
        return next((each for each in self.choices if as_choice(each) == text), text)


def members_of(parser: Any) -> list[Member]:
    """The members that a parser of bodies accepts, except read-only ones.

    Instead of an object with known members, they have its members, whose names start with its name: `match.path`.
    """
    schema = parser.json_schema()
    return [
        inner
        for member in _members(schema, schema)
        if member.name not in parser.read_only
        for inner in ([*_members(member.schema, schema, member)] if "properties" in member.schema else [member])
    ]


def _members(schema: Schema, root: Schema, of: Member | None = None) -> Iterator[Member]:
    required = schema.get("required", ()) if of is None or of.required else ()
    for name, each in schema.get("properties", {}).items():
        full_name = f"{of.name}{DOT}{name}" if of else name
        yield Member(full_name, resolved(each, root), required=name in required)


def resolved(schema: Schema, root: Schema) -> Schema:
    """The schema with references resolved, one level deep, which is enough for fields of a form."""
    found = dict(schema)
    if "$ref" in found:
        found = {**root["$defs"][found.pop("$ref").rpartition("/")[2]], **found}
    if "items" in found:
        found["items"] = resolved(found["items"], root)
    if "anyOf" in found:
        found["anyOf"] = [resolved(each, root) for each in found["anyOf"]]
    return found


def as_choice(value: Any) -> str:
    """The text of a choice."""
    return value if isinstance(value, str) else json.dumps(value)


def as_number(text: str) -> Any:
    """The number in a text, otherwise the text."""
    text = text.strip()
    match = _NUMBER.fullmatch(text)
    if not match:
        return text
    number = float(text) if match[1] or match[2] else int(text)
    return number if isfinite(number) else text


def as_json(text: str) -> Any:
    """The value of a JSON text; any other text unchanged."""
    try:
        return loads(text.encode())
    except (Invalid, MalformedJson):
        return text
