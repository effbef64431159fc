"""What a browser sends with a form of a page: its fields in memory, and a file, on the disk where it is large."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

import multipart
from flask import after_this_request

from api.rules.dispositions import bare_name
from api.rules.problems import ContentTooLarge, MalformedBody
from api.web.forms import MAX_PARTS, MULTIPART, URLENCODED, read_form
from api.web.request import services
from api.web.uploads import BLOCK, Upload, UploadParser


@dataclass(slots=True)
class SentFile:
    """A file: its name without any path, its type as the browser knows it, and its bytes."""

    filename: str | None
    content_type: str
    content: IO[bytes]


@dataclass(slots=True)
class SentForm:
    """The fields by name, each with its texts in the order sent, and the file, where one was chosen."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    file: SentFile | None = None

    def text(self, name: str) -> str:
        """The first text of a field; empty where there is none."""
        return self.fields.get(name, [""])[0]


class FormParser(UploadParser):
    """Takes a form of either type. A file in it may be as large as any upload, its fields together as any JSON."""

    def __init__(self) -> None:
        super().__init__({URLENCODED: "max_json_body", MULTIPART: "max_form_body"})

    def form(self) -> SentForm:
        """Give what was filled in. Raises what `receive` raises, MalformedBody (400), ContentTooLarge (413)."""
        sent = self.receive()
        if sent.media_type.essence == URLENCODED:
            return SentForm(read_form(sent.whole(), sent.content_type).fields)
        boundary = sent.media_type.parameters.get("boundary", "")
        if not boundary:
            raise MalformedBody("The Content-Type has no boundary.")
        try:
            return _multipart(sent, boundary)
        except (multipart.MultipartError, UnicodeDecodeError):
            raise MalformedBody("The multipart body is broken, or a field of it is not UTF-8.") from None


def _multipart(sent: Upload, boundary: str) -> SentForm:
    form, room = SentForm(), services().settings.max_json_body
    for number, (part, content) in enumerate(_parts(sent, boundary), start=1):
        if number > MAX_PARTS:
            raise ContentTooLarge("The form has over 1,000 parts.", limit=MAX_PARTS)
        if not part.name:
            raise MalformedBody("A part has no name.")
        if part.filename:
            form.file = SentFile(bare_name(part.filename), part.content_type or "", _kept(content))
            continue
        text = bytearray()
        for block in content:
            text += block
            if len(text) > room:
                raise ContentTooLarge(limit=services().settings.max_json_body)
        room -= len(text)
        if part.filename is None:  # an empty name is that of a file that was not chosen
            form.fields.setdefault(part.name, []).append(text.decode("utf-8"))
    return form


def _parts(sent: Upload, boundary: str) -> Iterator[tuple[Any, Iterator[bytes]]]:
    """Each part's head, and its content in blocks, to be read before the next part is asked for."""
    with multipart.PushMultipartParser(boundary, strict=True) as parser:
        events = (event for block in sent.blocks() for event in parser.parse(block))
        for event in events:
            if isinstance(event, multipart.MultipartSegment):
                yield event, _content(events)


def _content(events: Iterator[Any]) -> Iterator[bytes]:
    while event := next(events, None):
        yield bytes(event)


def _kept(content: Iterator[bytes]) -> IO[bytes]:
    file: IO[bytes] = tempfile.SpooledTemporaryFile(BLOCK)  # noqa: SIM115  # closed with the answer

    def close(answer: Any) -> Any:
        answer.call_on_close(file.close)
        return answer

    after_this_request(close)
    for block in content:
        file.write(block)
    return file
