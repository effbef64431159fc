"""Reads the journal: pages of entries, single entries, and their bodies."""

from collections.abc import Iterator
from typing import Any

import orjson

from api.rules.journal import Record, entry_of
from api.rules.journal_checks import Received
from api.rules.journal_query import Columns, Query
from api.rules.matching import Head
from api.rules.watch import MOST_UNFINISHED
from api.store.journal import LOOKED_AT, LOOKED_AT_WITH_BODY, OF_SPACE, WHOLE, Journal, N
from api.store.journal_file import ENTRIES

# Entries that are read at once.
TOGETHER = 50


def matching(
    journal: Journal, space_id: str, query: Query, *, after: int = 0, backwards: bool = False
) -> Iterator[int]:
    """The numbers of the matching entries after one, oldest first; `backwards`: before it, newest first."""
    names = LOOKED_AT if query.body_contains is None else LOOKED_AT_WITH_BODY
    beyond = "id < ?3 ORDER BY id DESC" if backwards else "id > ?3 ORDER BY id"
    statement = f"SELECT {names} FROM entries WHERE {OF_SPACE} AND id > ?2 AND {beyond}"  # noqa: S608  # fixed text
    start, least = journal.start(space_id), max(query.since, oldest(journal, space_id))
    for row in journal.rows(statement, (start, start + min(least, ENTRIES), start + min(after, ENTRIES))):
        if query.matches(Columns(*row)):
            yield row[0]


def read_entries(journal: Journal, space_id: str, numbers: list[int]) -> list[dict[str, Any]]:
    """The entries with these numbers that still exist, in this order."""
    places = ", ".join(f"?{number}" for number in range(2, 2 + len(numbers)))
    start = journal.start(space_id)
    rows = journal.read(f"{WHOLE} AND id IN ({places})", (start, *(start + n for n in numbers)))
    found = {row[0]: entry_of(row[0], Record(*row[1:])) for row in rows}
    return [found[n] for n in numbers if n in found]


def all_entries(journal: Journal, space_id: str, query: Query) -> Iterator[list[dict[str, Any]]]:
    """All matching entries, oldest first, some at a time."""
    numbers = list(matching(journal, space_id, query))
    for start in range(0, len(numbers), TOGETHER):
        yield read_entries(journal, space_id, numbers[start : start + TOGETHER])


def read_entry(journal: Journal, space_id: str, n: int) -> dict[str, Any] | None:
    """One entry; None if it does not exist."""
    if n >= ENTRIES:
        return None
    start = journal.start(space_id)
    rows = journal.read(f"{WHOLE} AND id = ?2", (start, start + n))
    return entry_of(rows[0][0], Record(*rows[0][1:])) if rows else None


def read_content(journal: Journal, space_id: str, n: int, which: str) -> tuple[bytes, dict[str, Any], str] | None:
    """The kept bytes of the `body` or the `answer` of an entry, their description, and the time of the entry.

    None if there is no such entry, or it has no such content.
    """
    entry = read_entry(journal, space_id, n)
    described = entry and (entry["body"] if which == "body" else entry["answer"]["body"])
    if not entry or not described:
        return None
    rows = journal.read(f"SELECT {which} FROM entries WHERE id = ?", (journal.start(space_id) + n,))  # noqa: S608  # a name
    if not rows or rows[0][0] is None:
        return None
    return rows[0][0], described, entry["at"]


def newest(journal: Journal, space_id: str) -> int:
    """The number of the newest entry; 0 without entries."""
    start = journal.start(space_id)
    ((last,),) = journal.read(f"SELECT max(id) FROM entries WHERE {OF_SPACE}", (start,))  # noqa: S608  # fixed text
    return last - start if last else 0


def unfinished(journal: Journal, space_id: str) -> frozenset[int]:
    """The numbers of the newest entries whose answers are still being sent, and may change."""
    known = f"SELECT {N} FROM entries WHERE {OF_SPACE} AND sent IS NULL ORDER BY id DESC LIMIT ?2"  # noqa: S608  # fixed text
    return frozenset(n for (n,) in journal.read(known, (journal.start(space_id), MOST_UNFINISHED)))


def received(journal: Journal, space_id: str) -> list[Received]:
    """All requests to a space, oldest first, for the comparison with the expected ones."""
    names = f"{N}, method, path, status, fields, rest, body"
    known = f"SELECT {names} FROM entries WHERE {OF_SPACE} AND id > ?2 ORDER BY id"  # noqa: S608  # fixed text
    start = journal.start(space_id)
    found = []
    for n, method, path, status, fields, rest, body in journal.rows(known, (start, start + oldest(journal, space_id))):
        target = orjson.loads(rest)["target"]
        lines = [(name, value) for name, value in orjson.loads(fields)]
        found.append(Received(n, Head(method, path, target.partition("?")[2], lines), target, status, body or b""))
    return found


def oldest(journal: Journal, space_id: str) -> int:
    """The number before the oldest entry that counts: the ring is cleared only now and then."""
    return newest(journal, space_id) - journal.limits.entries
