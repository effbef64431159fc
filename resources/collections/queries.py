"""The parsers of the queries of own collections."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from api.kit import InvalidCursor, InvalidParameter, RequestParser, current_request
from api.rules.document_queries import Query, parse
from api.rules.document_values import Path, schema_has
from api.rules.own_options import TOUCHSTONE
from api.web.queries import list_parameters, typed_dict
from resources.collections.kinds import Kind

SCALARS = ("string", "integer", "number", "boolean")
TOUCHSTONES = ("limit", "cursor", "count", "sort", "fields")
Texts = Mapping[str, list[str]]
_WHOLE = {"type": "integer", "minimum": 0}
_NAMES = {"type": "string"}
# The parameters that every list has, with what they mean.
SAID: dict[str, tuple[dict[str, Any], str]] = {
    "q": (_NAMES, "A text that any value of the document contains."),
    "_sort": (_NAMES, "Members to sort by, in this order; `-` before one sorts it in descending order."),
    "_order": ({"type": "string", "enum": ["asc", "desc"]}, "`asc` or `desc`, for each member of `_sort`."),
    "_start": (_WHOLE, "The first document, counted from 0."),
    "_end": (_WHOLE, "The document before which the part ends."),
    "_limit": (_WHOLE, "The number of documents."),
    "_page": ({**_WHOLE, "minimum": 1}, "The number of the page."),
    "_per_page": ({**_WHOLE, "minimum": 1}, "The number of documents of a page, which then is an object with `data`."),
    "_embed": (_NAMES, "Children to add to each document, or the parent."),
    "_expand": (_NAMES, "The parent to add to each document."),
    "_where": (_NAMES, 'A condition in JSON, such as `{"or": [{"views": {"gt": 1}}]}`.'),
}


class CollectionQuery(RequestParser):
    """The query of a list. `parse_args` returns `{"query": Query}` and, in our style, its own parameters."""

    unknown_name = "_no_such_parameter"  # any other name may be that of a member

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.ours = TOUCHSTONES if kind.options.style == TOUCHSTONE else ()
        known = {**list_parameters(()), "sort": str, "fields": str}
        super().__init__(typed_dict("CollectionQuery", {name: known[name] for name in self.ours}), location="args")
        self.refuses = (InvalidParameter, InvalidCursor)

    def parse_args(self, current: Any = None) -> dict[str, Any]:
        """Parse the query of the request. Raises InvalidParameter."""
        parameters = current_request().parameters
        own = {name: texts for name, texts in parameters.items() if name in self.ours}
        others = {name: texts for name, texts in parameters.items() if name not in self.ours}
        found = self._parse_strings(own, "parameter") if self.ours else {}
        if "sort" in found:
            others = {"_sort": [found["sort"]], **others}
        query = parse(others, self.is_member)
        if (query.is_cut or query.start is not None) and (paged := {"limit", "cursor"} & own.keys()):
            detail = "This does not go together with _start, _end, _limit and _page."
            raise InvalidParameter(errors=[{"parameter": min(paged), "code": "not_here", "detail": detail}])
        return {**found, "query": query, "fields": tuple(filter(None, found.get("fields", "").split(",")))}

    def is_member(self, name: str) -> bool:
        """Whether documents are known to have a member of this name."""
        return name in self.kind.collection.schema.get("properties", {})

    def unknown(self, query: Query, fields: Sequence[str]) -> list[tuple[str, str, Path]]:
        """The members that a query asks for and the schema does not have: the parameter, the name, and the path."""
        schema = self.kind.collection.schema
        asked = [*query.members, *(("fields", name, (name,)) for name in fields)]
        return [each for each in asked if not self.is_member(each[1]) and not schema_has(schema, each[2])]

    def of_controls(self, parameters: Texts) -> dict[str, list[str]]:
        """Return the query that the controls of a page mean: empty ones are left out."""
        return {name: filled for name, values in parameters.items() if (filled := [each for each in values if each])}

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the parameters, for descriptions and controls."""
        found: dict[str, Any] = {}
        if self.ours:
            found |= TypeAdapter(self.model).json_schema()["properties"]
            members = [*self.kind.collection.schema.get("properties", {})] or [self.kind.options.id_member]
            found["sort"] = listed([sign + name for name in members for sign in ("", "-")])
            found["fields"] = listed(members)
        found |= {name: {**schema, "description": text} for name, (schema, text) in SAID.items()}
        if not self.kind.relations_of_child and not self.kind.relations_of_parent:
            del found["_embed"], found["_expand"]
        for member, schema in self.kind.collection.schema.get("properties", {}).items():
            if schema.get("type") in SCALARS and member not in found:
                found[member] = {"type": schema["type"], "description": f"`{member}` equals this."}
        return {"type": "object", "properties": found}


def listed(names: list[str]) -> dict[str, Any]:
    """The schema of names separated by commas."""
    return {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1, "uniqueItems": True}


class RelationQuery(RequestParser):
    """The query of one document: `_embed` and `_expand`, and in our style `fields`."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        related = kind.relations_of_child or kind.relations_of_parent
        names = [*(("_embed", "_expand") if related else ())]
        if kind.options.style == TOUCHSTONE:
            names.append("fields")
        super().__init__(typed_dict("DocumentQuery", dict.fromkeys(names, str)), location="args")

    def parse_args(self, current: Any = None) -> dict[str, Any]:
        """Parse the query of the request. Raises InvalidParameter."""
        parameters = current_request().parameters
        if unknown := [name for name in parameters if name not in self.names]:
            raise InvalidParameter(
                errors=[
                    {"parameter": name, "code": "unknown", "detail": "There is no such parameter here."}
                    for name in unknown
                ]
            )
        found = self._parse_strings({name: parameters[name] for name in ("fields",) if name in parameters}, "parameter")
        others = {name: texts for name, texts in parameters.items() if name != "fields"}
        fields = tuple(filter(None, found.get("fields", "").split(",")))
        return {"query": parse(others, lambda _: False), "fields": fields}

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the parameters."""
        members = [*self.kind.collection.schema.get("properties", {})] or [self.kind.options.id_member]
        found = {name: {**SAID[name][0], "description": SAID[name][1]} for name in self.names if name in SAID}
        if "fields" in self.names:
            found["fields"] = listed(members)
        return {"type": "object", "properties": found}

    def check_fields(self, fields: Sequence[str], document: Mapping[str, Any]) -> None:
        """Raise InvalidParameter for a member that neither the document nor the schema has."""
        known = self.kind.collection.schema.get("properties", {})
        if wrong := [name for name in fields if name not in document and name not in known]:
            detail = f"There is no member {wrong[0]:.64} here."
            raise InvalidParameter(errors=[{"parameter": "fields", "code": "unknown", "detail": detail}])


class DependentQuery(RequestParser):
    """The query of a deletion: `_dependent` names the children that are deleted too."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        names = ["_dependent"] if kind.relations_of_parent else []
        super().__init__(typed_dict("DeletionQuery", dict.fromkeys(names, str)), location="args")

    def parse_args(self, current: Any = None) -> dict[str, Any]:
        """Return `{"children": [collection, …]}`, or None for it if it was not sent. Raises InvalidParameter."""
        parameters = current_request().parameters
        known = {each.child.name for each in self.kind.relations_of_parent}
        names = [name for text in parameters.get("_dependent", ()) for name in text.split(",")]
        wrong = [
            {"parameter": name, "code": "unknown", "detail": "There is no such parameter here."}
            for name in parameters
            if name != "_dependent" or not known
        ]
        if bad := [name for name in names if name not in known] if not wrong else []:
            detail = f"This must be among {', '.join(sorted(known))}: {bad[0]:.64} has no documents of these."
            wrong.append({"parameter": "_dependent", "code": "not_a_choice", "detail": detail})
        if wrong:
            raise InvalidParameter(errors=wrong)
        return {"children": list(dict.fromkeys(names)) if "_dependent" in parameters else None}

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the parameters."""
        text = "The collections whose documents of this one are deleted too."
        return {"type": "object", "properties": {name: {**_NAMES, "description": text} for name in self.names}}
