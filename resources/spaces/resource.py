"""The resources `/spaces`, `/spaces/<id>` and `/spaces/<id>/reset`."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from pydantic import Field

from api.kit import (
    CONDITIONS,
    LEFT_OUT,
    Answer,
    Conflict,
    Connection,
    Forbidden,
    InsufficientStorage,
    Invalid,
    NotFound,
    PatchParser,
    PreconditionFailed,
    RequestParser,
    Row,
    Strict,
    admin_only,
    answers,
    audited,
    changing,
    claim,
    current_request,
    fault,
    if_match,
    keep,
    no_parameters,
    reader,
    reading,
    recall,
    representations,
    services,
    transaction,
)
from api.rules.json_schema import SchemaFault
from api.rules.own_data import MOST_BYTES
from api.rules.own_options import DataFault
from api.rules.spaces import ROOT, new_space_id
from api.store.fault_rules import delete_rules
from api.store.space_changes import change_space, make_space, read_space, renew_token, reset_space
from api.store.space_data import Data
from api.store.spaces import remove
from api.web.idempotency import REPLAYED, Replayed
from resources.spaces.control import ControlResource, controlled, refuse_foreign_pages, store
from resources.spaces.models import (
    SHOWN,
    SpaceChange,
    SpaceId,
    SpaceIn,
    SpaceMade,
    SpaceNamed,
    SpaceOut,
    SpacePut,
    check_journal,
    listing,
    shown_space,
    tags,
)

READ_ONLY = tuple(name for name in SHOWN if name not in SpaceChange.model_fields)
MAKING = [Conflict, Forbidden, InsufficientStorage]
SECRET = {"Cache-Control": "no-store"}


class Spaces(ControlResource):
    """Isolated stores for tests."""

    paths = ("/spaces",)
    noun = "space"
    offers = representations.LIST
    # No `Prefer: return=minimal`: the answer to POST is the only one with the token.
    prefers = False
    wish = RequestParser(SpaceIn, cap=MOST_BYTES)

    @answers(200, SpaceOut, asks=listing.query, refuses=[Forbidden])
    def get(self) -> Answer:
        """List spaces, newest first."""
        refuse_foreign_pages()
        if services().settings.spaces != "open":
            admin_only()  # 401 403
        store().sweep()
        return listing.answer()

    @answers(201, SpaceMade, takes=wish, keyed=True, refuses=MAKING)
    def post(self) -> Answer:
        """Make a space. Its token is shown only once; a repetition with the same Idempotency-Key gets a new one."""
        refuse_foreign_pages()  # 403
        if services().settings.spaces != "open":
            admin_only()  # 401 403
        try:
            recall(self.wish)  # 400 413 415 422, or the stored answer
            sent = self.wish.parse_args()  # 400 413 415 422
            with transaction() as db:
                claim(db)  # 409 422, or the stored answer
                row, token = made(db, sent.pop("id") or new_space_id(), sent)
                keep(db, answer(row))
        except Replayed as earlier:
            return replayed(earlier)
        return answer(row, token)


class SpaceItem(ControlResource):
    """One space."""

    paths = ("/spaces/<space:space_id>",)
    noun = "space"
    prefers = False
    named = RequestParser(SpaceNamed, optional=True, cap=MOST_BYTES)
    change = PatchParser(SpaceChange, read_only=READ_ONLY)

    @answers(200, SpaceOut, refuses=[Forbidden])
    def get(self, space_id: str) -> Answer:
        """Read a space."""
        with reading() as db:
            row = controlled(db, space_id)  # 403 404
        no_parameters()  # 400
        shown = shown_space(row)
        return shown, HTTPStatus.OK, tags(row, shown)

    @answers(201, SpacePut, takes=named, refuses=[*MAKING, PreconditionFailed], also=[200])
    def put(self, space_id: str) -> Answer:
        """Make a space with this id (201); one that exists stays as it is (200). The body may be left out."""
        refuse_foreign_pages()  # 403
        if services().settings.spaces != "open":
            admin_only()  # 401 403
        self.named.check_body()  # 413 415
        with transaction() as db:
            before = read_space(db, space_id)
            if_match(before)  # 412
            sent = self.named.parse_args()  # 400 422
            if before:
                row, token = controlled(db, space_id), None
            else:
                row, token = made(db, space_id, sent)
        return answer(row, token, HTTPStatus.CREATED if token else HTTPStatus.OK)

    @answers(200, SpaceOut, takes=change, keyed=True, refuses=[*CONDITIONS, Forbidden])
    def patch(self, space_id: str) -> Answer:
        """Change a space, by a merge patch or a JSON Patch."""

        def read(db: Connection, *, lock: bool = False) -> Row:
            return shown_space(controlled(db, space_id))  # 403 404

        with changing(self.change, read) as (db, _, sent):
            check_journal(sent)  # 422
            row = change_space(db, controlled(db, space_id), **sent)
            audited(db, "change", self.place(space_id))
            shown = shown_space(row)
            return keep(db, (shown, HTTPStatus.OK, tags(row, shown)))

    @answers(204, refuses=[*CONDITIONS, Forbidden])
    def delete(self, space_id: str) -> Answer:
        """Delete a space, with its snapshots. Running requests end as they began."""
        with transaction() as db:
            row = controlled(db, space_id)  # 403 404
            if_match(row)  # 412
            no_parameters()  # 400
            files = remove(db, space_id)
            audited(db, "delete", self.place(space_id))
        store().discard(files)
        if journal := store().journal:
            journal.forget(space_id)
        return None, HTTPStatus.NO_CONTENT, {}


class ResetIn(Strict):
    """A reset of a space."""

    to: SpaceId = LEFT_OUT
    faults: bool = Field(False, description="Whether to delete the fault rules too.")
    journal: bool = Field(False, description="Whether to delete the entries of the journal too.")


class SpaceReset(ControlResource):
    """The reset of a space."""

    paths = ("/spaces/<space:space_id>/reset",)
    noun = "space"
    prefers = False
    wish = RequestParser(ResetIn)

    @answers(
        200, SpaceOut, takes=wish, keyed=True, refuses=[Conflict, Forbidden, InsufficientStorage, PreconditionFailed]
    )
    def post(self, space_id: str) -> Answer:
        """Bring a space back to what it was made from, or to one of its snapshots."""
        recall(self.wish, before=lambda db: controlled(db, space_id))  # 403 404, or the stored answer
        with transaction() as db:
            claim(db)  # 409 422, or the stored answer
            before = controlled(db, space_id)  # 403 404
            self.wish.check_body()  # 413 415
            if_match(before)  # 412
            sent = self.wish.parse_args()  # 400 422
            with missing_snapshots():
                row = reset_space(store(), db, before, sent["to"])  # 409 507
            if sent["faults"]:
                delete_rules(db, space_id)
            audited(db, "reset", SpaceItem.place(space_id))
            shown = shown_space(row)
            done = keep(db, (shown, HTTPStatus.OK, tags(row, shown)))
        store().discard([before["file"]])
        if sent["journal"] and (journal := store().journal):
            journal.clear(space_id)
        return done


def made(db: Connection, space_id: str, sent: dict[str, Any]) -> tuple[Row, str]:
    """Make a space. Raises Conflict, InsufficientStorage, and what `controlled` raises for a snapshot."""
    if space_id == ROOT:
        raise Conflict(f"No space has the id {ROOT}: it means the store of the server itself.")
    check_journal(sent)
    data = own_data(sent)  # 422
    owner, _, snapshot = sent["from"].partition("@")
    if snapshot:
        with missing_snapshots():
            controlled(db, owner)  # 403
    account = reader()
    with missing_snapshots(), faulty_files():
        new = make_space(
            store(),
            db,
            space_id,
            source=sent["from"],
            idle_minutes=sent["idle_minutes"] or services().settings.spaces_idle_minutes,
            journal=sent["journal"] is not False,
            bodies=sent["bodies"],
            owner_id=account.id if account else None,
            data=data,
        )
    store().discard(new.obsolete)
    audited(db, "create", SpaceItem.place(space_id))
    return new.row, new.token


def own_data(sent: dict[str, Any]) -> Data | None:
    """The collections that the body brings. Raises Invalid (422) with the place of the fault."""
    if sent["collections"] is None:
        if sent["schemas"] is not None:
            raise Invalid(errors=[fault(["schemas"], "not_here", "Schemas need the collections that they describe.")])
        return None
    if "@" in sent["from"]:
        wrong = fault(["collections"], "not_here", "A space from a snapshot has the collections of the snapshot.")
        raise Invalid(errors=[wrong])
    try:
        return store().data.sent(sent["collections"], sent["schemas"])
    except SchemaFault as error:
        raise Invalid(errors=[fault(["schemas", *error.path], "bad_schema", str(error))]) from None
    except DataFault as error:
        raise Invalid(errors=[fault(["collections", *error.path], "bad_data", str(error))]) from None


@contextmanager
def missing_snapshots() -> Iterator[None]:
    """Refuse with 409 a snapshot that does not exist: the path is right, and the state is not what the body needs."""
    try:
        yield
    except NotFound as missing:
        raise Conflict(str(missing)) from None


@contextmanager
def faulty_files() -> Iterator[None]:
    """Refuse with 409 a space with the data of the server's file, which has a fault now."""
    try:
        yield
    except DataFault as fault:
        raise Conflict(f"The file of the server's data has a fault: {fault}") from None


def answer(row: Row, token: str | None = None, status: int = HTTPStatus.CREATED) -> Answer:
    """The answer with a space; with its token if it is new."""
    shown = shown_space(row)
    fields = tags(row, shown)
    if status == HTTPStatus.CREATED:
        fields["Location"] = SpaceItem.url(row["id"])
    return ({**shown, "token": token}, status, {**fields, **SECRET}) if token else (shown, status, fields)


def replayed(earlier: Replayed) -> Answer:
    """The answer to a repeated POST: the same space with a new token, because the stored answer has none."""
    space_id = earlier.answer.headers["Location"].rpartition("/")[2]
    with transaction() as db:
        current_request().kept = True  # the key has its answer
        row = read_space(db, space_id)
        token = renew_token(db, space_id) if row else None
    if row is None:
        return earlier.answer  # it was deleted since
    data, status, fields = answer(row, token)  # type: ignore[misc]  # it is not a Response
    return data, status, {**fields, REPLAYED: "true"}
