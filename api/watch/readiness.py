"""Whether the server can do its work: its database is there, and not behind the code."""

import logging
import threading
import time

from api.rules.problems import Unavailable
from api.store import migrating
from api.store.database import Database, LostRace
from api.store.migrating import DatabaseError

log = logging.getLogger("touchstone.watch")

# Seconds that a finding holds: however many probes there are, the database is asked once a second by each worker.
FRESH = 1.0
# Seconds that a look may take, beyond which the database counts as away: as long as most probes wait.
PATIENCE = 5.0

DATABASE = "database"
MIGRATIONS = "migrations"


class Readiness:
    """What is found when the database is looked at, kept for a moment."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looking = threading.Lock()
        self._failing: str | None = DATABASE
        self._found_at = float("-inf")

    def failing(self) -> str | None:
        """The part that fails: DATABASE or MIGRATIONS; None where all is well.

        One thread looks; others are told what was found last, as long as that can be so.
        """
        if self._age() < FRESH:
            return self._failing
        # Nothing is known yet: wait for the one who looks.
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
            # A newer version may have migrated it already: migrations add, and this code goes on until it is replaced.
            failing = None if (migrating.current(self._database) or "") >= migrating.head() else MIGRATIONS
        except (Unavailable, LostRace, DatabaseError):
            failing = DATABASE  # the store has logged why
        if failing != self._failing and self._found_at > 0:
            log.warning("not ready" if failing else "ready again", extra={"fields": {"failing": failing}})
        self._failing, self._found_at = failing, time.monotonic()
