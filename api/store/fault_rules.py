"""The fault rules of spaces, in the registry, and their counts, which all workers share."""

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from api.rules.clock import present
from api.rules.faults import MOST_RULES, Limit, Plan, Rule, Window
from api.rules.problems import InsufficientStorage
from api.store.columns import Id, Json, Moment, Text
from api.store.database import Connection, Database
from api.store.registry import metadata
from api.store.rows import Row, as_row
from api.store.signs import Sign

fault_rules = sa.Table(
    "fault_rules",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("space_id", Text, nullable=False),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("match", Json, nullable=False),
    sa.Column("times", Json, nullable=False),
    sa.Column("do", Json, nullable=False),
    sa.Column("seen", sa.Integer, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("window_end", sa.Float, nullable=False),  # of its limit, in seconds since 1970
    sa.Column("window_hits", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.UniqueConstraint("space_id", "n"),
)
# The last number in each space. No number is used again: an answer names the number of its rule.
fault_numbers = sa.Table(
    "fault_numbers",
    metadata,
    sa.Column("space_id", Text, primary_key=True),
    sa.Column("last", sa.Integer, nullable=False),
)

# Spaces whose rules a process remembers.
REMEMBERED = 4096


class FaultRules:
    """The rules that requests meet. Create it before the workers are forked."""

    def __init__(self, file: Path, registry: Callable[[], Database]) -> None:
        self._file = file
        self._registry = registry
        self._sign = Sign()
        self._seen = b""
        self._known: dict[str, Sequence[Rule]] = {}
        self._reader: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def changed(self) -> None:
        """Let all workers read the rules again. To be called after the commit of a change."""
        self._sign.change()

    def of(self, space_id: str) -> Sequence[Rule]:
        """The rules of a space, by number."""
        sign = self._sign.value
        if sign != self._seen or len(self._known) > REMEMBERED:
            self._known = {}
            self._seen = sign
        found = self._known.get(space_id)
        if found is None:
            found = self._known[space_id] = self._read(space_id)
        return found

    def _read(self, space_id: str) -> Sequence[Rule]:
        # A plain connection of its own: this runs in the event loop, which must not wait for the creation of tables.
        if self._reader is None:
            if not self._file.exists():
                return ()
            self._reader = sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)
        query = 'SELECT n, "match", times, "do" FROM fault_rules WHERE space_id = ? ORDER BY n'
        try:
            rows = self._reader.execute(query, (space_id,)).fetchall()
        except sqlite3.OperationalError:
            # Another process is creating the tables, so there are no rules yet; or it replaces the file.
            self._reader.close()
            self._reader = None
            return ()
        return tuple(Rule.of(n, *map(orjson.loads, members)) for n, *members in rows)

    def take(self, space_id: str, rules: Sequence[Rule], body: Callable[[], bytes]) -> Plan | None:
        """Count a request for the rules whose match its head has, in order, up to the first that is due.

        `body` returns the body of the request. Returns what that rule does. Raises Unavailable.
        """
        matching = [rule for rule in rules if not rule.match.body_contains or rule.match.matches_body(body())]
        if not matching:
            return None
        with self._lock, self._registry().transaction(at_once=True) as db:
            for rule in matching:
                plan = _counted(db, space_id, rule)
                if plan:
                    return plan
        return None


def _counted(db: Connection, space_id: str, rule: Rule) -> Plan | None:
    """Count a request for a rule. Returns its plan, if it is due."""
    chosen = sa.and_(fault_rules.c.space_id == space_id, fault_rules.c.n == rule.n)
    seeing = fault_rules.update().where(chosen).values(seen=fault_rules.c.seen + 1)
    row = db.execute(seeing.returning(*(fault_rules.c[name] for name in COUNTS))).fetchone()
    if row is None or not rule.times.is_due(row.seen, row.done):  # it may be deleted by now
        return None
    effects, limit = rule.effects, rule.limit
    window: Window | None = None
    written: dict[str, Any] = {}
    if limit:
        window, written = _window(limit, row)
        if window.hits <= limit.requests:
            effects = tuple(each for each in effects if each is not limit)
    acts = bool(effects)
    if acts or written:
        db.execute(fault_rules.update().where(chosen).values({**written, "done": row.done + acts}))
    return Plan(str(rule.n), effects, rule.times.random(row.seen), window) if acts else None


COUNTS = ("seen", "done", "window_end", "window_hits")


def _window(limit: Limit, row: Any) -> tuple[Window, dict[str, Any]]:
    """The window of a limit with one more request, and the values of its row."""
    moment = time.time()
    end, hits = row.window_end, row.window_hits
    if moment >= end:
        end, hits = moment + limit.seconds, 0
    return Window(hits + 1, ceil(end - moment)), {"window_end": end, "window_hits": hits + 1}


def list_rules(db: Connection, space_id: str) -> list[Row]:
    """The rows of the rules of a space, by number."""
    chosen = sa.select(fault_rules).where(fault_rules.c.space_id == space_id).order_by(fault_rules.c.n)
    return [as_row(fault_rules, row) for row in db.execute(chosen)]


def read_rule(db: Connection, space_id: str, n: int) -> Row | None:
    """The row of a rule; None if there is none."""
    chosen = sa.select(fault_rules).where(fault_rules.c.space_id == space_id, fault_rules.c.n == n)
    found = db.execute(chosen).fetchone()
    return as_row(fault_rules, found) if found else None


def add_rule(db: Connection, space_id: str, rule: Row) -> Row:
    """Write a new rule (`match`, `times`, `do`). Returns its row. Raises InsufficientStorage if there are too many."""
    count = sa.select(sa.func.count()).select_from(fault_rules).where(fault_rules.c.space_id == space_id)
    if db.execute(count).scalar_one() >= MOST_RULES:
        raise InsufficientStorage(f"A space has at most {MOST_RULES} rules: delete one.")
    row = {
        **rule,
        "space_id": space_id,
        "n": _next_number(db, space_id),
        "seen": 0,
        "done": 0,
        "window_end": 0.0,
        "window_hits": 0,
        "created_at": present(),
        "version": 1,
    }
    db.execute(fault_rules.insert().values(row))
    return row


def change_rule(db: Connection, seen: Row, **values: Any) -> Row:
    """Write `values` to a rule as its next version, and return its row. Its counts stay."""
    written = {**values, "version": seen["version"] + 1}
    same = fault_rules.c.space_id == seen["space_id"], fault_rules.c.n == seen["n"]
    db.execute(fault_rules.update().where(*same).values(written))
    return {**seen, **written}


def delete_rules(db: Connection, space_id: str, n: int | None = None) -> None:
    """Delete a rule of a space, or all."""
    chosen = sa.true() if n is None else fault_rules.c.n == n
    db.execute(fault_rules.delete().where(fault_rules.c.space_id == space_id, chosen))


def _next_number(db: Connection, space_id: str) -> int:
    advanced = (
        fault_numbers.update()
        .where(fault_numbers.c.space_id == space_id)
        .values(last=fault_numbers.c.last + 1)
        .returning(fault_numbers.c.last)
    )
    found: int | None = db.execute(advanced).scalar()
    if found is None:
        found = 1
        db.execute(fault_numbers.insert().values(space_id=space_id, last=found))
    return found
