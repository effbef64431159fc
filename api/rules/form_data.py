"""Reads multipart/form-data part by part, without holding it in memory (RFC 7578, RFC 2046 §5.1)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import multipart

from api.rules.dispositions import decoded_words, extended_filename
from api.rules.problems import ContentTooLarge, MalformedBody

MULTIPART = "multipart/form-data"
# More than any form has. A limit is needed, because each part takes memory.
MAX_PARTS = 1000
# Spaces and tabs that may follow a delimiter.
MOST_PADDING = 1024


@dataclass(frozen=True, slots=True)
class Head:
    """The header of a part: its name, the name of its file, its type as sent, and the type's charset.

    `filename` is None for a field, and empty for a browser's file input without a chosen file.
    """

    name: str
    filename: str | None
    content_type: str | None
    charset: str | None


def read_parts(blocks: Iterable[bytes], boundary: str) -> Iterator[tuple[Head, Iterator[bytes]]]:
    """Yield the header of each part and its content in blocks. Unread content is skipped when the next part is read.

    Text before the first delimiter and after the last is ignored (RFC 2046 §5.1.1). Raises MalformedBody (400) and
    ContentTooLarge (413: more than MAX_PARTS).
    """
    if not boundary:
        raise MalformedBody("The Content-Type has no boundary.")
    events = _events(blocks, boundary)
    for number, segment in enumerate((event for event in events if isinstance(event, multipart.MultipartSegment)), 1):
        if number > MAX_PARTS:
            raise ContentTooLarge(f"The body has more than {MAX_PARTS:,} parts.", limit=MAX_PARTS)
        yield _head(segment), _content(events)


def _events(blocks: Iterable[bytes], boundary: str) -> Iterator[Any]:
    try:
        with multipart.PushMultipartParser(boundary) as parser:
            for block in _without_padding(blocks, b"--" + boundary.encode()):
                yield from parser.parse(block)
    except multipart.MultipartError as error:
        cause, *rest = error.args
        if any(isinstance(each, UnicodeDecodeError) for each in rest):
            raise MalformedBody(
                "The header of a part is not UTF-8. Send a file's name in UTF-8, or as filename* (RFC 8187)."
            ) from None
        raise MalformedBody(f"The multipart body is broken: {cause}.") from None


def _content(events: Iterator[Any]) -> Iterator[bytes]:
    while event := next(events, None):
        yield bytes(event)


def _head(segment: Any) -> Head:
    if not segment.name:
        raise MalformedBody("A part has no name.")
    filename = segment.filename
    disposition = segment.header("Content-Disposition")
    if "*" in disposition:
        extended = extended_filename(disposition)
        filename = filename if extended is None else extended
    content_type = segment.header("Content-Type")
    return Head(
        decoded_words(segment.name), decoded_words(filename) if filename else filename, content_type, segment.charset
    )


def _without_padding(blocks: Iterable[bytes], delimiter: bytes) -> Iterator[bytes]:
    """Remove spaces and tabs between a delimiter and its line end, which the parser rejects (RFC 2046 §5.1.1)."""
    padded = re.compile(rb"(\r\n" + re.escape(delimiter) + rb")[ \t]+(?=\r\n)")
    window = len(delimiter) + MOST_PADDING
    rest = b"\r\n"  # the first delimiter may be at the start, and the parser accepts an empty line before it
    for block in blocks:
        data = rest + block
        if delimiter + b" " in data or delimiter + b"\t" in data:
            data = padded.sub(rb"\1", data)
        # A delimiter and its padding may continue in the next block.
        end = data.rfind(b"\r\n", max(0, len(data) - window))
        if end < 0:
            end = len(data) - data.endswith(b"\r")
        if end:  # an empty block would end the parser
            yield data[:end]
        rest = data[end:]
    yield rest
