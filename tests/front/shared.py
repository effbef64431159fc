"""Commits that jobs share, for tests."""

from api.front.pool import Commit


class Shared:
    """One commit that all jobs wait for, until it is settled: it then ends with this error, or without."""

    def __init__(self, error: Exception | None = None) -> None:
        self.done, self.error = False, error
        self.settled = 0

    def share(self) -> None:
        """Every thread does."""

    def awaited(self) -> Commit:
        return self

    def is_due(self) -> bool:
        return False

    def settle(self) -> None:
        self.settled += 1
        self.done = True
