"""The resources `/spaces/<id>/journal…`: what a space received, and what it answered.

curl -i http://127.0.0.1:8000/spaces/root/journal
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from itertools import chain, islice
from typing import Any
from urllib.parse import urlencode

from flask import Response

from api.kit import (
    Answer,
    Forbidden,
    InvalidParameter,
    NotFound,
    NotImplementedHere,
    PreconditionFailed,
    RangeNotSatisfiable,
    Resource,
    Row,
    admin_only,
    answers,
    audited,
    current_request,
    found,
    link_prefix,
    no_parameters,
    reading,
    representations,
    services,
    transaction,
)
from api.rules import environ_keys
from api.rules.cursors import read_cursor, sign_cursor
from api.rules.media import HTML
from api.rules.spaces import ROOT
from api.store.journal import Journal
from api.store.journal_entries import all_entries, matching, read_content, read_entries, read_entry
from api.web.content import Content, served
from api.web.queries import DEFAULT_LIMIT
from api.web.representations import CSV, NDJSON, Page, Stream
from resources.spaces.entries import SHOWN, EntryOut, listed
from resources.spaces.models import controlled, refuse_foreign_pages, store

# Larger than the number of any entry.
END = 2**63 - 1
# Entries on a page for people.
ON_A_PAGE = 50


class JournalEntries(Resource):
    """The journal of a space."""

    paths = ("/spaces/<space:space_id>/journal",)
    noun = "entry"
    offers = representations.LIST
    caching = "private, no-cache"
    in_registry = True
    in_spaces = False
    reads_journal = True

    @answers(200, EntryOut, asks=listed, refuses=[Forbidden])
    def get(self, space_id: str) -> Answer:
        """List the requests that a space received, oldest first; or wait until enough match."""
        journal = reached(space_id)  # 403 404 501
        asked = listed.parse_args()  # 400
        if asked.get("limit", DEFAULT_LIMIT) is None:
            return streamed(journal, space_id, asked)
        return paged(journal, space_id, asked)

    @answers(204, refuses=[Forbidden])
    def delete(self, space_id: str) -> Answer:
        """Delete all entries. Numbers are not used again."""
        journal = reached(space_id)  # 403 404 501
        no_parameters()  # 400
        with transaction() as db:
            audited(db, "delete", self.place(space_id))
        journal.clear(space_id)
        return None, HTTPStatus.NO_CONTENT, {}


class JournalEntry(Resource):
    """One request that a space received."""

    paths = ("/spaces/<space:space_id>/journal/<id:n>",)
    noun = "entry"
    caching = "private, no-cache"
    example = {"n": "1"}
    in_registry = True
    in_spaces = False
    reads_journal = True

    @answers(200, EntryOut, refuses=[Forbidden])
    def get(self, space_id: str, n: int) -> Answer:
        """Read an entry of the journal."""
        entry = found(read_entry(reached(space_id), space_id, n))  # 403 404 501
        no_parameters()  # 400
        return entry, HTTPStatus.OK, {}


class JournalBody(Resource):
    """The body of a request that a space received."""

    paths = ("/spaces/<space:space_id>/journal/<id:n>/body",)
    noun = "body"
    offers = {}
    caching = "private, no-cache"
    example = {"n": "1"}
    in_registry = True
    in_spaces = False
    reads_journal = True

    @answers(200, refuses=[Forbidden, PreconditionFailed, RangeNotSatisfiable], also=[206])
    def get(self, space_id: str, n: int) -> Answer:
        """Read the body of a request, as far as it is kept."""
        return content(space_id, n, "body", self.caching)


class JournalAnswer(Resource):
    """The body of an answer of a space."""

    paths = ("/spaces/<space:space_id>/journal/<id:n>/answer",)
    noun = "answer"
    offers = {}
    caching = "private, no-cache"
    example = {"n": "1"}
    in_registry = True
    in_spaces = False
    reads_journal = True

    @answers(200, refuses=[Forbidden, PreconditionFailed, RangeNotSatisfiable], also=[206])
    def get(self, space_id: str, n: int) -> Answer:
        """Read the body of an answer, as far as it is kept."""
        return content(space_id, n, "answer", self.caching)


def reached(space_id: str) -> Journal:
    """Return the journal, if the caller may read that of this space.

    `root` means the server itself. Raises what `controlled` raises, and NotImplementedHere for a server below the
    application that keeps no journal.
    """
    journal = store().journal
    assert journal  # noqa: S101  # without a journal, these resources do not exist
    if space_id == ROOT:
        refuse_foreign_pages()
        if services().settings.journal != "everywhere":
            raise NotFound("The journal has only requests in spaces on this server (setting JOURNAL).")
        if services().settings.spaces != "open":
            admin_only()
    else:
        with reading() as db:
            controlled(db, space_id)
    if environ_keys.FRONT not in current_request().environ:
        raise NotImplementedHere("The journal needs the server of `run.py serve`.")
    return journal


def paged(journal: Journal, space_id: str, asked: dict[str, Any]) -> Answer:
    """A page of entries, oldest first; on pages for people newest first. Raises InvalidParameter, InvalidCursor."""
    request = current_request()
    query = asked["query"]
    for_people = request.representation == HTML
    binding = json.dumps([request.path, for_people, repr(query)])
    after: Any = END if for_people else 0
    if "cursor" in asked:
        [after], _ = read_cursor(services().secret, binding, asked["cursor"])
    limit = asked.get("limit", ON_A_PAGE if for_people else DEFAULT_LIMIT)
    numbers = list(islice(matching(journal, space_id, query, after=after, backwards=for_people), limit + 1))
    links = {"first": link(None)}
    if len(numbers) > limit:
        numbers.pop()
        links["next"] = link(sign_cursor(services().secret, binding, [numbers[-1]], "next"))
    total = None
    if asked.get("count") == "true":
        total = sum(1 for _ in matching(journal, space_id, query))
    entries = read_entries(journal, space_id, numbers)
    page = Page([part(each, asked) for each in entries], columns(asked), links.get("next"), total)
    fields = ", ".join(f'<{target}>; rel="{relation}"' for relation, target in links.items())
    return page, HTTPStatus.OK, {"Link": fields}


def streamed(journal: Journal, space_id: str, asked: dict[str, Any]) -> Answer:
    """All matching entries, for CSV and NDJSON. Raises InvalidParameter."""
    if current_request().representation not in (CSV, NDJSON):
        raise refused("limit", "Only CSV and NDJSON can return all items. Use pages for other formats.")
    if "cursor" in asked:
        raise refused("cursor", "A list of all items has no pages, so it takes no cursor.")
    pages: Iterator[Sequence[Row]] = (
        [part(each, asked) for each in some] for some in all_entries(journal, space_id, asked["query"])
    )
    first = list(islice(pages, 1))  # now, so that an error still gives a problem document
    return Stream(chain(first, pages), columns(asked)), HTTPStatus.OK, {}


def columns(asked: dict[str, Any]) -> Sequence[str]:
    """The members to show."""
    shown: Sequence[str] = asked.get("fields", SHOWN)
    return shown


def part(entry: Row, asked: dict[str, Any]) -> Row:
    """An entry, or the part of it that `fields` asks for."""
    return {name: entry[name] for name in columns(asked)}


def link(cursor: str | None) -> str:
    """The link to another page of the list."""
    request = current_request()
    kept = [
        (name, each) for name, values in request.parameters.items() if name not in ("cursor", "wait") for each in values
    ]
    query = urlencode([*kept, ("cursor", cursor)] if cursor else kept, safe="!$'()*,:;@/?")
    return f"{link_prefix()}{request.path}" + (f"?{query}" if query else "")


def refused(parameter: str, detail: str) -> InvalidParameter:
    """The refusal of a parameter that does not go with the others."""
    return InvalidParameter(errors=[{"parameter": parameter, "code": "not_here", "detail": detail}])


def content(space_id: str, n: int, which: str, caching: str) -> Response:
    """The kept bytes of a body. Raises NotFound if there are none, and what `reached` and `served` raise."""
    kept, described, at = found(read_content(reached(space_id), space_id, n, which))  # 403 404 501
    no_parameters()  # 400
    return served(
        Content(
            described["type"] or "application/octet-stream",
            len(kept),
            # Of what is kept, which may be less than the body.
            hashlib.sha256(kept).hexdigest(),
            at,
            None,
            lambda start, stop: [kept[start:stop]],
        ),
        caching,
    )
