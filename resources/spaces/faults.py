"""The resources `/spaces/<id>/faults` and `/spaces/<id>/faults/<n>`: the fault rules of a space.

curl -i http://127.0.0.1:8000/spaces/root/faults --json '{"match": {"path": "/hello"}, "do": [{"delay": {"ms": 300}}]}'
"""

from http import HTTPStatus
from random import SystemRandom
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from api.kit import (
    CONDITIONS,
    Answer,
    Connection,
    Forbidden,
    InsufficientStorage,
    Invalid,
    Listing,
    PatchParser,
    RequestParser,
    Row,
    Strict,
    Timestamp,
    answers,
    audited,
    changing,
    fault,
    found,
    if_match,
    keep,
    no_parameters,
    once,
    queries,
    reading,
    representations,
    tag,
    transaction,
)
from api.rules.faults import LARGEST, MOST_EFFECTS, SPARED, Effect, Rule, Times, compact
from api.store.fault_rules import add_rule, change_rule, delete_rules, fault_rules, read_rule
from resources.spaces.control import ControlResource, check_front, controlled_or_root, store
from resources.spaces.matches import MatchIn

EVERY_REQUEST, EVERY_TIME = MatchIn.model_validate({}), Times.model_validate({})


class FaultRuleIn(Strict):
    """A fault rule in a request: which requests it matches, which of them are due, and what happens to these."""

    match: MatchIn = EVERY_REQUEST
    times: Times = EVERY_TIME
    do: Annotated[
        list[Effect],
        Field(
            min_length=1,
            max_length=MOST_EFFECTS,
            description="The effects, in order.",
            examples=[[{"status": {"code": 503, "retry_after": 2, "after": False}}]],
        ),
    ]


class FaultRuleOut(FaultRuleIn):
    """A fault rule. `seen` counts the requests that reached it, `done` those on which it acted."""

    n: int
    seen: int
    done: int
    created_at: Timestamp
    version: int


SHOWN = ("n", "match", "times", "do", "seen", "done", "created_at", "version")
READ_ONLY = ("n", "seen", "done", "created_at", "version")
OF_SPACE = fault_rules.c.space_id == sa.bindparam("space_id")
listing = Listing(
    fault_rules,
    filters={"n": queries.NUMBER, "seen": queries.NUMBER, "done": queries.NUMBER, "created_at": queries.TIME},
    sortable=("n", "seen", "done", "created_at"),
    default="n",
    shown=SHOWN,
)


class FaultRules(ControlResource):
    """The fault rules of a space."""

    paths = ("/spaces/<space:space_id>/faults",)
    noun = "fault"
    offers = representations.LIST
    orders_faults = True
    wish = RequestParser(FaultRuleIn)

    @answers(200, FaultRuleOut, asks=listing.query, refuses=[Forbidden])
    def get(self, space_id: str) -> Answer:
        """List the fault rules of a space, by number."""
        with reading() as db:
            controlled_or_root(db, space_id, "faults")  # 403 404
        return listing.answer(OF_SPACE, space_id=space_id)

    @answers(201, FaultRuleOut, takes=wish, keyed=True, refuses=[Forbidden, InsufficientStorage])
    def post(self, space_id: str) -> Answer:
        """Make a fault rule."""
        with reading() as db:
            controlled_or_root(db, space_id, "faults")  # 403 404
        check_front()  # 501
        with once(self.wish) as (db, sent):  # 400 409 413 415 422, or the stored answer
            controlled_or_root(db, space_id, "faults")  # 403 404
            row = add_rule(db, space_id, stored(sent))  # 507
            audited(db, "create", FaultRuleItem.place(space_id, row["n"]))
            fields = {"Location": FaultRuleItem.url(space_id, row["n"]), **tags(row)}
            done = keep(db, (shown_rule(row), HTTPStatus.CREATED, fields))
        store().fault_rules.changed()
        return done

    @answers(204, refuses=[Forbidden])
    def delete(self, space_id: str) -> Answer:
        """Delete all fault rules of a space."""
        with transaction() as db:
            controlled_or_root(db, space_id, "faults")  # 403 404
            no_parameters()  # 400
            delete_rules(db, space_id)
            audited(db, "delete", FaultRules.place(space_id))
        store().fault_rules.changed()
        return None, HTTPStatus.NO_CONTENT, {}


class FaultRuleItem(ControlResource):
    """One fault rule of a space."""

    paths = ("/spaces/<space:space_id>/faults/<id:n>",)
    example = {"n": "1"}
    noun = "fault"
    orders_faults = True
    change = PatchParser(FaultRuleIn, read_only=READ_ONLY)

    @answers(200, FaultRuleOut, refuses=[Forbidden])
    def get(self, space_id: str, n: int) -> Answer:
        """Read a fault rule."""
        with reading() as db:
            row = rule(db, space_id, n)  # 403 404
        no_parameters()  # 400
        return shown_rule(row), HTTPStatus.OK, tags(row)

    @answers(200, FaultRuleOut, takes=change, keyed=True, refuses=[*CONDITIONS, Forbidden])
    def patch(self, space_id: str, n: int) -> Answer:
        """Change a fault rule, by a merge patch or a JSON Patch. Its counts stay."""

        def read(db: Connection, *, lock: bool = False) -> Row:
            return shown_rule(rule(db, space_id, n))  # 403 404

        with changing(self.change, read) as (db, _, sent):
            row = change_rule(db, rule(db, space_id, n), **stored(sent))
            audited(db, "change", self.place(space_id, n))
            done = keep(db, (shown_rule(row), HTTPStatus.OK, tags(row)))
        store().fault_rules.changed()
        return done

    @answers(204, refuses=[*CONDITIONS, Forbidden])
    def delete(self, space_id: str, n: int) -> Answer:
        """Delete a fault rule."""
        with transaction() as db:
            row = rule(db, space_id, n)  # 403 404
            if_match(row, counts(row))  # 412
            no_parameters()  # 400
            delete_rules(db, space_id, n)
            audited(db, "delete", self.place(space_id, n))
        store().fault_rules.changed()
        return None, HTTPStatus.NO_CONTENT, {}


def rule(db: Connection, space_id: str, n: int) -> Row:
    """Read a rule of a space that the caller controls. Raises NotFound, and what `controlled_or_root` raises."""
    controlled_or_root(db, space_id, "faults")
    return found(read_rule(db, space_id, n))


def counts(row: Row) -> tuple[str, str]:
    """The counts of a rule, which change without a new version."""
    return str(row["seen"]), str(row["done"])


def tags(row: Row) -> dict[str, str]:
    """The tag of a rule: its version, and its counts."""
    return {"ETag": tag(row, counts(row))}


def shown_rule(row: Row) -> Row:
    """A rule as clients see it."""
    return {name: row[name] for name in SHOWN}


def stored(sent: dict[str, Any]) -> dict[str, Any]:
    """A rule as it is stored: without members that were left out, and with a seed. Raises Invalid (422)."""
    path = sent["match"]["path"] or ""
    if path in SPARED or path.startswith("/spaces/"):
        raise Invalid(errors=[fault(["match", "path"], "not_a_choice", "There are no faults on this path.")])
    rule = {name: compact(sent[name]) for name in ("match", "times", "do")}
    if "seed" not in rule["times"] and Rule.of(0, **rule).draws:
        rule["times"]["seed"] = SystemRandom().randint(0, LARGEST)
    return rule
