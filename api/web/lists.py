"""Lists: paging, filters, sort, fields and search, declared once and answered by one call (CONTRACT §4)."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from itertools import chain, islice
from typing import Any
from urllib.parse import urlencode

from flask import current_app

from api.rules.accounts import Account
from api.rules.cursors import Direction, read_cursor, sign_cursor
from api.rules.problems import InvalidParameter
from api.store.columns import Table
from api.store.database import Connection, Database
from api.store.filters import Condition
from api.store.pages import Order, Selection, Slice, count, fetch_slice, selected
from api.store.rows import Row, as_row, names
from api.store.search import SearchIndex
from api.web.auth import reader
from api.web.parsers import RequestParser
from api.web.queries import DEFAULT_LIMIT, Kind, fields_query, list_query
from api.web.representations import CSV, NDJSON, Page, Stream
from api.web.request import current_request
from api.web.resource import Answer, link_prefix
from api.web.storage import database, reading

# Rows that a stream reads at once: 20 MB where each has the longest body, since each reader may hold so much.
STREAM_ROWS = 50

Shown = Sequence[str]


class Listing:
    """How a table is listed: what may be filtered, sorted and searched.

    `query` parses the list's parameters, `member_query` those of one item.
    `shown` names the members that there are to see (default: every column), and
    `seen` those of them that somebody may see of a row, or of any row where that is None.
    """

    def __init__(
        self,
        table: Table,
        *,
        filters: Mapping[str, Kind],
        sortable: Sequence[str],
        default: str = "-id",
        search: SearchIndex | None = None,
        shown: Shown | None = None,
        seen: Callable[[Account | None, Row | None], Shown] | None = None,
    ) -> None:
        self.seen = seen
        self.table = table
        self.filters = filters
        self.default = default
        self.search = search
        self.shown: tuple[str, ...] = tuple(shown or names(table))
        title = table.name.capitalize()
        self.query = RequestParser(
            list_query(
                f"{title}Query", filters=filters, sortable=sortable, fields=self.shown, search=search is not None
            ),
            location="args",
        )
        self.member_query = RequestParser(fields_query(f"{title}ItemQuery", self.shown), location="args")

    def member(self, row: Row, asked: Mapping[str, Any], account: Account | None = None) -> Row:
        """One row as `account` sees it, or the part of it that `fields` asks for."""
        if self.seen is None:
            return {name: row[name] for name in asked.get("fields", self.shown)}
        seen = self.seen(account, row)
        return {name: row[name] for name in asked.get("fields", seen) if name in seen}

    def columns(self, asked: Mapping[str, Any], account: Account | None, row: Row | None = None) -> Shown:
        """The members of the answer. Raises InvalidParameter where `fields` asks for one that `account` may not see."""
        seen = self.seen(account, row) if self.seen else self.shown
        asked_for: Shown = asked.get("fields", seen)
        if hidden := [name for name in asked_for if name not in seen]:
            raise _refused("fields", f"You may not see {', '.join(hidden)} here.")
        return asked_for

    def answer(self, *visible: Condition) -> Answer:
        """Parse the query and answer with a page, or with a stream of everything for `limit=all`.

        `visible` are conditions on what the reader may see. Raises
        InvalidParameter, InvalidCursor.
        """
        asked = self.query.parse_args()
        account = reader()
        sort = self._sort(asked)
        binding = json.dumps([current_request().path, sort, sorted(self._bound(asked).items())])
        position, direction = self._position(asked, binding)
        columns = self.columns(asked, account)
        if "count" in asked and current_request().representation in (CSV, NDJSON):
            raise _refused("count", "CSV and NDJSON have no place for a total.")
        if asked.get("limit", DEFAULT_LIMIT) is None:
            return self._stream(asked, visible, sort, columns, account)
        with reading() as db:
            statement = self._select(db, asked, visible)
            part = fetch_slice(db, statement, self._order(sort), asked.get("limit", DEFAULT_LIMIT), position, direction)
            total = count(db, statement) if asked.get("count") else None
        rows = [as_row(self.table, row) for row in part.rows]
        links = {"first": self._link(None)}
        if part.after and rows:
            links["next"] = self._link(self._cursor(binding, sort, rows[-1], "next"))
        if part.before and rows:
            links["prev"] = self._link(self._cursor(binding, sort, rows[0], "prev"))
        page = Page([self.member(row, asked, account) for row in rows], columns, total)
        link = ", ".join(f'<{target}>; rel="{relation}"' for relation, target in links.items())
        return page, HTTPStatus.OK, {"Link": link}

    def _stream(
        self,
        asked: Mapping[str, Any],
        visible: Sequence[Condition],
        sort: list[str],
        columns: Shown,
        account: Account | None,
    ) -> Answer:
        if current_request().representation not in (CSV, NDJSON):
            raise _refused("limit", "Only CSV and NDJSON give all at once; page through the others.")
        if "cursor" in asked:
            raise _refused("cursor", "All has no pages to go on from.")
        pages = self._pages(database(), dict(asked), visible, sort, account)
        # The first page is read now, so that what fails is still refused in good form.
        first = list(islice(pages, 1))
        return Stream(chain(first, pages), columns), HTTPStatus.OK, {}

    def _pages(
        self,
        source: Database,
        asked: dict[str, Any],
        visible: Sequence[Condition],
        sort: list[str],
        account: Account | None,
    ) -> Iterator[list[Row]]:
        # Each page is a read of its own: a slow reader holds neither a connection nor a snapshot.
        order = self._order(sort)
        position, after = None, True
        while after:
            part = source.read(partial(self._slice, asked, visible, order, position))
            rows = [as_row(self.table, row) for row in part.rows]
            if rows:
                position = self._at(sort, rows[-1])
                yield [self.member(row, asked, account) for row in rows]
            after = part.after

    def _slice(
        self,
        asked: Mapping[str, Any],
        visible: Sequence[Condition],
        order: Order,
        position: list[Any] | None,
        db: Connection,
    ) -> Slice:
        return fetch_slice(db, self._select(db, asked, visible), order, STREAM_ROWS, position)

    def _select(self, db: Connection, asked: Mapping[str, Any], visible: Sequence[Condition]) -> Selection:
        filters = [
            (field, operator or "eq", value)
            for parameter, value in asked.items()
            for field, _, operator in [parameter.partition(":")]
            if field in self.filters
        ]
        return selected(db, self.table, filters, visible, self.search, asked.get("q"))

    def _sort(self, asked: Mapping[str, Any]) -> list[str]:
        sort: list[str] = list(asked.get("sort", self.default.split(",")))
        plain = [name.removeprefix("-") for name in sort]
        if "id" in plain:
            return sort[: plain.index("id") + 1]
        # Ties fall by id in the direction of the last, so that one direction throughout stays one.
        return [*sort, "-id" if sort[-1].startswith("-") else "id"]

    def _order(self, sort: Sequence[str]) -> Order:
        return [(self.table.c[name.removeprefix("-")], name.startswith("-")) for name in sort]

    def _bound(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: value for name, value in asked.items() if name not in ("limit", "cursor", "count", "fields", "sort")
        }

    def _position(self, asked: Mapping[str, Any], binding: str) -> tuple[list[Any] | None, Direction]:
        if "cursor" not in asked:
            return None, "next"
        return read_cursor(_secret(), binding, asked["cursor"])

    def _at(self, sort: Sequence[str], row: Row) -> list[Any]:
        return [row[name.removeprefix("-")] for name in sort]

    def _cursor(self, binding: str, sort: Sequence[str], row: Row, direction: Direction) -> str:
        return sign_cursor(_secret(), binding, self._at(sort, row), direction)

    def _link(self, cursor: str | None) -> str:
        request = current_request()
        kept = [(name, values[0]) for name, values in request.parameters.items() if name != "cursor"]
        # What a query may hold as it is stays so, or a link could outgrow what the server takes (RFC 3986 §3.4).
        query = urlencode([*kept, ("cursor", cursor)] if cursor else kept, safe="!$'()*,:;@/?")
        return f"{link_prefix()}{request.path}" + (f"?{query}" if query else "")


def _secret() -> bytes:
    secret: str = current_app.config["SECRET_KEY"]
    return secret.encode()


def _refused(parameter: str, detail: str) -> InvalidParameter:
    return InvalidParameter(errors=[{"parameter": parameter, "code": "not_here", "detail": detail}])
