"""When the bytes of an answer are due. A method says it, and the front waits, without a thread."""

from collections.abc import Iterator
from dataclasses import dataclass

Due = tuple[float, bytes]

# Paths below the mount of the toolbox whose answers may wait. Their requests do not fill the queue of others.
PATHS = ("/delay/", "/drip", "/sse", "/jsonl", "/range/")


def paced_paths(mount: str) -> tuple[str, ...]:
    """The starts of these paths where the toolbox is mounted at `mount`, which is empty at the root."""
    return tuple(mount + path for path in PATHS)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds `before` the head of an answer, then its `pieces`, each with the second after the head when it is due.

    Without `pieces`, the answer has its own body. `end` is when the last piece is due. The pieces are made when they
    are due, in the event loop: each takes at most 50 µs and has at most 64 KiB.
    """

    before: float
    pieces: Iterator[Due] | None = None
    end: float = 0.0


def evenly(count: int, seconds: float) -> list[float]:
    """When each of so many pieces is due: the first at once, the last at the end."""
    return [seconds * number / max(count - 1, 1) for number in range(count)]


def spread(content: int, seconds: float, *, piece: int) -> Iterator[tuple[float, int]]:
    """When bytes are due, so that they come at an even rate and the last one at the end: (second, bytes).

    At most `piece` bytes are due together, more only if there would be over 1,000 pieces.
    """
    size = max(piece, -(-content // 1000))
    for at in range(0, content, size):
        last = min(at + size, content)
        yield seconds * last / content, last - at
