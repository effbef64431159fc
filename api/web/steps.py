"""The usual steps of a method, each as one call.

`once` and `created` are for a POST that creates, `changing` and `changed` for PUT and PATCH, `shown` for a GET.

    with once(self.draft) as (db, sent):
        return created(db, BookmarkItem, insert_row(db, bookmarks, sent))

A method with other needs uses the single steps instead (`api.web.idempotency`, `api.web.storage`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Protocol

from api.store.database import Connection, LostRace
from api.store.rows import Row
from api.web.declared import Answer
from api.web.idempotency import claim, keep, recall
from api.web.parsers import RequestParser
from api.web.preconditions import if_match, tag, validators
from api.web.request import current_request, no_parameters
from api.web.resource import Resource
from api.web.storage import audited, transaction


class ReadOwn(Protocol):
    """Reads the row that a method changes."""

    def __call__(self, db: Connection, *, lock: bool = False) -> Row:
        """Return the row, locked for a change if asked."""


@contextmanager
def once(parser: RequestParser) -> Iterator[tuple[Connection, dict[str, Any]]]:
    """Parse the body, and open the transaction in which the request is executed once for its Idempotency-Key.

    Yields the connection and the parsed body. The method must return `created` or `keep`. Raises what
    `parser.parse_args` raises, IdempotencyInProgress (409), IdempotencyKeyReused (422), InvalidIdempotencyKey (400),
    and Replayed, which becomes the stored response.
    """
    recall(parser)
    sent = parser.parse_args()
    with transaction() as db:
        claim(db)
        yield db, sent


def created(
    db: Connection,
    item: type[Resource],
    row: Row,
    *,
    shown: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
) -> Answer:
    """Write the audit entry of a new row, and return 201 with its `Location`. Stores the response for its key.

    `item` is the resource of one row. `shown` has the members that the caller may see, if not all, and `tags` the
    validators in that case.
    """
    audited(db, "create", item.place(row["id"]))
    fields = {"Location": item.url(row["id"]), **(validators(row) if tags is None else tags)}
    return keep(db, (row if shown is None else shown, HTTPStatus.CREATED, fields))


@contextmanager
def changing(
    parser: RequestParser, read: ReadOwn, members: Sequence[str] = ()
) -> Iterator[tuple[Connection, Row, dict[str, Any]]]:
    """Read the row, check the request against it, and open the transaction that changes it.

    `read(db)` returns the row that the caller may change, or raises 404 or 403; `read(db, lock=True)` also locks
    it. `members` as for `tag`. Yields the connection, the row and the parsed body. The method must return
    `changed` or `keep`. Raises what `read`, `once` and `if_match` raise.
    """
    # Before any lock: a repeated change waits for its key, not for the row.
    recall(parser, before=read)
    with transaction() as db:
        claim(db)
        row = read(db, lock=True)
        parser.check_body()
        if_match(row, members)
        yield db, row, parser.parse_args(current=row)


def changed(db: Connection, item: type[Resource], row: Row | None, fields: Mapping[str, str] | None = None) -> Answer:
    """Write the audit entry of a changed row, and return 200 with it. Stores the response for its key.

    `fields` are the header fields, if more than the row's tag. Raises LostRace for None, which `update_row` returns
    for a row that another request changed first.
    """
    if row is None:
        raise LostRace
    replaced = current_request().method == "PUT"
    audited(db, "replace" if replaced else "change", item.place(row["id"]))
    return keep(db, (row, HTTPStatus.OK, {"ETag": tag(row)} if fields is None else fields))


def shown(row: Row) -> Answer:
    """Return a row and its validators for a GET. Raises InvalidParameter (400) for any query parameter."""
    no_parameters()
    return row, HTTPStatus.OK, validators(row)
