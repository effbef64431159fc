"""The journal: a SQLite file beside the registry with the requests to the spaces of this server.

An entry is written before its answer leaves, so any worker shows it at once. The file does not wait for the disk.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Set
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from api.rules import environ_keys
from api.rules.journal import Limits, Record, Told, entry_of, recorded
from api.rules.journal_query import Columns
from api.rules.problems import Unavailable
from api.rules.redaction import Names, Redaction
from api.rules.spaces import ROOT, in_space, is_control, is_space_id
from api.store.journal_file import ENTRIES, JournalFile
from api.store.signs import is_alive

if TYPE_CHECKING:
    from api.store.spaces import Place

log = logging.getLogger("touchstone.store")

# Listeners of one space at a time, in all workers.
MOST_LISTENERS = 32
# Surplus entries are deleted each time so many were added.
TRIM_EVERY = 50

N = f"id & {ENTRIES - 1}"
# The entries of the space whose ids start after ?1.
OF_SPACE = f"id > ?1 AND id < ?1 + {ENTRIES}"
COLUMNS = ("at", "method", "path", "status", "problem", "fault", "account", "sent", "fields", "rest", "body", "answer")
# Numbers are never used twice, even after the entries were deleted.
INSERT = f"""
INSERT INTO entries (id, {", ".join(COLUMNS)}) VALUES (
    1 + max(
        coalesce((SELECT max(id) FROM entries WHERE {OF_SPACE}), ?1),
        coalesce((SELECT id FROM cleared WHERE space = ?1), 0)
    ),
    {", ".join(f"?{number}" for number in range(2, 2 + len(COLUMNS)))}
) RETURNING {N}
"""  # noqa: S608  # the names are those above
UPDATE = f"UPDATE entries SET {', '.join(f'{name} = ?' for name in COLUMNS)} WHERE id = ?"  # noqa: S608  # the same
WHOLE = f"SELECT {N}, {', '.join(COLUMNS)} FROM entries WHERE {OF_SPACE}"  # noqa: S608  # the names are those above
# What queries look at (`api.rules.journal_query.Columns`).
LOOKED_AT_WITH_BODY = f"{N}, method, path, status, problem, fault, account, sent, fields, body"
LOOKED_AT = LOOKED_AT_WITH_BODY.replace("body", "NULL")


class Journal(JournalFile):
    """The journal of the spaces, and with `everywhere` of the server itself, the space `root`.

    `secret` makes the keys of digests. `find` returns the place of a space.
    """

    def __init__(
        self,
        path: Path,
        find: Callable[[str], Place | None],
        locked: Callable[[], AbstractContextManager[None]],
        *,
        limits: Limits,
        names: Names,
        secret: bytes,
        everywhere: bool,
        lock_timeout: float,
    ) -> None:
        super().__init__(path, locked, lock_timeout)
        self.limits = limits
        self._find = find
        self._names = names
        self._everywhere = everywhere
        self._key = lru_cache(4096)(
            lambda space_id: hashlib.blake2b(f"journal of {space_id}".encode(), key=secret[:64]).digest()[:32]
        )

    def concerns(self, environ: dict[str, Any]) -> bool:
        """Whether a request may get an entry. Quick, because it is asked for each request."""
        path: str = environ["PATH_INFO"]
        return path.startswith("/in/") or (self._everywhere and not is_control(path))

    @property
    def kept(self) -> int:
        """Bytes of a body that are kept."""
        return self.limits.body

    def record(self, environ: dict[str, Any], told: Told, n: int | None = None) -> int | None:
        """Write an entry, or the entry `n` anew. Returns its number; None if the space keeps no journal.

        Call it in the pool: it may wait for other workers. A failure is logged, because the request must not fail.
        """
        found = self._place(environ)
        if found is None:
            return None
        space_id, path, bodies = found
        redaction = Redaction(self._names, self._key(space_id))
        try:
            record = recorded(environ, told, redaction, path=path, most=self.limits.body, bodies=bodies)
            if n is not None:
                self.write(UPDATE, (*record, self.start(space_id) + n))
                return n
            start = self.start(space_id)
            ((n,),) = self.write(INSERT, (start, *record))
            if n % TRIM_EVERY == 0:
                self.write("DELETE FROM entries WHERE id > ? AND id <= ?", (start, start + n - self.limits.entries))
        except Unavailable:  # its reason is in the log
            log.warning("an entry of the journal could not be written")
            return None
        return n

    def _place(self, environ: dict[str, Any]) -> tuple[str, str, bool] | None:
        """The space of a request, its path there, and whether its messages are kept; None: it gets no entry."""
        place: Place | None = environ.get(environ_keys.SPACE)
        path = environ["PATH_INFO"]
        if place is None:
            asked = in_space(path)
            if asked is None:
                return (ROOT, _decoded(path), False) if self._everywhere else None
            # It was refused before it reached its space.
            place = self._find(asked.id) if is_space_id(asked.id) else None
            path = asked.path
        return (place.id, _decoded(path), place.bodies) if place and place.journal else None

    def news(self, space_id: str, after: int, again: Set[int], *, whole: bool) -> list[tuple[Columns, bytes]]:
        """The entries of a space after one, and those of `again`, by number; if `whole`, each with its JSON."""
        start = self.start(space_id)
        places = ", ".join(f"?{number}" for number in range(3, 3 + len(again)))
        known = f"SELECT {LOOKED_AT_WITH_BODY} FROM entries WHERE {OF_SPACE}"  # noqa: S608  # fixed text
        chosen = f"AND (id > ?2 OR id IN ({places})) ORDER BY id"
        values = (start, start + after, *(start + n for n in again))
        found = [Columns(*row) for row in self.rows(f"{known} {chosen}", values)]
        if not whole:
            return [(each, b"") for each in found]
        entries = {row[0]: entry_of(row[0], Record(*row[1:])) for row in self.rows(f"{WHOLE} {chosen}", values)}
        return [(each, orjson.dumps(entries[each.n])) for each in found if each.n in entries]

    def clear(self, space_id: str) -> None:
        """Delete the entries of a space. Their numbers are not used again. Raises Unavailable."""
        start = self.start(space_id)
        self.write(
            f"INSERT INTO cleared SELECT ?1, max(id) FROM entries WHERE {OF_SPACE} HAVING max(id) IS NOT NULL"  # noqa: S608  # fixed text
            " ON CONFLICT (space) DO UPDATE SET id = excluded.id",
            (start,),
        )
        self.write(f"DELETE FROM entries WHERE {OF_SPACE}", (start,))  # noqa: S608  # fixed text

    def forget(self, space_id: str) -> None:
        """Delete all of a space that was deleted. Raises Unavailable."""
        start = self.start(space_id)
        self.write(f"DELETE FROM entries WHERE {OF_SPACE}", (start,))  # noqa: S608  # fixed text
        self.write("DELETE FROM cleared WHERE space = ?", (start,))

    def forget_others(self, known: Set[str]) -> None:
        """Delete all of spaces that do not exist any more."""
        for (space_id,) in self.read("SELECT id FROM spaces"):
            if space_id not in known and space_id != ROOT:
                self.forget(space_id)

    def listen(self, space_id: str) -> bool:
        """Count one more listener of this process in a space. Returns false if there are too many."""
        self.write("INSERT INTO listeners VALUES (?, ?)", (space_id, os.getpid()))
        pids = [pid for (pid,) in self.read("SELECT pid FROM listeners WHERE space = ?", (space_id,))]
        for gone in {pid for pid in pids if not is_alive(pid)}:
            self.write("DELETE FROM listeners WHERE pid = ?", (gone,))
            pids = [pid for pid in pids if pid != gone]
        if len(pids) <= MOST_LISTENERS:
            return True
        self.leave(space_id)
        return False

    def leave(self, space_id: str) -> None:
        """Count one listener of this process less."""
        one = "SELECT rowid FROM listeners WHERE space = ? AND pid = ? LIMIT 1"
        self.write(f"DELETE FROM listeners WHERE rowid = ({one})", (space_id, os.getpid()))  # noqa: S608  # fixed text


def _decoded(path: str) -> str:
    return path.encode("latin-1").decode("utf-8", "replace")  # PEP 3333
