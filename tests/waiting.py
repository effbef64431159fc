"""Waiting for something to happen, on a machine that may be busy."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

Found = TypeVar("Found")

PATIENCE = 30.0  # seconds


def wait_until(look: Callable[[], Found], what: str, *, pause: float = 0.01) -> Found:
    """Call a function, with a pause of so many seconds in between, until its result is true; and return that."""
    deadline = monotonic() + PATIENCE
    while not (found := look()):
        assert monotonic() < deadline, f"never: {what}"
        sleep(pause)
    return found
