"""The resources `/spaces/<id>/snapshots` and `/spaces/<id>/snapshots/<name>`."""

from http import HTTPStatus

import sqlalchemy as sa

from api.kit import (
    Answer,
    Forbidden,
    InsufficientStorage,
    PreconditionFailed,
    answers,
    audited,
    found,
    if_match,
    no_parameters,
    reading,
    representations,
    transaction,
)
from api.store.space_changes import drop_snapshot, keep_snapshot, read_snapshot
from api.store.spaces import snapshots
from resources.spaces.control import ControlResource, controlled, store
from resources.spaces.models import SnapshotOut, shown_snapshot, snapshot_listing

OF_SPACE = snapshots.c.space_id == sa.bindparam("space_id")


class Snapshots(ControlResource):
    """The snapshots of a space."""

    paths = ("/spaces/<space:space_id>/snapshots",)
    noun = "snapshot"
    offers = representations.LIST

    @answers(200, SnapshotOut, asks=snapshot_listing.query, refuses=[Forbidden])
    def get(self, space_id: str) -> Answer:
        """List the snapshots of a space, by name."""
        with reading() as db:
            controlled(db, space_id)  # 403 404
        return snapshot_listing.answer(OF_SPACE, space_id=space_id)


class SnapshotItem(ControlResource):
    """One snapshot of a space."""

    paths = ("/spaces/<space:space_id>/snapshots/<space:snapshot_name>",)
    example = {"snapshot_name": "start"}
    noun = "snapshot"
    prefers = False

    @answers(200, SnapshotOut, refuses=[Forbidden])
    def get(self, space_id: str, snapshot_name: str) -> Answer:
        """Read what a snapshot is."""
        with reading() as db:
            controlled(db, space_id)  # 403 404
            row = found(read_snapshot(db, space_id, snapshot_name))  # 404
        no_parameters()  # 400
        return shown_snapshot(row), HTTPStatus.OK, {}

    @answers(201, SnapshotOut, refuses=[PreconditionFailed, Forbidden, InsufficientStorage], also=[200])
    def put(self, space_id: str, snapshot_name: str) -> Answer:
        """Keep the space as it is now under this name (201), or in the place of an earlier snapshot (200)."""
        with transaction() as db:
            space = controlled(db, space_id)  # 403 404
            if_match(read_snapshot(db, space_id, snapshot_name))  # 412
            no_parameters()  # 400
            row, before = keep_snapshot(store(), db, space, snapshot_name)  # 507
            audited(db, "replace" if before else "create", self.place(space_id, snapshot_name))
        if before:
            store().discard([before["file"]])
            return shown_snapshot(row), HTTPStatus.OK, {}
        return shown_snapshot(row), HTTPStatus.CREATED, {"Location": self.url(space_id, snapshot_name)}

    @answers(204, refuses=[PreconditionFailed, Forbidden])
    def delete(self, space_id: str, snapshot_name: str) -> Answer:
        """Delete a snapshot."""
        with transaction() as db:
            controlled(db, space_id)  # 403 404
            row = found(read_snapshot(db, space_id, snapshot_name))  # 404
            if_match(row)  # 412
            no_parameters()  # 400
            drop_snapshot(db, row)
            audited(db, "delete", self.place(space_id, snapshot_name))
        store().discard([row["file"]])
        return None, HTTPStatus.NO_CONTENT, {}
