"""The entries that a client of the journal waits for."""

from dataclasses import dataclass

from api.rules.journal_query import Query

EVENTS = "text/event-stream"
# Entries of one space that are looked at again, because their answers are still being sent.
MOST_UNFINISHED = 100


@dataclass(frozen=True, slots=True)
class Watch:
    """Entries of a space that match a query, later than the entry `after`.

    The client waits `seconds` until there are `enough`, with those that are `matching` already; without `seconds`, it
    gets each as an event. The answers of the `unfinished` entries may change: they are looked at again.
    """

    space_id: str
    query: Query
    after: int
    enough: int = 0
    seconds: float | None = None
    matching: frozenset[int] = frozenset()
    unfinished: frozenset[int] = frozenset()


def event(content: bytes, n: int | None) -> bytes:
    """An event with the JSON of an entry (HTML §9.2.5). Without `n`, a client that resumes does not start after it."""
    number = b"" if n is None else b"id: %d\n" % n
    return b"event: entry\n" + number + b"data: " + content + b"\n\n"
