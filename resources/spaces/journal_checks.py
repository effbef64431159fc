"""The resources `/spaces/<id>/journal/verify` and `/spaces/<id>/journal.har`.

curl -i http://127.0.0.1:8000/spaces/root/journal/verify --json '{"match": {"path": "/hello"}, "count": 1}'
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from flask import current_app
from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from api.describe.openapi import VERSION
from api.kit import (
    INTEGRAL,
    LEFT_OUT,
    Answer,
    Forbidden,
    RequestParser,
    Strict,
    answers,
    current_request,
)
from api.rules.har import har_entry
from api.rules.journal_checks import Count, verified
from api.rules.journal_query import Query
from api.rules.matching import Match
from api.rules.media import JSON
from api.store.journal import Journal
from api.store.journal_entries import all_entries, newest, received
from api.web.preconditions import is_current
from api.web.representations import to_json
from resources.spaces.control import ControlResource
from resources.spaces.entries import exported
from resources.spaces.journal import reached
from resources.spaces.matches import MatchIn

MOST_STEPS = 50
MOST = 100_000
Number = Annotated[int, Field(ge=0, le=MOST), INTEGRAL]


class CountIn(Strict):
    """How many requests must match."""

    at_least: Number = 0
    at_most: Number = LEFT_OUT

    @model_validator(mode="after")
    def _in_order(self) -> "CountIn":
        if self.at_most is not None and self.at_most < self.at_least:
            raise PydanticCustomError("count", "at_most is less than at_least.")
        return self


def _exactly(sent: object) -> object:
    """A plain number means exactly as many."""
    is_number = isinstance(sent, int | float) and not isinstance(sent, bool)
    return {"at_least": sent, "at_most": sent} if is_number else sent


def _or_a_number(schema: dict[str, Any]) -> None:
    reference = {"$ref": schema.pop("$ref")} if "$ref" in schema else schema.pop("allOf")[0]
    schema["anyOf"] = [{"type": "integer", "minimum": 0, "maximum": MOST}, reference]


class VerifyIn(Strict):
    """Requests that a journal must have: some that match, and some in an order with any others in between.

    Without `match`, every request matches, or with `in_order` alone, only the order counts.
    """

    match: MatchIn = LEFT_OUT
    count: Annotated[CountIn, BeforeValidator(_exactly)] = Field(
        LEFT_OUT,
        description="Exactly as many, or a range; at least one if left out.",
        json_schema_extra=_or_a_number,
    )
    in_order: Annotated[list[MatchIn], Field(min_length=1, max_length=MOST_STEPS)] = LEFT_OUT


class DifferenceOut(Strict):
    """A difference: the member of the match, the wanted value, and the found one."""

    member: str
    wanted: str | list[str]
    found: str | None


class NearOut(Strict):
    """A request that nearly matches."""

    n: int
    method: str
    target: str
    status: int | None
    differs: list[DifferenceOut]


class VerifyOut(Strict):
    """Whether it holds. If not, the nearest requests, and the first step of the order that is missing."""

    holds: bool
    found: int
    step: int = LEFT_OUT
    nearest: list[NearOut] = LEFT_OUT


class JournalVerify(ControlResource):
    """A check of the journal of a space."""

    paths = ("/spaces/<space:space_id>/journal/verify",)
    noun = "verification"
    reads_journal = True
    prefers = False
    wish = RequestParser(VerifyIn)

    @answers(200, VerifyOut, takes=wish, refuses=[Forbidden])
    def post(self, space_id: str) -> Answer:
        """Verify that a space received these requests; if not, see which are nearest, and what differs."""
        journal = reached(space_id)  # 403 404 501
        sent = self.wish.parse_args()  # 400 413 415 422
        in_order_alone = sent["in_order"] and not (sent["match"] or sent["count"])
        match = None if in_order_alone else Match.of(sent["match"] or {})
        in_order = [Match.of(each) for each in sent["in_order"] or ()]
        requests = received(journal, space_id)
        return verified(requests, match, count_of(sent["count"]), in_order), HTTPStatus.OK, {}


class JournalHar(ControlResource):
    """The journal of a space as HAR 1.2."""

    paths = ("/spaces/<space:space_id>/journal.har",)
    noun = "har"
    offers = {JSON: to_json}
    browsable = False
    downloads = True
    reads_journal = True

    @answers(200, dict, asks=exported, refuses=[Forbidden])
    def get(self, space_id: str) -> Answer:
        """Export the journal as HAR 1.2, which browsers and other tools open."""
        journal = reached(space_id)  # 403 404 501
        query = exported.parse_args()["query"]  # 400
        request = current_request()
        # Every change of the journal changes its sign.
        fields = {"ETag": f'W/"{journal.sign.hex()}.{newest(journal, space_id)}"'}
        if is_current(request, fields):
            return None, HTTPStatus.NOT_MODIFIED, fields
        fields |= {"Content-Type": JSON, "Content-Disposition": f'attachment; filename="{space_id}.har"'}
        content = har(journal, space_id, query, f"{request.scheme}://{request.host}")
        return current_app.response_class(content, headers=fields)


def count_of(sent: dict[str, Any] | None) -> Count:
    """The number that is expected."""
    return Count(sent["at_least"], sent["at_most"]) if sent else Count()


def har(journal: Journal, space_id: str, query: Query, origin: str) -> Iterator[bytes]:
    """The bytes of a HAR document, some entries at a time."""
    creator = orjson.dumps({"name": "Touchstone", "version": VERSION})
    yield b'{"log":{"version":"1.2","creator":' + creator + b',"entries":['
    comma = b""
    for entries in all_entries(journal, space_id, query):
        yield comma + b",".join(orjson.dumps(har_entry(each, origin)) for each in entries)
        comma = b","
    yield b"]}}"
