"""Collections and schemas in an OpenAPI document: 3.0, 3.1, and Swagger 2.0, in JSON or YAML.

A path `/<name>` is a collection if there is `/<name>/{…}` too, or if its GET answers an array; it is a single document
if its GET answers an object that PUT or PATCH change. Everything else is left out, with a reason.
"""

import json
import re
from collections.abc import Collection as Names
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.rules.json_schema import Schema, SchemaFault, prepared, subschemas
from api.rules.schema_drafts import of_openapi

MOST_BYTES = 16 * 1024 * 1024
_NAME = re.compile("[A-Za-z0-9_-]{1,64}")
_COMPONENTS = "#/components/schemas/"


@dataclass(slots=True)
class Described:
    """What a document describes: `names` of collections with whether each is a single document, schemas, and notes.

    `left_out` has a sentence for each path that is not served.
    """

    names: dict[str, bool] = field(default_factory=dict)
    schemas: dict[str, Schema] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def read_openapi(raw: bytes, reserved: Names[str] = ()) -> Described:
    """Return what the document describes. Raises SchemaFault with the place. `reserved` names are left out."""
    document = _parsed(raw)
    version = document.get("openapi", document.get("swagger")) if isinstance(document, dict) else None
    if not isinstance(version, str) or not re.fullmatch(r"(3\.[01]|2\.0)(\.\d+)?", version):
        raise SchemaFault((), "This is not an OpenAPI document of version 3.0, 3.1 or 2.0.")
    paths = document.get("paths", {})
    if not isinstance(paths, dict):
        raise SchemaFault(("paths",), "This must be an object.")
    return _Reading(document, paths, reserved).described()


def _parsed(raw: bytes) -> Any:
    if len(raw) > MOST_BYTES:
        raise SchemaFault((), f"The document has {len(raw):,} bytes, and may have {MOST_BYTES:,}.")
    try:
        text = raw.decode("utf-8-sig")
        return json.loads(text) if text.lstrip().startswith("{") else _yaml(text)
    except UnicodeDecodeError as error:
        raise SchemaFault((), f"Byte {error.start + 1} is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise SchemaFault((), f"This is not JSON. {error.msg}: line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise SchemaFault((), "The document is nested too deeply.") from None


def _yaml(text: str) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """Without dates: they stay texts, as JSON has them. Aliases could make a document without an end."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # so in the stubs
                raise SchemaFault((), f"Line {mark.line + 1}: aliases are not supported.")
            return super().compose_node(parent, index)

    Loader.yaml_implicit_resolvers = {
        sign: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
        for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    try:
        return _with_text_keys(yaml.load(text, Loader))  # noqa: S506  # a subclass of SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f": line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise SchemaFault((), f"This is neither JSON nor YAML{place}.") from None


def _with_text_keys(value: Any) -> Any:
    """The value with every key as text: YAML reads the status 200 as a number."""
    if isinstance(value, dict):
        return {str(key): _with_text_keys(each) for key, each in value.items()}
    return [_with_text_keys(each) for each in value] if isinstance(value, list) else value


class _Reading:
    """Reads the paths of one document."""

    def __init__(self, document: Mapping[str, Any], paths: Mapping[str, Any], reserved: Names[str]) -> None:
        self._document = document
        self._paths = {path: self._at(item) for path, item in paths.items()}
        self._reserved = reserved
        components = self._at(document.get("components"))
        definitions = {**self._at(document.get("definitions")), **self._at(components.get("schemas"))}
        self._definitions = {name: of_openapi(schema) for name, schema in definitions.items()}
        self._found = Described()

    def described(self) -> Described:
        for path in self._paths:
            segments = path.strip("/").split("/")
            if len(segments) == 1 and not segments[0].startswith("{"):
                self._read(path, segments[0])
        for path in self._paths:
            first, *rest = path.strip("/").split("/")
            names = [each for each in (first, *rest) if not each.startswith("{")]
            if not rest and first in self._found.names:
                continue
            nested = len(rest) == 2 and rest[0].startswith("{") and rest[1] in self._found.names
            outside = (
                first not in self._found.names or (len(rest) > 1 and not nested) or (len(rest) == 1 and len(names) > 1)
            )
            if outside and not any(note.startswith(f"{path}: ") for note in self._found.left_out):
                self._found.left_out.append(f"{path}: it is no collection, and no document of one.")
        return self._found

    def _read(self, path: str, name: str) -> None:
        item = self._paths[path]
        one = next(
            (each for at, each in self._paths.items() if re.fullmatch(rf"/{re.escape(name)}/\{{[^/]+\}}/?", at)), {}
        )
        listed = self._answered(item)
        entry = self._entry(listed)
        single = not one and entry is None and bool(listed) and bool({"put", "patch"} & item.keys())
        if not (one or single or entry is not None):
            return
        if not _NAME.fullmatch(name) or name in self._reserved:
            self._found.left_out.append(f"{path}: the server cannot have a collection of this name.")
            return
        self._found.names[name] = single
        candidates = (
            [listed, self._sent(item, "put")]
            if single
            else [self._answered(one), entry, self._sent(item, "post"), self._sent(one, "put")]
        )
        schema = next((each for each in candidates if self._is_object(each)), None)
        if schema is not None:
            whole = {**schema, "$defs": dict(self._reached(schema))}
            self._found.schemas[name] = prepared(whole, within=("paths", path))

    def _answered(self, item: Mapping[str, Any]) -> Any:
        """The schema of the answer to GET."""
        answers = self._at(self._at(item.get("get")).get("responses"))
        good = next((answers[code] for code in ("200", "2XX", "default") if code in answers), None)
        return self._content(self._at(good))

    def _sent(self, item: Mapping[str, Any], method: str) -> Any:
        """The schema of the body of a request."""
        operation = self._at(item.get(method))
        if "requestBody" in operation:
            return self._content(self._at(operation["requestBody"]))
        parameters = operation.get("parameters", ())
        bodies = [self._at(each) for each in parameters if self._at(each).get("in") == "body"]
        return of_openapi(bodies[0].get("schema")) if bodies else None

    def _content(self, message: Mapping[str, Any]) -> Any:
        if "schema" in message:  # Swagger 2.0
            return of_openapi(message["schema"])
        for media_type, each in self._at(message.get("content")).items():
            if re.match(r"application/(.+\+)?json", media_type) or media_type == "*/*":
                return of_openapi(self._at(each).get("schema"))
        return None

    def _entry(self, schema: Any) -> Any:
        """The schema of the entries of a list: an array, or an object with one array of objects."""
        found = self._resolved(schema)
        if found.get("type") == "array":
            return found.get("items", {})
        arrays = [
            items
            for each in self._at(found.get("properties")).values()
            if (part := self._resolved(each)).get("type") == "array" and self._is_object(items := part.get("items"))
        ]
        return arrays[0] if len(arrays) == 1 and not self._at(found.get("properties")).keys() & {"id"} else None

    def _is_object(self, schema: Any) -> bool:
        found = self._resolved(schema)
        kinds = found.get("type", "object" if {"properties", "allOf", "oneOf", "anyOf"} & found.keys() else None)
        return bool(found) and "object" in (kinds if isinstance(kinds, list) else [kinds])

    def _resolved(self, schema: Any) -> Mapping[str, Any]:
        seen: set[str] = set()
        while isinstance(schema, Mapping) and isinstance(name := schema.get("$ref"), str) and name not in seen:
            seen.add(name)
            schema = self._definitions.get(name.removeprefix("#/$defs/"))
        return schema if isinstance(schema, Mapping) else {}

    def _reached(self, schema: Any) -> Iterator[tuple[str, Any]]:
        """The definitions that a schema needs."""
        pending, seen = [schema], set[str]()
        while pending:
            for _, part in subschemas(pending.pop()):
                name = part.get("$ref") if isinstance(part, dict) else None
                name = name.removeprefix("#/$defs/") if isinstance(name, str) else ""
                if name in self._definitions and name not in seen:
                    seen.add(name)
                    pending.append(self._definitions[name])
                    yield name, self._definitions[name]

    def _at(self, node: Any) -> dict[str, Any]:
        """The object, or the one that its `$ref` names; an empty one for anything else."""
        for _ in range(10):
            reference = node.get("$ref") if isinstance(node, Mapping) else None
            if not isinstance(reference, str) or not reference.startswith("#/") or reference.startswith(_COMPONENTS):
                break
            node = self._document
            for step in reference[2:].split("/"):
                node = node.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(node, Mapping) else None
        return dict(node) if isinstance(node, Mapping) else {}
