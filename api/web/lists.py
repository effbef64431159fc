"""Lists: paging, filters, sort, fields and search, declared once and served by one call (CONTRACT §4)."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from itertools import chain, islice
from typing import Any
from urllib.parse import urlencode

from api.rules.accounts import Account
from api.rules.cursors import Direction, read_cursor, sign_cursor
from api.rules.problems import InvalidCursor, InvalidParameter
from api.store.columns import Table
from api.store.database import Connection, Database
from api.store.filters import Condition
from api.store.pages import Selection, Slice, Sort, count, fetch_slice
from api.store.rows import Row, as_row, names
from api.store.search import SearchIndex, query
from api.web.auth import reader
from api.web.parsers import RequestParser
from api.web.queries import DEFAULT_LIMIT, Kind, fields_query, list_query
from api.web.representations import CSV, NDJSON, Page, Stream
from api.web.request import current_request, services
from api.web.resource import Answer, link_prefix
from api.web.storage import database, reading

# Rows that a stream reads at once: 20 MB if each has the longest body. Each reader may hold this much.
STREAM_ROWS = 50

Columns = Sequence[str]
# Returns the selection of a list, and the values to bind in it.
Select = Callable[[Connection], tuple[Selection, dict[str, Any]]]


class Listing:
    """The declaration of a table's list: which members can be filtered, sorted and searched.

    `query` parses the list's parameters, `member_query` those of one item.
    `shown` names the members that exist for clients (default: every column).
    `seen` returns those of them that an account may see of a row, or of any row if the row is None.
    """

    def __init__(
        self,
        table: Table,
        *,
        filters: Mapping[str, Kind],
        sortable: Sequence[str],
        default: str = "-id",
        search: SearchIndex | None = None,
        shown: Columns | None = None,
        seen: Callable[[Account | None, Row | None], Columns] | None = None,
    ) -> None:
        self.seen = seen
        self.table = table
        self.filters = filters
        self.default: Sort = tuple(default.split(","))
        self.search = search
        self.shown: tuple[str, ...] = tuple(shown or names(table))
        title = table.name.capitalize()
        self.query = RequestParser(
            list_query(
                f"{title}Query", filters=filters, sortable=sortable, fields=self.shown, search=search is not None
            ),
            location="args",
        )
        self.query.refuses = (*self.query.refuses, InvalidCursor)
        self.member_query = RequestParser(fields_query(f"{title}ItemQuery", self.shown), location="args")

    def member(self, row: Row, asked: Mapping[str, Any], account: Account | None = None) -> Row:
        """Return one row as `account` sees it, or only the members that `fields` requests."""
        if self.seen is None:
            return {name: row[name] for name in asked.get("fields", self.shown)}
        seen = self.seen(account, row)
        return {name: row[name] for name in asked.get("fields", seen) if name in seen}

    def columns(self, asked: Mapping[str, Any], account: Account | None, row: Row | None = None) -> Columns:
        """Return the members to show. Raises InvalidParameter if `fields` has one that `account` may not see."""
        seen = self.seen(account, row) if self.seen else self.shown
        asked_for: Columns = asked.get("fields", seen)
        if hidden := [name for name in asked_for if name not in seen]:
            raise _refused("fields", f"You may not see {', '.join(hidden)} here.")
        return asked_for

    def answer(self, *visible: Condition, **known: Any) -> Answer:
        """Parse the query, and respond with a page, or with a stream of everything for `limit=all`.

        `visible` are conditions on the rows that the reader may see, created once. `known` has the values of their
        parameters. Raises InvalidParameter, InvalidCursor.
        """
        asked = self.query.parse_args()
        account = reader()
        sort = self._sort(asked)
        request = current_request()
        # Each generation of a space has another file, so its cursors are refused elsewhere.
        place = [request.path, request.space.file] if request.space else [request.path]
        binding = json.dumps([*place, sort, sorted(self._bound(asked).items())])
        position, direction = self._position(asked, binding)
        columns = self.columns(asked, account)
        if "count" in asked and current_request().representation in (CSV, NDJSON):
            raise _refused("count", "CSV and NDJSON cannot include a total.")
        if asked.get("limit", DEFAULT_LIMIT) is None:
            return self._stream(asked, partial(self._select, asked, visible, known), sort, columns, account)
        with reading() as db:
            selection, bound = self._select(asked, visible, known, db)
            part = fetch_slice(db, selection, bound, sort, asked.get("limit", DEFAULT_LIMIT), position, direction)
            total = count(db, selection, bound) if asked.get("count") else None
        rows = [as_row(self.table, row) for row in part.rows]
        links = {"first": self._link(None)}
        if part.after and rows:
            links["next"] = self._link(self._cursor(binding, sort, rows[-1], "next"))
        if part.before and rows:
            links["prev"] = self._link(self._cursor(binding, sort, rows[0], "prev"))
        page = Page([self.member(row, asked, account) for row in rows], columns, links.get("next"), total)
        link = ", ".join(f'<{target}>; rel="{relation}"' for relation, target in links.items())
        return page, HTTPStatus.OK, {"Link": link}

    def _stream(
        self,
        asked: Mapping[str, Any],
        select: Select,
        sort: Sort,
        columns: Columns,
        account: Account | None,
    ) -> Answer:
        if current_request().representation not in (CSV, NDJSON):
            raise _refused("limit", "Only CSV and NDJSON can return all items. Use pages for other formats.")
        if "cursor" in asked:
            raise _refused("cursor", "A list of all items has no pages, so it takes no cursor.")
        pages = self._pages(database(), dict(asked), select, sort, account)
        # Read the first page now, so that an error still gives a proper problem document.
        first = list(islice(pages, 1))
        return Stream(chain(first, pages), columns), HTTPStatus.OK, {}

    def _pages(
        self,
        source: Database,
        asked: dict[str, Any],
        select: Select,
        sort: Sort,
        account: Account | None,
    ) -> Iterator[list[Row]]:
        # Each page is a separate read, so a slow reader holds neither a connection nor a snapshot.
        position, after = None, True
        while after:
            part = source.read(partial(_slice, select, sort, position))
            rows = [as_row(self.table, row) for row in part.rows]
            if rows:
                position = self._at(sort, rows[-1])
                yield [self.member(row, asked, account) for row in rows]
            after = part.after

    def _select(
        self, asked: Mapping[str, Any], visible: tuple[Condition, ...], known: Mapping[str, Any], db: Connection
    ) -> tuple[Selection, dict[str, Any]]:
        filters, values, terms = [], [], []
        for parameter, value in asked.items():
            field, _, operator = parameter.partition(":")
            if self.search and field in self.search.terms and operator != "ne":
                terms.append((field, value if operator == "in" else [value]))
            elif field in self.filters:
                filters.append((field, operator or "eq"))
                values.append(value)
        sought = query(db.dialect.name, asked.get("q", ()), terms)
        selection = Selection(self.table, tuple(filters), visible, self.search if sought else None)
        return selection, selection.bound(values, sought, known)

    def _sort(self, asked: Mapping[str, Any]) -> Sort:
        sort = tuple(asked["sort"]) if "sort" in asked else self.default
        plain = [name.removeprefix("-") for name in sort]
        if "id" in plain:
            return sort[: plain.index("id") + 1]
        # Equal values are ordered by id, in the direction of the last field, so that a uniform direction stays uniform.
        return (*sort, "-id" if sort[-1].startswith("-") else "id")

    def _bound(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: value for name, value in asked.items() if name not in ("limit", "cursor", "count", "fields", "sort")
        }

    def _position(self, asked: Mapping[str, Any], binding: str) -> tuple[list[Any] | None, Direction]:
        if "cursor" not in asked:
            return None, "next"
        return read_cursor(services().secret, binding, asked["cursor"])

    def _at(self, sort: Sort, row: Row) -> list[Any]:
        return [row[name.removeprefix("-")] for name in sort]

    def _cursor(self, binding: str, sort: Sort, row: Row, direction: Direction) -> str:
        return sign_cursor(services().secret, binding, self._at(sort, row), direction)

    def _link(self, cursor: str | None) -> str:
        request = current_request()
        kept = [(name, values[0]) for name, values in request.parameters.items() if name != "cursor"]
        # Escape only what a query may not contain (RFC 3986 §3.4): a longer link could exceed the target limit.
        query = urlencode([*kept, ("cursor", cursor)] if cursor else kept, safe="!$'()*,:;@/?")
        return f"{link_prefix()}{request.path}" + (f"?{query}" if query else "")


def _slice(select: Select, sort: Sort, position: list[Any] | None, db: Connection) -> Slice:
    selection, bound = select(db)
    return fetch_slice(db, selection, bound, sort, STREAM_ROWS, position)


def _refused(parameter: str, detail: str) -> InvalidParameter:
    return InvalidParameter(errors=[{"parameter": parameter, "code": "not_here", "detail": detail}])
