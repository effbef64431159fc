"""The resources `/spaces/<id>/journal…`: what a space received, and what it answered.

curl -i http://127.0.0.1:8000/spaces/root/journal
"""

import hashlib
from http import HTTPStatus

from flask import Response

from api.kit import (
    Answer,
    Forbidden,
    NotFound,
    NotImplementedHere,
    PreconditionFailed,
    RangeNotSatisfiable,
    Resource,
    admin_only,
    answers,
    audited,
    current_request,
    found,
    no_parameters,
    reading,
    representations,
    services,
    transaction,
)
from api.rules import environ_keys
from api.rules.spaces import ROOT
from api.rules.watch import EVENTS
from api.store.journal import Journal
from api.store.journal_entries import read_content, read_entry
from api.web.content import Content, served
from api.web.queries import DEFAULT_LIMIT
from resources.spaces.entries import EntryOut, listed
from resources.spaces.journal_pages import paged, streamed
from resources.spaces.journal_waits import events, wait
from resources.spaces.models import controlled, refuse_foreign_pages, store


class JournalEntries(Resource):
    """The journal of a space."""

    paths = ("/spaces/<space:space_id>/journal",)
    noun = "entry"
    offers = representations.LIST
    streams = (EVENTS,)
    in_registry = True
    in_spaces = False
    reads_journal = True

    @answers(200, EntryOut, asks=listed, refuses=[Forbidden])
    def get(self, space_id: str) -> Answer:
        """List the requests that a space received, oldest first; or wait until enough match."""
        journal = reached(space_id)  # 403 404 501
        asked = listed.parse_args()  # 400
        if current_request().representation == EVENTS:
            return events(journal, space_id, asked)
        if asked.get("limit", DEFAULT_LIMIT) is None:
            return streamed(journal, space_id, asked), HTTPStatus.OK, {}  # 400
        waited = wait(journal, space_id, asked)  # 400
        page, fields = paged(journal, space_id, asked)  # 400
        page |= waited
        return page, HTTPStatus.OK, fields

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
