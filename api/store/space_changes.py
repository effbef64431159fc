"""Changes of spaces: make, reset, snapshots. Each runs in a transaction of the registry.

Files that a change makes obsolete are returned, to `discard` after the commit: until then the change may be undone.
"""

from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from api.rules.clock import present
from api.rules.problems import Conflict, InsufficientStorage, NotFound
from api.rules.tokens import new_token, token_digest
from api.store import migrating
from api.store.rows import Row, as_row
from api.store.space_data import Data
from api.store.spaces import EMPTY, SEEDED, Spaces, is_expired, remove, snapshots, spaces

MOST_SNAPSHOTS = 16


class Made(NamedTuple):
    """A new space: its row, its token, and files that are obsolete."""

    row: Row
    token: str
    obsolete: list[str]


def read_space(db: sa.Connection, space_id: str) -> Row | None:
    """The row of a space; None if there is none, or if it has expired."""
    found = db.execute(sa.select(spaces).where(spaces.c.id == space_id)).fetchone()
    row = as_row(spaces, found) if found else None
    return None if row is None or is_expired(row["last_used_at"], row["idle_minutes"]) else row


def make_space(
    store: Spaces,
    db: sa.Connection,
    space_id: str,
    *,
    source: str,
    idle_minutes: int,
    owner_id: int | None,
    journal: bool = True,
    bodies: bool = False,
    data: Data | None = None,
) -> Made:
    """Make a space.

    `source` is `seeded`, `empty` or `<space>@<snapshot>`. With `journal`, its requests are recorded, and with `bodies`
    the bodies of messages too.
    `data` has its own collections (None: those of the server, if it has any). Raises Conflict if the id is taken,
    NotFound for a missing snapshot, InsufficientStorage if there are too many spaces or there is no room.
    """
    if read_space(db, space_id):
        raise Conflict(f"There is a space {space_id} already.")
    obsolete = remove(db, space_id)  # it has expired
    if _count(db, spaces, sa.true()) >= store.most:
        raise InsufficientStorage(f"There are {store.most:,} spaces: delete one, or wait until one expires.")
    token, moment = new_token(), present()
    base = store.files.template(source, data or store.data.of_server()) if source in (SEEDED, EMPTY) else None
    copied = _copied(store, db, space_id, 1, source, base)
    row = {
        "id": space_id,
        "generation": 1,
        **copied,
        "base": base.name if base and copied["structure"] else "",
        "revision": migrating.head(),
        "from": source,
        "idle_minutes": idle_minutes,
        "journal": journal,
        "bodies": bodies,
        "token_digest": token_digest(token),
        "owner_id": owner_id,
        "created_at": moment,
        "last_used_at": moment,
        "version": 1,
    }
    try:
        db.execute(spaces.insert().values(row))
    except IntegrityError:
        store.files.delete(copied["file"])
        raise Conflict(f"There is a space {space_id} already.") from None
    return Made(row, token, obsolete)


def change_space(db: sa.Connection, seen: Row, **values: Any) -> Row:
    """Write `values` to a space as its next version, and return its row."""
    written = {**values, "version": seen["version"] + 1, "last_used_at": present()}
    db.execute(spaces.update().where(spaces.c.id == seen["id"]).values(written))
    return {**seen, **written}


def renew_token(db: sa.Connection, space_id: str) -> str:
    """Replace the token of a space, and return the new one."""
    token = new_token()
    db.execute(spaces.update().where(spaces.c.id == space_id).values(token_digest=token_digest(token)))
    return token


def reset_space(store: Spaces, db: sa.Connection, seen: Row, snapshot: str | None) -> Row:
    """Give a space a new store: a copy of its snapshot, or by default of what it was made from.

    Its old file, `seen["file"]`, is obsolete then. Raises NotFound for a missing snapshot, Conflict if what the space
    was made from does not exist any more.
    """
    generation = seen["generation"] + 1
    source = seen["from"] if snapshot is None else f"{seen['id']}@{snapshot}"
    own = store.files.path(seen["base"]) if seen["base"] and snapshot is None else None
    base = own or (store.files.template(source, None) if source in (SEEDED, EMPTY) else None)
    try:
        copied = _copied(store, db, seen["id"], generation, source, base)
    except NotFound:
        if snapshot is None:
            raise Conflict(f"The space was made from {source}, which does not exist any more.") from None
        raise
    return change_space(db, seen, generation=generation, **copied)


def keep_snapshot(store: Spaces, db: sa.Connection, space: Row, name: str) -> tuple[Row, Row | None]:
    """Keep a copy of the store as it is now; return its row, and that of the snapshot of this name that it replaces.

    Raises InsufficientStorage if there are too many, or there is no room.
    """
    before = read_snapshot(db, space["id"], name)
    if before:
        drop_snapshot(db, before)
    elif _count(db, snapshots, snapshots.c.space_id == space["id"]) >= MOST_SNAPSHOTS:
        raise InsufficientStorage(f"A space has at most {MOST_SNAPSHOTS} snapshots: delete one.")
    file = store.files.new_name(f"{space['id']}.{name}", space["generation"])
    store.files.copy_live(space["file"], file)
    row = {
        "space_id": space["id"],
        "name": name,
        "file": file,
        "generation": space["generation"],
        "created_at": present(),
    }
    db.execute(snapshots.insert().values(row))
    return row, before


def read_snapshot(db: sa.Connection, space_id: str, name: str) -> Row | None:
    """The row of a snapshot; None if there is none."""
    chosen = sa.select(snapshots).where(snapshots.c.space_id == space_id, snapshots.c.name == name)
    found = db.execute(chosen).fetchone()
    return as_row(snapshots, found) if found else None


def drop_snapshot(db: sa.Connection, row: Row) -> None:
    """Delete the row of a snapshot. Its file is obsolete then."""
    same = snapshots.c.space_id == row["space_id"], snapshots.c.name == row["name"]
    db.execute(snapshots.delete().where(*same))


def _count(db: sa.Connection, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
    total: int = db.execute(sa.select(sa.func.count()).select_from(table).where(condition)).scalar_one()
    return total


def _copied(
    store: Spaces, db: sa.Connection, space_id: str, generation: int, source: str, base: Path | None
) -> dict[str, Any]:
    """Copy the template `base`, or the snapshot that `source` names, to a new file; return the columns about it."""
    file = store.files.new_name(space_id, generation)
    if base:
        store.files.copy(base, file)
    else:
        owner, _, name = source.partition("@")
        snapshot = read_snapshot(db, owner, name)
        if snapshot is None:
            raise NotFound(f"The space {owner} has no snapshot {name}.")
        store.files.copy(store.files.path(snapshot["file"]), file)
        if owner != space_id:
            store.files.without_credentials(file)
    accounts, structure = store.files.content(store.files.path(file))
    return {"file": file, "accounts": accounts, "structure": structure}
