"""Waiting, for what must happen at last, on a machine that is busy with other things."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

Found = TypeVar("Found")

PATIENCE = 30.0  # seconds


def wait_until(look: Callable[[], Found], what: str, *, pause: float = 0.01) -> Found:
    """Look, again and again with a pause of so many seconds, until there is something; and give it."""
    deadline = monotonic() + PATIENCE
    while not (found := look()):
        assert monotonic() < deadline, f"never: {what}"
        sleep(pause)
    return found
