"""Spaces: isolated stores on one server, and the registry that knows them.

A space is a SQLite file, copied from a template or a snapshot. The registry is a SQLite database of its own in the same
folder, which all workers of a server share. A reset writes a new file and a new generation: requests that run finish on
the old file.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from api.rules.clock import now, present, timestamp
from api.rules.problems import Unavailable
from api.store import migrating
from api.store.columns import Id, Json, Moment, Text
from api.store.database import Database, LostRace
from api.store.fault_rules import FaultRules, fault_numbers, fault_rules
from api.store.journal import Journal
from api.store.registry import metadata
from api.store.space_data import Data, SpaceData
from api.store.space_files import REGISTRY, OpenStore, OpenStores, SpaceFiles

spaces = sa.Table(
    "spaces",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("file", Text, nullable=False),
    # Of its own collections: what names them, and the template with their first content. Empty without them.
    sa.Column("structure", Text, nullable=False),
    sa.Column("base", Text, nullable=False),
    sa.Column("revision", Text, nullable=False),  # of the tables in the file
    sa.Column("from", Text, nullable=False),
    sa.Column("accounts", Json, nullable=False),
    sa.Column("idle_minutes", sa.Integer, nullable=False),
    sa.Column("journal", sa.Boolean, nullable=False),  # whether its requests are recorded
    sa.Column("bodies", sa.Boolean, nullable=False),  # whether those of messages are recorded too
    sa.Column("token_digest", sa.LargeBinary, nullable=False),
    sa.Column("owner_id", Id),  # the account of the main store that made it
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("last_used_at", Moment, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)
snapshots = sa.Table(
    "snapshots",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("space_id", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("file", Text, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.UniqueConstraint("space_id", "name"),
)

SEEDED, EMPTY = "seeded", "empty"
# Seconds between two looks for expired spaces.
SWEEP_EVERY = 60.0
# Writing the last use at each request would make every read a write.
USED_EVERY = timedelta(seconds=30)

PLACE = (
    "SELECT id, generation, file, token_digest, journal, bodies, structure, last_used_at, idle_minutes"
    " FROM spaces WHERE id = ?"
)


class Place(NamedTuple):
    """Where the requests to a space find its store: `file` names this generation and no other."""

    id: str
    generation: int
    file: str
    token_digest: bytes
    journal: bool
    bodies: bool
    structure: str
    used_at: datetime
    expires_at: datetime


class Spaces:
    """The spaces of a server, and their journal; None if none is kept.

    `fill` writes the rows of a template, and `data` knows the own data
    of spaces. At most `most` spaces exist, of which each process has `opened` open; a store
    has at most `most_bytes`. Raises Unavailable like any database.
    """

    def __init__(
        self,
        folder: Path,
        fill: Callable[[Database, str, Data | None], None],
        *,
        data: SpaceData,
        most: int,
        opened: int,
        most_bytes: int,
        lock_timeout: float,
        journal: Callable[["Spaces"], Journal] | None = None,
    ) -> None:
        self.files = SpaceFiles(folder, fill)
        self.data = data
        self.most = most
        self._lock_timeout = lock_timeout
        self.open_stores = OpenStores(
            lambda file: Database.of_space(self.files.path(file), lock_timeout=lock_timeout, most_bytes=most_bytes),
            opened,
        )
        self.fault_rules = FaultRules(self.files.path(REGISTRY), lambda: self.registry)
        self.journal = journal(self) if journal else None
        self._starting = threading.Lock()
        self._finding = threading.Lock()
        # The places that were asked for since the registry changed.
        self._places: dict[str, Place] = {}
        self._places_of: object = None
        self.started = False

    @cached_property
    def registry(self) -> Database:
        """The database with the spaces, and the keys and audit entries of requests that change them."""
        path = self.files.path(REGISTRY)
        database = Database.of_space(path, lock_timeout=self._lock_timeout)
        with self.files.locked():
            if not is_of_this_layout(database):
                # That of another version. No worker of this version has it open: each comes here first.
                database.close()
                self.files.delete(REGISTRY)
                database = Database.of_space(path, lock_timeout=self._lock_timeout)
            migrating.upgrade(database)
            metadata.create_all(database.engine)
            with database.transaction(at_once=True) as db:
                # Spaces are not migrated: those of an earlier version end with it.
                stale = sa.select(spaces.c.id).where(spaces.c.revision != migrating.head())
                files = [file for (space_id,) in db.execute(stale).fetchall() for file in remove(db, space_id)]
        for file in files:
            self.files.delete(file)
        return database

    def start(self) -> None:
        """Make the templates, and look for expired spaces from now on, in a thread. To be called in each worker."""
        with self._starting:
            if self.started:
                return
            self.started = True
        threading.Thread(target=self._tend, name="spaces", daemon=True).start()

    def _tend(self) -> None:
        with suppress(Exception):  # without room for it now, the first request for a space makes it
            self.files.template(SEEDED, self.data.of_server())
        while True:
            with suppress(Exception):
                self.sweep()
            time.sleep(SWEEP_EVERY)

    def find(self, space_id: str) -> Place | None:
        """The place of a space that exists and has not expired."""
        with self._finding:
            # It differs after each commit of any process.
            version = self._found.execute("PRAGMA data_version").fetchone()
            if version != self._places_of:
                self._places, self._places_of = {}, version
            place = self._places.get(space_id)
            if place is None and (row := self._found.execute(PLACE, (space_id,)).fetchone()):
                *known, last_used_at, idle_minutes = row
                used_at = datetime.fromisoformat(last_used_at)
                place = Place._make([*known, used_at, used_at + timedelta(minutes=idle_minutes)])
                self._places[space_id] = place
        return place if place and now() <= place.expires_at else None

    @cached_property
    def _found(self) -> sqlite3.Connection:
        # A plain connection: this is asked at each request, and takes microseconds.
        self.registry  # noqa: B018  # asking for it makes the file
        return sqlite3.connect(self.files.path(REGISTRY), isolation_level=None, check_same_thread=False)

    def lease(self, place: Place) -> OpenStore:
        """The store of a space for a request. Give it back with `open_stores.release`."""
        if place.used_at < now() - USED_EVERY:
            self.mark_used(place.id)
        return self.open_stores.lease(place.file)

    def mark_used(self, space_id: str) -> None:
        """Write that the space is used now."""
        with suppress(Unavailable, LostRace), self.registry.transaction(at_once=True) as db:
            db.execute(spaces.update().where(spaces.c.id == space_id).values(last_used_at=present()))

    def of_token(self, digest: bytes) -> str | None:
        """The id of the space that this token controls."""
        with self.registry.reading() as db:
            return db.execute(sa.select(spaces.c.id).where(spaces.c.token_digest == digest)).scalar()

    def count(self) -> int:
        """The number of spaces."""
        with self.registry.reading() as db:
            total: int = db.execute(sa.select(sa.func.count()).select_from(spaces)).scalar_one()
        return total

    def discard(self, files: list[str]) -> None:
        """Delete files that no row names any more; requests that use them finish on them."""
        for file in files:
            self.files.delete(file)
        self.fault_rules.changed()  # a new space with the same id has none of them
        gone = set(files)
        self.open_stores.forget(lambda file: file in gone)

    def sweep(self) -> None:
        """Delete expired spaces and files without a row, and close the stores of spaces that other workers deleted."""
        with self.registry.transaction(at_once=True) as db:
            found = db.execute(sa.select(spaces.c.id, spaces.c.last_used_at, spaces.c.idle_minutes)).fetchall()
            expired = [row.id for row in found if is_expired(row.last_used_at, row.idle_minutes)]
            files = [file for space_id in expired for file in remove(db, space_id)]
            known = set(db.execute(sa.select(spaces.c.file)).scalars())
            known |= set(db.execute(sa.select(snapshots.c.file)).scalars())
            known |= set(db.execute(sa.select(spaces.c.base)).scalars())
            ids = set(db.execute(sa.select(spaces.c.id)).scalars())
        self.discard(files)
        if self.journal:
            self.journal.forget_others(ids)
        self.files.sweep(known)
        self.open_stores.forget(lambda file: file not in known and not self.files.path(file).exists())


def is_of_this_layout(registry: Database) -> bool:
    """Whether the tables of a registry have the columns of this code; a new registry has no tables yet."""
    with registry.reading() as db:
        inspector = sa.inspect(db)
        found = {
            name: {column["name"] for column in inspector.get_columns(name)} for name in inspector.get_table_names()
        }
    known = migrating.current(registry) in (None, *migrating.revisions())
    return known and all(
        found.get(name, set(table.c.keys())) == set(table.c.keys()) for name, table in metadata.tables.items()
    )


def remove(db: sa.Connection, space_id: str) -> list[str]:
    """Delete the rows of a space, its snapshots and its rules, and return the files to `discard` after the commit."""
    for table in (fault_rules, fault_numbers):
        db.execute(table.delete().where(table.c.space_id == space_id))
    gone = spaces.delete().where(spaces.c.id == space_id).returning(spaces.c.file)
    files = [file for (file,) in db.execute(gone)]
    kept = snapshots.delete().where(snapshots.c.space_id == space_id).returning(snapshots.c.file)
    return files + [file for (file,) in db.execute(kept)]


def expires_at(last_used_at: str, idle_minutes: int) -> str:
    """The time at which a space expires that nobody uses again."""
    return timestamp(datetime.fromisoformat(last_used_at) + timedelta(minutes=idle_minutes))


def is_expired(last_used_at: str, idle_minutes: int) -> bool:
    """Whether a space has expired."""
    return datetime.fromisoformat(last_used_at) + timedelta(minutes=idle_minutes) < now()
