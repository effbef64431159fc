"""Files for loading: JSON as a whole, NDJSON and CSV line by line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from api.rules.media import JSON
from api.rules.problems import Problem
from api.rules.strict_json import loads
from api.store.database import Connection, Database
from api.store.loading import Loaded, Loader, LoadFault, Record
from api.store.rows import Row

NDJSON = "application/x-ndjson"
CSV = "text/csv"

# Called with the number of bytes read since the last call.
Progress = Callable[[int], object]

# A body of 100,000 characters in a cell, at most four bytes each, and some spare.
csv.field_size_limit(1_000_000)


def load_file(
    database: Database, loaders: Sequence[Loader], path: Path, progress: Progress
) -> tuple[Loaded, dict[str, int]]:
    """Load a file in one transaction.

    Returns the report, and the unknown collections with their sizes. Raises LoadFault
    with the row and the member, and OSError; nothing is loaded then.
    """
    kind = {".ndjson": NDJSON, ".jsonl": NDJSON, ".csv": CSV}.get(path.suffix.lower(), JSON)
    with path.open("rb") as file, database.transaction() as db:
        return load(db, loaders, file, kind, progress)


def load(
    db: Connection, loaders: Sequence[Loader], file: IO[bytes], kind: str, progress: Progress = lambda _: None
) -> tuple[Loaded, dict[str, int]]:
    """Load content of this media type (JSON, NDJSON or CSV) in the transaction `db`.

    Returns the report, and the unknown collections with their sizes. Raises LoadFault.
    """
    report = Loaded()
    by_collection = {name: loader for loader in loaders for name in loader.collections}
    # NDJSON and CSV do not name their collection.
    of_lines = next(loader for loader in loaders if loader.lines)
    if kind != JSON:
        of_lines.load(db, _csv(file, of_lines, progress) if kind == CSV else _ndjson(file, progress), report)
        return report, {}
    content = file.read()
    collections = _collections(content, of_lines.collections[0])
    held = [name for name in collections if name in by_collection]
    for name in sorted(held, key=lambda name: by_collection[name].order):
        by_collection[name].load(db, _records(name, collections[name]), report)
    progress(len(content))
    return report, {name: len(rows) for name, rows in collections.items() if name not in by_collection}


def dump(db: Connection, loaders: Sequence[Loader]) -> dict[str, list[Row]]:
    """All rows that `load` takes, by collection, oldest first: no passwords, tokens or secrets."""
    return {loader.collections[0]: loader.dump(db) for loader in loaders}


def _collections(raw: bytes, default: str) -> dict[str, list[Any]]:
    try:
        content = loads(raw)
    except Problem as problem:
        raise LoadFault(f"The file is not JSON: {problem}") from None
    if isinstance(content, list):
        content = {default: content}
    if not isinstance(content, dict) or not all(isinstance(rows, list) for rows in content.values()):
        raise LoadFault('The file must be {"collection": [row, …], …}, or an array of articles.')
    return content


def _records(name: str, rows: list[Any]) -> Iterator[Record]:
    for number, row in enumerate(rows):
        yield Record(f"{name}[{number}]", _object(row, f"{name}[{number}]"))


def _ndjson(file: IO[bytes], progress: Progress) -> Iterator[Record]:
    for number, line in enumerate(file, 1):
        progress(len(line))
        if line.strip():
            place = f"line {number}"
            try:
                row = loads(line)
            except Problem as problem:
                raise LoadFault(f"{place} is not JSON: {problem}") from None
            yield Record(place, _object(row, place))


def _csv(file: IO[bytes], loader: Loader, progress: Progress) -> Iterator[Record]:
    reader = csv.reader(_lines(file, progress), strict=True)
    try:
        header = next(reader, [])
        if len(set(header)) < len(header):
            raise LoadFault("line 1 names a column twice.")
        for cells in reader:
            if not cells:
                continue
            place = f"line {reader.line_num}"
            if len(cells) != len(header):
                raise LoadFault(f"{place} has {len(cells)} cells where the header has {len(header)}.")
            yield Record(place, loader.from_cells(dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        raise LoadFault(f"line {reader.line_num} is not CSV: {error}.") from None


def _lines(file: IO[bytes], progress: Progress) -> Iterator[str]:
    for number, line in enumerate(file, 1):
        progress(len(line))
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise LoadFault(f"line {number} is not UTF-8.") from None
        if "\0" in text:
            raise LoadFault(f"line {number} has a NUL, which text cannot contain.")
        yield text


def _object(row: Any, place: str) -> Row:
    if not isinstance(row, dict):
        raise LoadFault(f"{place} is not an object.")
    return row
