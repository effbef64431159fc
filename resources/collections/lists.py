"""Lists of documents, in the style of json-server and in our own."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from api.kit import (
    Answer,
    Connection,
    InvalidParameter,
    current_request,
    link_prefix,
    reading,
    representations,
    services,
)
from api.rules.cursors import read_cursor, sign_cursor
from api.rules.document_matching import found, ordered, tests_of
from api.rules.document_queries import Query
from api.rules.document_values import ABSENT, at, order_key
from api.rules.media import JSON, JSON_V1, XML
from api.rules.own_data import Document
from api.rules.own_options import TOUCHSTONE
from api.store.documents import Scanned, count_documents, read_part, scan
from api.web.queries import DEFAULT_LIMIT
from api.web.representations import CSV, NDJSON, Page
from resources.collections.kinds import Kind
from resources.collections.queries import CollectionQuery

# Characters of a text in a cursor. A longer one is compared by its start, if its document is gone.
LONGEST_KEY = 120
# Parameters that a cursor does not depend on.
UNBOUND = ("limit", "cursor", "count", "fields")


class BarePage(Page):
    """A part of a collection as json-server answers it: `plain` is what JSON has, an array or an object."""

    def __init__(self, items: Sequence[Document], columns: Sequence[str], plain: Any = None) -> None:
        super().__init__(items, columns)
        del self["next"]
        self.plain = items if plain is None else plain


def plain_json(data: Any, noun: str, links: representations.Links) -> bytes:
    """JSON as json-server answers it: a bare array, or a page as an object."""
    return representations.to_json(getattr(data, "plain", data), noun, links)


def plain_xml(data: Any, noun: str, links: representations.Links) -> bytes:
    """The same in XML."""
    return representations.as_xml(getattr(data, "plain", data), noun, links)


BARE: dict[str, representations.Renderer] = {
    **representations.LIST,
    **dict.fromkeys((JSON, JSON_V1), plain_json),
    XML: plain_xml,
}


def body_of(stored: Scanned) -> Document:
    """The document of a row."""
    return stored.body


class Selected:
    """The documents that a query finds, in their order, before they are cut."""

    def __init__(self, db: Connection, kind: Kind, parser: CollectionQuery, rows: list[Scanned] | None) -> None:
        self.db, self.kind, self.parser = db, kind, parser
        self._rows = rows

    def all(self, query: Query, fields: Sequence[str]) -> list[Scanned]:
        """Every document that the query finds. Raises InvalidParameter for a member that nothing has."""
        rows = scan(self.db, self.kind.name) if self._rows is None else self._rows
        wrong = [
            {"parameter": parameter, "code": "unknown", "detail": f"No document here has the member {name:.64}."}
            for parameter, name, path in self.parser.unknown(query, fields)
            if (rows or self.kind.collection.given) and all(at(each.body, name, path) is ABSENT for each in rows)
        ]
        if wrong:
            raise InvalidParameter(errors=wrong)
        tests = tests_of(query, by_words=self.kind.options.style == TOUCHSTONE)
        return ordered(found(rows, tests, body_of), query.order, body_of)

    def part(self, query: Query, fields: Sequence[str], start: int, end: int | None) -> tuple[list[Scanned], int]:
        """The documents from `start` to `end`, and the number of all."""
        whole = query.filters or query.order or query.where is not None or query.q is not None or fields
        if whole or self._rows is not None or end is None:
            rows = self.all(query, fields)
            return rows[start:end], len(rows)
        return read_part(self.db, self.kind.name, start, max(end - start, 0)), count_documents(self.db, self.kind.name)


def list_answer(
    kind: Kind, parser: CollectionQuery, asked: Mapping[str, Any], rows: list[Scanned] | None, db: Connection
) -> Answer:
    """Answer with the documents that the query asks for, out of `rows` (None: of the whole collection)."""
    query: Query = asked["query"]
    selected = Selected(db, kind, parser, rows)
    if kind.options.style != TOUCHSTONE:
        return _bare(selected, query)
    if query.is_cut or query.start is not None:
        return _numbered(selected, query, asked)
    return _by_cursor(selected, query, asked)


def read_list(kind: Kind, parser: CollectionQuery) -> Answer:
    """Answer with a list of the collection."""
    asked = parser.parse_args()  # 400
    with reading() as db:
        return list_answer(kind, parser, asked, None, db)


def _bare(selected: Selected, query: Query) -> Answer:
    kind, fields = selected.kind, {}
    start, end = _bounds(query)
    rows, total = selected.part(query, (), start, end)
    last = max(-(-total // query.size), 1)
    if query.numbered and (query.page or 1) > last:
        query = replace(query, page=last)  # as json-server 1.0 does
        rows, total = selected.part(query, (), *_bounds(query))
    items = kind.with_related(selected.db, [each.body for each in rows], query)
    if query.is_cut:
        fields["X-Total-Count"] = str(total)
    if query.page is not None and (links := _links(query, total, last)):
        fields["Link"] = links
    plain = _envelope(query, items, total, last) if query.numbered else None
    return BarePage(items, _columns(kind, items), plain), HTTPStatus.OK, fields


def _bounds(query: Query) -> tuple[int, int | None]:
    if query.page is not None:
        return (query.page - 1) * query.size, query.page * query.size
    return query.start or 0, query.end


def _envelope(query: Query, items: Sequence[Document], total: int, last: int) -> dict[str, Any]:
    page = query.page or 1
    return {
        "first": 1,
        "prev": page - 1 if page > 1 else None,
        "next": page + 1 if page < last else None,
        "last": last,
        "pages": last,
        "items": total,
        "data": items,
    }


def _links(query: Query, total: int, last: int) -> str:
    """The Link field of a page, as json-server writes it; empty if everything is on one page."""
    page = query.page or 1
    if total <= query.size:
        return ""
    pages = {"first": 1, "prev": page - 1, "next": page + 1, "last": last}
    known = {name: number for name, number in pages.items() if 1 <= number <= last and page <= last}
    return ", ".join(f'<{_link(_page=str(number))}>; rel="{name}"' for name, number in known.items())


def _link(**changed: str | None) -> str:
    request = current_request()
    kept = [(name, text) for name, texts in {**request.parameters, **changed}.items() for text in _texts(texts)]
    query = urlencode(kept, safe="!$'()*,:;@/?")
    return f"{link_prefix()}{request.target.partition('?')[0]}" + (f"?{query}" if query else "")


def _texts(sent: list[str] | str | None) -> list[str]:
    return [sent] if isinstance(sent, str) else sent or []


def _columns(kind: Kind, items: Sequence[Document]) -> list[str]:
    """The members of the documents, those of the schema first."""
    there = dict.fromkeys(name for each in items for name in each)
    known = [name for name in kind.collection.schema.get("properties", {}) if name in there or not items]
    return [*known, *(name for name in there if name not in known)]


def _picked(items: Sequence[Document], fields: Sequence[str]) -> list[Document]:
    return [{name: each[name] for name in fields if name in each} for each in items] if fields else list(items)


def _numbered(selected: Selected, query: Query, asked: Mapping[str, Any]) -> Answer:
    """A slice or a numbered page in our style."""
    start, end = _bounds(query)
    rows, total = selected.part(query, asked["fields"], start, end)
    items = _picked(selected.kind.with_related(selected.db, [each.body for each in rows], query), asked["fields"])
    following = None
    fields = {"X-Total-Count": str(total)}
    if query.page is not None:
        last = max(-(-total // query.size), 1)
        following = _link(_page=str(query.page + 1)) if query.page < last else None
        if links := _links(query, total, last):
            fields["Link"] = links
    page = Page(items, _columns(selected.kind, items), following, total if asked.get("count") else None)
    return page, HTTPStatus.OK, fields


def _by_cursor(selected: Selected, query: Query, asked: Mapping[str, Any]) -> Answer:
    """A page in our style, with cursors for the next and the previous one."""
    request, kind = current_request(), selected.kind
    if asked.get("count") and request.representation in (CSV, NDJSON):
        raise _refused("count", "CSV and NDJSON cannot include a total.")
    limit = asked.get("limit", DEFAULT_LIMIT)
    if limit is None and request.representation not in (CSV, NDJSON):
        raise _refused("limit", "Only CSV and NDJSON can return all items. Use pages for other formats.")
    if limit is None and "cursor" in asked:
        raise _refused("cursor", "A list of all items has no pages, so it takes no cursor.")
    bound = {name: texts for name, texts in request.parameters.items() if name not in UNBOUND}
    binding = json.dumps([request.space.file if request.space else "", request.path, sorted(bound.items())])
    rows = selected.all(query, asked["fields"])
    start, end = _cut(rows, query, asked.get("cursor"), binding, len(rows) if limit is None else limit)
    shown = rows[start:end]
    items = _picked(kind.with_related(selected.db, [each.body for each in shown], query), asked["fields"])
    links = {"first": _link(cursor=None)}
    if end < len(rows) and shown:
        links["next"] = _link(cursor=_cursor(binding, query, shown[-1], "next"))
    if start > 0 and shown:
        links["prev"] = _link(cursor=_cursor(binding, query, shown[0], "prev"))
    link = ", ".join(f'<{target}>; rel="{relation}"' for relation, target in links.items())
    page = Page(items, _columns(kind, items), links.get("next"), len(rows) if asked.get("count") else None)
    return page, HTTPStatus.OK, {"Link": link}


def _cut(rows: list[Scanned], query: Query, cursor: str | None, binding: str, limit: int) -> tuple[int, int]:
    """Where the page starts and ends."""
    if cursor is None:
        return 0, limit
    place, direction = read_cursor(services().secret, binding, cursor)
    seen, keys = place[0], place[1:]
    same = next((number for number, each in enumerate(rows) if each.position == seen), None)
    if same is None:  # it was deleted, or does not match any more
        before = [number for number, each in enumerate(rows) if _precedes(each, query, keys, seen)]
        after = before[-1] + 1 if before else 0
        return (after, after + limit) if direction == "next" else (max(after - limit, 0), after)
    return (same + 1, same + 1 + limit) if direction == "next" else (max(same - limit, 0), same)


def _keys(row: Scanned, query: Query) -> list[tuple[int, Any]]:
    keys = [order_key(at(row.body, each.name, each.path)) for each in query.order]
    return [(rank, value[:LONGEST_KEY] if isinstance(value, str) else value) for rank, value in keys]


def _precedes(row: Scanned, query: Query, keys: Sequence[Any], position: Any) -> bool:
    for own, other, order in zip(_keys(row, query), keys, query.order, strict=True):
        if own != (there := tuple(other)):
            return bool(own > there if order.descending else own < there)
    return bool(row.position < position)


def _cursor(binding: str, query: Query, row: Scanned, direction: Any) -> str:
    position: Any = [row.position, *_keys(row, query)]
    return sign_cursor(services().secret, binding, position, direction)


def _refused(parameter: str, detail: str) -> InvalidParameter:
    return InvalidParameter(errors=[{"parameter": parameter, "code": "not_here", "detail": detail}])
