"""Marks of the toolbox's auth lab: values that may be used only once, and counters that must rise.

With a database they are in it (`api.store.marks`), for all workers and instances; without one, in the memory of the
only worker.
"""

import threading
import time
from typing import Protocol

from api.web.request import services

# Entries in memory after which expired ones are deleted.
SWEEP_EVERY = 1000


class Marks(Protocol):
    """Remembers used values, and the highest count of each thing.

    `until` is in seconds since the epoch: afterwards the mark may be deleted.
    """

    def use(self, thing: str, until: float) -> bool:
        """Mark a thing as used. Returns whether this was the first time."""

    def is_used(self, *things: str) -> bool:
        """Whether one of these things is marked."""

    def rise(self, thing: str, count: int, until: float) -> bool:
        """Note a count of a thing. Returns whether it is higher than all before."""


class RememberedMarks:
    """Marks in the memory of one worker."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}
        self._next_sweep = SWEEP_EVERY

    def use(self, thing: str, until: float) -> bool:
        """Mark a thing as used (`Marks.use`)."""
        return self.rise(thing, 1, until)

    def is_used(self, *things: str) -> bool:
        """Whether one of these things is marked (`Marks.is_used`)."""
        with self._lock:
            return any(each in self._counts for each in things)

    def rise(self, thing: str, count: int, until: float) -> bool:
        """Note a count (`Marks.rise`)."""
        with self._lock:
            if len(self._counts) >= self._next_sweep:
                now = time.time()
                self._counts = {name: known for name, known in self._counts.items() if known[1] > now}
                self._next_sweep = len(self._counts) + SWEEP_EVERY
            highest, end = self._counts.get(thing, (0, until))
            if count > highest:
                self._counts[thing] = (count, end)
            return count > highest


_remembered = RememberedMarks()


def marks() -> Marks:
    """The marks for the current request: in the database of the server or the space, or without one in memory."""
    if services().database is None:
        return _remembered
    from api.store.marks import StoredMarks
    from api.web.storage import database

    return StoredMarks(database())
