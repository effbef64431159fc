"""Checks the rows of a database after writes: each write is there once and complete. Findings are sentences."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from api.store.audit import audit
from api.store.database import Database
from api.store.idempotency import keys
from api.store.pieces import PIECE
from resources.articles.table import articles, words
from resources.messages.table import contents, messages, usage
from tests.reliability.writes import Chain, Write

# Incomplete writes, which must not exist: each statement selects the rows of one kind.
HALVES = {
    "an article without its words": sa.select(articles.c.id).where(
        articles.c.id.not_in(sa.select(words.table.c.rowid))
    ),
    "words without their article": sa.select(words.table.c.rowid).where(
        words.table.c.rowid.not_in(sa.select(articles.c.id))
    ),
    "pieces without their message": sa.select(contents.table.c.owner_id).where(
        contents.table.c.owner_id.not_in(sa.select(messages.c.id))
    ),
    "a message without its pieces": sa.select(messages.c.id).where(
        messages.c.size
        != sa.select(sa.func.coalesce(sa.func.sum(sa.func.length(contents.table.c.content)), 0))
        .where(contents.table.c.owner_id == messages.c.id)
        .scalar_subquery()
    ),
    "a key without an answer": sa.select(keys.c.key).where(keys.c.status.is_(None) | keys.c.content.is_(None)),
    "room that no message takes, or none that one takes": sa.select(usage.c.bytes).where(
        usage.c.bytes != sa.select(sa.func.coalesce(sa.func.sum(messages.c.room), 0)).scalar_subquery()
    ),
}


@dataclass
class Findings:
    """Faults: lost writes, doubled writes, and incomplete ones."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)

    def add(self, more: "Findings") -> None:
        self.lost += more.lost
        self.doubled += more.doubled
        self.half += more.half

    def all(self) -> list[str]:
        return self.lost + self.doubled + self.half


def check_halves(database: Database) -> Findings:
    """Look for incomplete writes in the whole database."""
    found = Findings()
    with database.reading() as db:
        for name, statement in HALVES.items():
            found.half += [f"{name}: {row[0]}" for row in db.execute(statement)]
        if database.sqlite:
            broken = [row[0] for row in db.execute(sa.text("PRAGMA integrity_check"))]
            found.half += [f"the file: {sentence}" for sentence in broken if sentence != "ok"]
            found.half += [f"a foreign key: {row}" for row in db.execute(sa.text("PRAGMA foreign_key_check"))]
    return found


class Rows:
    """The rows of the writes whose marks start with `prefix`."""

    def __init__(self, database: Database, prefix: str) -> None:
        with database.reading() as db:
            of = sa.select(audit.c.request_id, audit.c.action, audit.c.target)
            self.audit = db.execute(of.where(audit.c.request_id.startswith(prefix))).all()
            of = sa.select(articles.c.id, articles.c.title, articles.c.body, articles.c.version)
            self.articles = db.execute(of.where(articles.c.title.startswith(prefix))).all()
            of = sa.select(messages.c.id, messages.c.filename, messages.c.size, messages.c.sha256)
            self.messages = db.execute(of.where(messages.c.filename.startswith(prefix))).all()
            self.keys = Counter(db.execute(sa.select(keys.c.key).where(keys.c.key.startswith(prefix))).scalars())
            ids = [row.id for row in self.articles]
            text = words.table.c.words if database.sqlite else sa.func.tsvector_to_array(words.table.c.words)
            of = sa.select(words.table.c.rowid, text.label("words")).where(words.table.c.rowid.in_(ids))
            indexed = {row.rowid: row.words for row in db.execute(of)}
            self.words = {
                row: set(found.split() if isinstance(found, str) else found) for row, found in indexed.items()
            }
            ids = [row.id for row in self.messages]
            of = sa.select(contents.table).where(contents.table.c.owner_id.in_(ids))
            self.pieces: dict[str, list[bytes]] = {}
            for row in db.execute(of.order_by(contents.table.c.owner_id, contents.table.c.number)):
                self.pieces.setdefault(row.owner_id, []).append(row.content)
        # By mark: the targets of its entries in the trail.
        self.effects: dict[str, list[str]] = {}
        for row in self.audit:
            self.effects.setdefault(row.request_id.rpartition(".")[0], []).append(row.target)


def check(rows: Rows, chains: Iterable[Chain], sent: Iterable[Write]) -> Findings:
    """Compare the sent writes, chains of articles and messages, with the rows."""
    found = Findings()
    chains, sent = list(chains), list(sent)
    for write in [*(write for chain in chains for write in chain.writes), *sent]:
        _check_write(rows, write, found)
    for chain in chains:
        _check_article(rows, chain, found)
    for write in sent:
        _check_message(rows, write, found)
    return found


def _check_write(rows: Rows, write: Write, found: Findings) -> None:
    effects = len(rows.effects.get(write.mark, ()))
    name = f"{write.method} {write.path} {write.mark}, {effects} times in the trail, answered {_told(write)}"
    if effects > 1:
        found.doubled.append(name)
    if write.done and not effects:
        found.lost.append(name)
    if write.keyed and rows.keys[write.mark] != min(effects, 1):
        found.half.append(f"{name}: {rows.keys[write.mark]} rows of its key")


def _check_article(rows: Rows, chain: Chain, found: Findings) -> None:
    title = chain.writes[0].mark
    there = [row for row in rows.articles if row.title == title]
    applied = [write for write in chain.writes if write.mark in rows.effects]
    name = f"article {title} after {[f'{write.action} {_told(write)}' for write in chain.writes]}"
    if len(there) > 1:
        found.doubled.append(f"{name}: {len(there)} rows")
    elif not applied or applied[-1].action == "delete":
        found.half += [f"{name}: a row that no entry in the trail tells of"] if there else []
    elif not there:
        found.lost.append(f"{name}: no row")
    else:
        row = there[0]
        if (row.version, row.body) != (len(applied), applied[-1].mark):
            found.half.append(f"{name}: version {row.version} with {row.body}, not {len(applied)}, {applied[-1].mark}")
        if rows.words.get(row.id) != {title, row.body}:
            found.half.append(f"{name}: indexed are {rows.words.get(row.id)}, not {title} and {row.body}")
        targets = {target for write in applied for target in rows.effects[write.mark]}
        if targets != {f"/articles/{row.id}"}:
            found.half.append(f"{name}: the trail tells of {targets}, not of {row.id}")


def _check_message(rows: Rows, write: Write, found: Findings) -> None:
    there = [row for row in rows.messages if row.filename == write.mark]
    name = f"message {write.mark} {_told(write)}"
    effects = rows.effects.get(write.mark, [])
    if len(there) > 1:
        found.doubled.append(f"{name}: {len(there)} rows")
    elif [f"/messages/{row.id}" for row in there] != effects[:1]:
        (found.half if there else found.lost).append(f"{name}: rows {there}, and the trail tells of {effects}")
    for row in there:
        pieces = rows.pieces.get(row.id, [])
        whole = b"".join(pieces)
        if whole != write.content or len(pieces) != -(-len(whole) // PIECE):
            found.half.append(f"{name}: {len(pieces)} pieces of {len(whole)} bytes in all")
        if (row.size, row.sha256) != (len(whole), hashlib.sha256(whole).hexdigest()):
            found.half.append(f"{name}: its size and digest are not those of its content")


def _told(write: Write) -> list[int | None]:
    return [answer.status_code if answer is not None else None for answer in write.answers]
