"""The files of spaces: templates, copies, and the stores that are open in this process."""

import fcntl
import hashlib
import shutil
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from api.rules.problems import InsufficientStorage
from api.store import migrating
from api.store.database import Database
from api.store.space_data import Data

# The file and what SQLite keeps beside it.
SUFFIXES = ("", "-wal", "-shm")
# Seconds after which a file without a row is deleted: no request takes as long from its file to its row.
ORPHANED = 60
# Templates with longer names hold data, and are only for the spaces that were made of them.
LONGEST_STANDING = 40
# What a clone of a snapshot does not take along: credentials, and answers that hold links of the other space.
PERSONAL = ("tokens", "sessions", "idempotency_keys", "audit")


@dataclass(slots=True, eq=False)
class OpenStore:
    """An open store: `leases` counts the requests that use it; one that is `gone` closes after the last."""

    database: Database
    leases: int = 0
    gone: bool = False


class OpenStores:
    """The stores that this process has open: at most `most` beside those in use, the least used first to close."""

    def __init__(self, open_store: Callable[[str], Database], most: int) -> None:
        self._open_store = open_store
        self._most = most
        self._stores: OrderedDict[str, OpenStore] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._stores)

    def lease(self, file: str) -> OpenStore:
        """The store of this file, for a request, which must give it back with `release`."""
        with self._lock:
            store = self._stores.get(file)
            if store is None:
                store = self._stores[file] = OpenStore(self._open_store(file))
            self._stores.move_to_end(file)
            store.leases += 1
            closable = self._surplus()
        for each in closable:
            each.database.close()
        return store

    def release(self, store: OpenStore) -> None:
        """Give a store back."""
        with self._lock:
            store.leases -= 1
            closes = store.gone and not store.leases
        if closes:
            store.database.close()

    def forget(self, is_gone: Callable[[str], bool]) -> None:
        """Close the stores whose files are gone, each when no request uses it any more."""
        with self._lock:
            gone = [file for file in self._stores if is_gone(file)]
            stores = [self._stores.pop(file) for file in gone]
            for store in stores:
                store.gone = True
            closable = [store for store in stores if not store.leases]
        for each in closable:
            each.database.close()

    def close_all(self) -> None:
        """Close all stores."""
        self.forget(lambda _file: True)

    def _surplus(self) -> list[OpenStore]:
        surplus = len(self._stores) - self._most
        idle = [file for file, store in self._stores.items() if not store.leases][: max(surplus, 0)]
        return [self._stores.pop(file) for file in idle]


class SpaceFiles:
    """The folder of the spaces. `fill` writes a template of this kind, with this data."""

    def __init__(self, folder: Path, fill: Callable[[Database, str, Data | None], None]) -> None:
        self.folder = folder
        self._fill = fill

    def path(self, file: str) -> Path:
        """The path of a file."""
        return self.folder / file

    def new_name(self, space_id: str, generation: int) -> str:
        """A file name that was never used before: an open store of a deleted space is never taken for a new one."""
        return f"{space_id}.{generation}.{token_hex(8)}.db"

    def template(self, kind: str, data: Data | None = None) -> Path:
        """The file that new spaces of this kind (`seeded`, `empty`) are copies of; the first caller makes it."""
        name = f"{kind}-{data.digest}" if data else kind
        path = self.folder / f"{name}-{migrating.head()}.template"
        if not path.exists():
            with self.locked():
                if not path.exists():
                    self._make_template(kind, path, data)
        elif data:
            path.touch()  # otherwise `sweep` could delete it now
        return path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Wait until no other process or thread holds this lock."""
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _make_template(self, kind: str, path: Path, data: Data | None) -> None:
        temporary = self.folder / f"{token_hex(8)}.new"
        database = Database.of_space(temporary)
        try:
            self._fill(database, kind, data)
            with database.engine.connect() as db:
                db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            database.close()
            temporary.replace(path)
        finally:
            database.close()
            self.delete(temporary.name)

    def copy(self, source: Path, file: str) -> None:
        """Copy a file that nobody writes to. Raises InsufficientStorage (507) if there is no room."""
        try:
            shutil.copyfile(source, self.path(file))
        except OSError as error:
            self.delete(file)
            raise InsufficientStorage("There is no room for another space.") from error

    def copy_live(self, source: str, file: str) -> None:
        """Copy a store that others may use, as it is at one moment. Raises InsufficientStorage (507)."""
        try:
            with (
                closing(sqlite3.connect(f"file:{self.path(source)}?mode=rw", uri=True)) as old,
                closing(sqlite3.connect(self.path(file))) as new,
            ):
                old.backup(new)
        except sqlite3.OperationalError as error:
            self.delete(file)
            raise InsufficientStorage("There is no room for another snapshot.") from error

    def without_credentials(self, file: str) -> None:
        """Delete the tokens, sessions, keys and audit entries of a copy."""
        with closing(sqlite3.connect(self.path(file))) as db:
            for table in PERSONAL:
                db.execute(f"DELETE FROM {table}")  # noqa: S608  # the names are those above
            db.commit()
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def content(self, file: Path) -> tuple[list[str], str]:
        """What is in a file that nobody writes to: the user names, oldest first, and what names its collections."""
        with closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as db:
            names = [name for (name,) in db.execute("SELECT username FROM users ORDER BY id LIMIT 100")]
            collections = db.execute("SELECT name, single, schema, given FROM collections ORDER BY position").fetchall()
        return names, hashlib.sha256(repr(collections).encode()).hexdigest() if collections else ""

    def size(self, file: str) -> int:
        """The bytes of a store on disk."""
        total = 0
        for suffix in SUFFIXES[:2]:
            with suppress(OSError):
                total += (self.folder / (file + suffix)).stat().st_size
        return total

    def delete(self, file: str) -> None:
        """Delete the files of a store; requests that use it finish on it."""
        for suffix in SUFFIXES:
            with suppress(OSError):
                (self.folder / (file + suffix)).unlink()

    def sweep(self, known: set[str]) -> None:
        """Delete the stores that no row names: those of processes that died before they wrote one."""
        oldest = time.time() - ORPHANED
        for path in self.folder.iterdir():
            name = path.name.removesuffix("-wal").removesuffix("-shm")
            if name in known or not name.endswith((".db", ".new", ".template")) or name in (REGISTRY, JOURNAL):
                continue
            if name.endswith(".template") and len(name) < LONGEST_STANDING:
                continue
            with suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()


REGISTRY, JOURNAL = "spaces.db", "journal.db"
