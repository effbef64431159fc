"""Housekeeping: deletes old rows, a few at a time."""

from collections.abc import Callable

import sqlalchemy as sa

from api.store.database import Database

# Rows deleted in one transaction, and bytes of their contents: few, so that other writes do not wait long.
BATCH = 100
BATCH_BYTES = 64 * 1024 * 1024

# Deletes some rows from before a time (RFC 3339 text), and returns their number: 0 if none is left.
Prune = Callable[[sa.Connection, str], int]
_prunes: dict[str, Prune] = {}


def when_pruned(name: str) -> Callable[[Prune], Prune]:
    """Declare how to delete the old rows of a resource; `name` is shown to the operator."""

    def declare(prune: Prune) -> Prune:
        _prunes[name] = prune
        return prune

    return declare


def prune(database: Database, before: str) -> dict[str, int]:
    """Delete rows from before this time, and return their numbers by name."""
    gone = dict.fromkeys(_prunes, 0)
    for name, act in _prunes.items():
        while True:
            with database.transaction() as db:
                count = act(db, before)
            gone[name] += count
            if not count:
                break
    return gone
