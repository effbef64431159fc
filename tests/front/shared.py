"""Commits that jobs share, for tests."""

import threading

from api.front.pool import Commit
from tests.waiting import PATIENCE


class Shared:
    """One commit that all jobs wait for until it is settled. It then has this error, or none."""

    def __init__(self, error: Exception | None = None) -> None:
        self.done, self.error = False, error
        self.settled = 0

    def share(self) -> None:
        """Do nothing: every thread shares."""

    def take_commit(self) -> Commit | None:
        return self

    def is_due(self) -> bool:
        return False

    def settle(self) -> None:
        self.settled += 1
        self.done = True


class SettledSlowly(Shared):
    """Settling blocks until a gate is opened. Other threads that try meanwhile return at once."""

    def __init__(self) -> None:
        super().__init__()
        self.settling, self.gate = threading.Event(), threading.Event()
        self._mine = threading.local()

    def reading(self, text: str) -> int:
        """A job that waits for no commit."""
        self._mine.reads = True
        return int(text)

    def take_commit(self) -> Commit | None:
        return None if self._mine.__dict__.pop("reads", False) else self

    def settle(self) -> None:
        if not self.settling.is_set():
            self.settling.set()
            assert self.gate.wait(PATIENCE)
            super().settle()


class SettledElsewhere(Shared):
    """Another thread, which ends no jobs, is settling: calls are refused so often, and the commit is done later."""

    def __init__(self, refusals: int) -> None:
        super().__init__()
        self.refusals, self.refused = refusals, threading.Event()

    def settle(self) -> None:
        self.refusals -= 1
        if self.refusals == 0:
            self.refused.set()
