"""The own data of spaces: that of the server's file, or collections that a request brings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from api.rules.json_schema import read_schemas
from api.rules.own_data import MOST_DOCUMENTS, NUMBER, Filled, collected, parsed
from api.rules.own_options import DataFault, Options
from api.rules.patches import equal
from api.store.documents import (
    Counters,
    count_documents,
    insert_document,
    lock_counters,
    read_collections,
    read_document,
    update_document,
)
from api.store.loading import Loaded
from api.store.own_file import OwnFile, digest


@dataclass(frozen=True, slots=True)
class Data:
    """Collections for a template: `digest` names their content, `filled` reads them."""

    digest: str
    filled: Callable[[], list[Filled]]


class SpaceData:
    """Where new spaces get collections from. `reserved` are the names that no collection may have."""

    def __init__(self, file: OwnFile | None, options: Options, reserved: Collection[str]) -> None:
        # An own object: it has to notice changes for itself.
        self._file = OwnFile(file.files, options, reserved) if file else None
        self._options = options
        self._reserved = reserved
        self._lock = threading.Lock()
        self._digest = ""

    def of_server(self) -> Data | None:
        """The data of the server's file as it is now, or as it was before it got a fault; None without a file."""
        file = self._file
        if file is None:
            return None
        with self._lock:
            signs = file.signs()
            if signs != file.seen:
                with suppress(DataFault):
                    self._digest = file.read()[1]
                file.seen = signs
        return Data(self._digest, lambda: file.read()[0])

    def sent(self, content: Mapping[str, Any], schemas: Mapping[str, Any] | None = None) -> Data:
        """The data that a request brings, and its schemas. Raises DataFault, SchemaFault."""
        given = read_schemas(schemas) if schemas is not None else {}
        filled = collected(content, id_member=self._options.id_member, reserved=self._reserved, schemas=given)
        return Data(digest(orjson.dumps([content, schemas]), self._options), lambda: filled)

    def add(self, db: sa.Connection, content: bytes) -> Loaded:
        """Add documents to the collections of a space, as JSON that `/db` and `run.py dump` write.

        A document that is there already is counted as such; an object takes the place of its singleton. Raises
        DataFault, and the caller rolls back.
        """
        value, known = parsed(content), {each.name: each for each in read_collections(db)}
        sent = [name for name in value if name != "$schema"] if isinstance(value, dict) else []
        for name in sent:
            if name not in known:
                raise DataFault(f"There is no collection {name:.64}. There is {', '.join(known)}.", name)
            if isinstance(value[name], dict) != known[name].single:
                right = "an object" if known[name].single else "an array of objects"
                raise DataFault(f"{name} must be {right}.", name)
        counters = {name: found for name in sent if (found := lock_counters(db, name))}
        filled = collected(
            value,
            id_member=self._options.id_member,
            schemas={name: known[name].schema for name in sent if known[name].given},
            there={name: (found.ids, found.last_number) for name, found in counters.items()},
        )
        report = Loaded()
        for each in filled:
            _add(db, each, counters[each.collection.name], report)
        return report


def _add(db: sa.Connection, filled: Filled, counters: Counters, report: Loaded) -> None:
    """Add the documents of one collection, and count them."""
    name, single = filled.collection.name, filled.collection.single
    report.rows[name] = report.same[name] = 0
    for place, (id, document) in enumerate(filled.documents):
        stored = read_document(db, name, id)
        if stored and equal(stored.body, document):
            report.same[name] += 1
            continue
        report.rows[name] += 1
        if stored and single:
            update_document(db, name, stored, document)
        elif stored:
            raise DataFault(f"{name}[{place}]: another document has the id {id:.80} already.", name, place)
        else:
            counters = counters._replace(
                ids=filled.collection.ids,
                last_number=max(counters.last_number, int(id) if filled.collection.ids == NUMBER else 0),
                last_position=counters.last_position + 1,
            )
            insert_document(db, name, id, document, counters)
    if count_documents(db, name) > MOST_DOCUMENTS:
        raise DataFault(f"{name} would have more than {MOST_DOCUMENTS:,} documents.", name)
