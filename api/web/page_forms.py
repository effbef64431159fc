"""Reads the forms of pages: their fields into memory, and a file, on disk if it is large."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from flask import after_this_request

from api.rules.charsets import decoded
from api.rules.dispositions import bare_name
from api.rules.form_data import MULTIPART, read_parts
from api.rules.problems import ContentTooLarge, MalformedBody
from api.web.forms import URLENCODED, read_form
from api.web.request import services
from api.web.uploads import BLOCK, Upload, UploadParser


@dataclass(slots=True)
class SentFile:
    """A file: its name without a path, its type according to the browser, and its bytes."""

    filename: str | None
    content_type: str
    content: IO[bytes]


@dataclass(slots=True)
class SentForm:
    """The fields by name, each with its texts in the order sent, and the file, if one was chosen."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    file: SentFile | None = None

    def text(self, name: str) -> str:
        """Return the first text of a field; empty if there is none."""
        return self.fields.get(name, [""])[0]


class FormParser(UploadParser):
    """Accepts a form of either type. Its file may be as large as any upload, its fields together as any JSON body."""

    def __init__(self) -> None:
        super().__init__({URLENCODED: "max_json_body", MULTIPART: "max_form_body"})

    def form(self) -> SentForm:
        """Return the content of the form. Raises what `receive` raises, MalformedBody (400), ContentTooLarge (413)."""
        sent = self.receive()
        if sent.media_type.essence == URLENCODED:
            return SentForm(read_form(sent.whole(), sent.content_type).fields)
        return _multipart(sent)


def _multipart(sent: Upload) -> SentForm:
    form, room = SentForm(), services().settings.max_json_body
    for part, content in read_parts(sent.blocks(), sent.media_type.parameters.get("boundary", "")):
        if part.filename:
            form.file = SentFile(bare_name(part.filename), part.content_type or "", _kept(content))
            continue
        field = bytearray()
        for block in content:
            field += block
            if len(field) > room:
                raise ContentTooLarge(limit=services().settings.max_json_body)
        room -= len(field)
        if part.filename is not None:
            continue  # no file was chosen
        text = decoded(bytes(field), part.charset or "utf-8")
        if text is None:
            raise MalformedBody(f"The field {part.name:.100} is not in {part.charset or 'utf-8'}.")
        form.fields.setdefault(part.name, []).append(text)
    return form


def _kept(content: Iterator[bytes]) -> IO[bytes]:
    file: IO[bytes] = tempfile.SpooledTemporaryFile(BLOCK)  # noqa: SIM115  # closed with the response

    def close(answer: Any) -> Any:
        answer.call_on_close(file.close)
        return answer

    after_this_request(close)
    for block in content:
        file.write(block)
    return file
