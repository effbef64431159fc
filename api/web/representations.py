"""Representations: turn what a method returns into bytes (CONTRACT §8).

A renderer takes the data, the resource's name in the singular, and the response's
links, and returns bytes. A resource with other representations lists them in its `offers`.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from api.rules.media import HTML, JSON, JSON_V1, JSON_V2, XML
from api.rules.strict_json import Numeral
from api.rules.xml import to_xml

CSV = "text/csv"
NDJSON = "application/x-ndjson"
TEXT = "text/plain"

# Text types name their charset; JSON's is always UTF-8 and has no such parameter (RFC 8259 §11).
CONTENT_TYPES = {
    TEXT: "text/plain; charset=utf-8",
    CSV: "text/csv; charset=utf-8",
    HTML: "text/html; charset=utf-8",
    # The profile lets programs distinguish an API catalog from other sets of links (RFC 9727 §4.2).
    "application/linkset+json": 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"',
}

# The suffix of a strong tag after the version, so that no two representations share a tag (RFC 9110 §8.8.3).
TAG_SUFFIXES = {JSON: "", JSON_V1: ".v1", JSON_V2: ".v2", XML: ".xml"}

# A function, so that links are built only if a representation shows them.
Links = Callable[[], Mapping[str, str]]
Renderer = Callable[[Any, str, Links], bytes]


class Page(dict[str, Any]):
    """A page of a list: `items`, the link of the `next` page or None, and `total` if it was counted.

    `columns` are the members of the items, for formats with a header.
    """

    def __init__(
        self,
        items: Sequence[Mapping[str, Any]],
        columns: Sequence[str],
        following: str | None = None,
        total: int | None = None,
    ) -> None:
        super().__init__(items=items, next=following)
        self.columns = columns
        if total is not None:
            self["total"] = total


class Stream:
    """All items of a list, read and sent in pieces, for CSV and NDJSON."""

    def __init__(self, pages: Iterable[Sequence[Mapping[str, Any]]], columns: Sequence[str]) -> None:
        self.pages = pages
        self.columns = columns

    def chunks(self, media_type: str) -> Iterator[bytes]:
        """Yield the list in the format of `media_type`, one page at a time."""
        first = True
        for items in self.pages:
            if media_type == CSV:
                yield csv_rows(items, self.columns, header=first)
            else:
                yield ndjson(items)
            first = False
        if first and media_type == CSV:
            yield csv_rows([], self.columns, header=True)


def to_json(data: Any, noun: str, links: Links) -> bytes:
    """JSON as the method gave it."""
    return orjson.dumps(data, _written)


def _written(value: Any) -> Any:
    if isinstance(value, Numeral):
        return orjson.Fragment(value.digits)
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def to_envelope(data: Any, noun: str, links: Links) -> bytes:
    """Version 2: the resource as `data`, with `links` and `meta`."""
    if isinstance(data, Page):
        meta = {name: value for name, value in data.items() if name != "items"}
        return orjson.dumps({"data": data["items"], "links": links(), "meta": meta}, _written)
    meta = {"version": data["version"]} if isinstance(data, dict) and "version" in data else {}
    return orjson.dumps({"data": data, "links": links(), "meta": meta}, _written)


def as_xml(data: Any, noun: str, links: Links) -> bytes:
    """Return XML with the resource's name in the singular as its root."""
    return to_xml(data, noun)


def as_csv(data: Any, noun: str, links: Links) -> bytes:
    """Return a page as CSV (RFC 4180) with a header line."""
    return csv_rows(data["items"], data.columns, header=True)


def as_ndjson(data: Any, noun: str, links: Links) -> bytes:
    """Return a page as lines of JSON."""
    return ndjson(data["items"])


def ndjson(items: Iterable[Mapping[str, Any]]) -> bytes:
    """Return each item as one line of JSON."""
    return b"".join(orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE) for item in items)


def csv_rows(items: Iterable[Mapping[str, Any]], columns: Sequence[str], *, header: bool) -> bytes:
    """Return items as lines of CSV: null is empty, an object is JSON, and spaces separate the items of a list."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    if header:
        writer.writerow(columns)
    writer.writerows([_cell(item.get(column)) for column in columns] for item in items)
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case dict():
            return orjson.dumps(value).decode()
        case list():
            return " ".join(each if isinstance(each, str) else orjson.dumps(each).decode() for each in value)
    return value


ITEM: dict[str, Renderer] = {JSON: to_json, JSON_V1: to_json, JSON_V2: to_envelope, XML: as_xml}
LIST: dict[str, Renderer] = {**ITEM, CSV: as_csv, NDJSON: as_ndjson}
# A single item has no such format, or the format is for people. A create on the same path cannot respond in these.
READS_ONLY = (LIST.keys() - ITEM.keys()) | {HTML}
