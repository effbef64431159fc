"""The resources `/spaces/<id>/journal…`: the requests to a space, and their answers.

curl -i http://127.0.0.1:8000/spaces/root/journal
"""

import hashlib
from http import HTTPStatus

from flask import Response

from api.kit import (
    Answer,
    Forbidden,
    PreconditionFailed,
    RangeNotSatisfiable,
    answers,
    audited,
    current_request,
    found,
    no_parameters,
    reading,
    representations,
    transaction,
)
from api.rules.watch import EVENTS
from api.store.journal import Journal
from api.store.journal_entries import read_content, read_entry
from api.web.content import Content, served
from api.web.queries import DEFAULT_LIMIT
from resources.spaces.control import ControlResource, check_front, controlled_or_root, store
from resources.spaces.entries import EntryOut, listed
from resources.spaces.journal_pages import paged, streamed
from resources.spaces.journal_waits import events, wait


class JournalEntries(ControlResource):
    """The journal of a space."""

    paths = ("/spaces/<space:space_id>/journal",)
    noun = "entry"
    offers = representations.LIST
    streams = (EVENTS,)
    reads_journal = True
    page_members = {
        "complete": {"type": "boolean", "description": "Whether enough entries matched in time; only with `wait`."}
    }

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


class JournalEntry(ControlResource):
    """One request that a space received."""

    paths = ("/spaces/<space:space_id>/journal/<id:n>",)
    noun = "entry"
    example = {"n": "1"}
    reads_journal = True

    @answers(200, EntryOut, refuses=[Forbidden])
    def get(self, space_id: str, n: int) -> Answer:
        """Read an entry of the journal."""
        entry = found(read_entry(reached(space_id), space_id, n))  # 403 404 501
        no_parameters()  # 400
        return entry, HTTPStatus.OK, {}


class JournalContent(ControlResource):
    """The base of the bodies of an entry, which are served as they are."""

    offers = {}
    example = {"n": "1"}
    reads_journal = True


class JournalBody(JournalContent):
    """The body of a request that a space received."""

    paths = ("/spaces/<space:space_id>/journal/<id:n>/body",)
    noun = "body"

    @answers(200, refuses=[Forbidden, PreconditionFailed, RangeNotSatisfiable], also=[206])
    def get(self, space_id: str, n: int) -> Answer:
        """Read the body of a request, as far as it is kept."""
        return content(space_id, n, "body", self.caching)


class JournalAnswer(JournalContent):
    """The body of an answer of a space."""

    paths = ("/spaces/<space:space_id>/journal/<id:n>/answer",)
    noun = "answer"

    @answers(200, refuses=[Forbidden, PreconditionFailed, RangeNotSatisfiable], also=[206])
    def get(self, space_id: str, n: int) -> Answer:
        """Read the body of an answer, as far as it is kept."""
        return content(space_id, n, "answer", self.caching)


def reached(space_id: str) -> Journal:
    """Return the journal, if the caller may read that of this space.

    Raises what `controlled_or_root` and `check_front` raise.
    """
    journal = store().journal
    assert journal  # noqa: S101  # without a journal, these resources do not exist
    with reading() as db:
        controlled_or_root(db, space_id, "journal")
    check_front()
    return journal


def content(space_id: str, n: int, which: str, caching: str) -> Response:
    """The kept bytes of a body. Raises NotFound if there are none, and what `reached` and `served` raise."""
    kept, described, at = found(read_content(reached(space_id), space_id, n, which))  # 403 404 501
    no_parameters()  # 400
    return served(
        Content(
            described["type"] or "application/octet-stream",
            len(kept),
            # Of the kept bytes, which may be fewer than the body has.
            hashlib.sha256(kept).hexdigest(),
            at,
            None,
            lambda start, stop: [kept[start:stop]],
        ),
        caching,
    )
