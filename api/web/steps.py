"""The usual steps of a method, each as one call: `once` and `created` for a POST that creates, `shown` for a GET.

    with once(self.draft) as (db, sent):
        return created(db, BookmarkItem, insert_row(db, bookmarks, sent))

A method that does more takes the single steps instead (`api.web.idempotency`, `api.web.storage`, `api.web.audit`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from api.store.database import Connection
from api.store.rows import Row
from api.web.audit import audited
from api.web.declared import Answer
from api.web.idempotency import claim, keep, recall
from api.web.parsers import RequestParser
from api.web.preconditions import validators
from api.web.request import no_parameters
from api.web.resource import Resource
from api.web.storage import transaction


@contextmanager
def once(parser: RequestParser) -> Iterator[tuple[Connection, dict[str, Any]]]:
    """Parse the body, and open the transaction in which the request is executed once for its Idempotency-Key.

    Gives the connection and the parsed body; the method must answer with `created`, or with `keep`. Raises what
    `parser.parse_args` raises, IdempotencyInProgress (409), IdempotencyKeyReused (422), InvalidIdempotencyKey (400),
    and Replayed, which becomes the stored answer.
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
    """Write the audit entry of a new row, and answer 201 with its `Location`; store the answer for its key.

    `item` is the resource of one row. `shown` are the members that the caller may see, if not all, and `tags` the
    validators then.
    """
    audited(db, "create", item.place(row["id"]))
    fields = {"Location": item.url(row["id"]), **(validators(row) if tags is None else tags)}
    return keep(db, (row if shown is None else shown, HTTPStatus.CREATED, fields))


def shown(row: Row) -> Answer:
    """Answer a GET with a row and its validators. Raises InvalidParameter (400) for any query parameter."""
    no_parameters()
    return row, HTTPStatus.OK, validators(row)
