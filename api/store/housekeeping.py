"""Housekeeping: what may be deleted when it is old, a little at a time."""

from collections.abc import Callable

import sqlalchemy as sa

from api.store.database import Database

# Rows deleted in one transaction, and bytes of their contents: so few that no other write waits for long.
BATCH = 100
BATCH_BYTES = 64 * 1024 * 1024

# Deletes some rows that were made before a moment (RFC 3339 text), and says how many it did: 0 where none is left.
Prune = Callable[[sa.Connection, str], int]
_prunes: dict[str, Prune] = {}


def when_pruned(name: str) -> Callable[[Prune], Prune]:
    """Declare how the old rows of a resource are deleted, under the name that people are told."""

    def declare(prune: Prune) -> Prune:
        _prunes[name] = prune
        return prune

    return declare


def prune(database: Database, before: str) -> dict[str, int]:
    """Delete what was made before this moment, and give how many of what."""
    gone = dict.fromkeys(_prunes, 0)
    for name, act in _prunes.items():
        while True:
            with database.transaction() as db:
                count = act(db, before)
            gone[name] += count
            if not count:
                break
    return gone
