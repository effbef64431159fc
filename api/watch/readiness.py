"""Readiness: whether the database is reachable and not behind the code."""

import logging
import threading
import time

from api.rules.problems import Unavailable
from api.store import migrating
from api.store.database import Database, LostRace
from api.store.migrating import DatabaseError

log = logging.getLogger("touchstone.watch")

# Seconds that a result is valid: each worker checks the database once a second, regardless of the number of probes.
FRESH = 1.0
# Seconds for a check, beyond which the database counts as unreachable: as long as most probes wait.
PATIENCE = 5.0

DATABASE = "database"
MIGRATIONS = "migrations"


class Readiness:
    """The result of the last check of the database, cached for FRESH seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looking = threading.Lock()
        self._failing: str | None = DATABASE
        self._found_at = float("-inf")

    def failing(self) -> str | None:
        """The part that fails: DATABASE or MIGRATIONS; None if ready.

        One thread checks; meanwhile others get the last result, if it is recent enough.
        """
        if self._age() < FRESH:
            return self._failing
        # Without any result yet, wait for the thread that checks.
        if self._looking.acquire(timeout=PATIENCE if self._found_at < 0 else 0):
            try:
                if self._age() >= FRESH:
                    self._look()
            finally:
                self._looking.release()
        return self._failing if self._age() < FRESH + PATIENCE else DATABASE

    def _age(self) -> float:
        return time.monotonic() - self._found_at

    def _look(self) -> None:
        try:
            # A newer version may have migrated it: migrations only add, so this code continues until it is replaced.
            failing = None if (migrating.current(self._database) or "") >= migrating.head() else MIGRATIONS
        except (Unavailable, LostRace, DatabaseError):
            failing = DATABASE  # the store has logged the reason
        if failing != self._failing and self._found_at > 0:
            log.warning("not ready" if failing else "ready again", extra={"fields": {"failing": failing}})
        self._failing, self._found_at = failing, time.monotonic()
