"""HTML forms, as `curl -d` and `curl -F` send them: fields and files, by a strict parser."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import multipart

from api.rules.dispositions import bare_name
from api.rules.media import parse_content_type
from api.rules.problems import ContentTooLarge, MalformedBody

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
FORM_TYPES = (URLENCODED, MULTIPART)
# More than any form has; each part costs memory of its own.
MAX_PARTS = 1000


@dataclass(frozen=True, slots=True)
class File:
    """A file of a form: its name without any path, its type, its bytes."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """Fields and files by name, each a list in the order sent."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[File]] = field(default_factory=dict)


def read_form(body: bytes, content_type: str) -> Form:
    """Parse a form of either type. Raises MalformedBody (400), ContentTooLarge (413: over 1,000 fields or parts)."""
    media_type = parse_content_type(content_type)
    if content_type.partition(";")[0].strip().lower() == MULTIPART:
        return _multipart(body, media_type.parameters.get("boundary", "") if media_type else "")
    form = Form()
    try:
        text = body.decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise MalformedBody("The form is not UTF-8.") from None
    if len(pairs) > MAX_PARTS:
        raise ContentTooLarge("The form has over 1,000 fields.", limit=MAX_PARTS)
    for name, value in pairs:
        form.fields.setdefault(name, []).append(value)
    return form


def _multipart(body: bytes, boundary: str) -> Form:
    if not boundary:
        raise MalformedBody("The Content-Type has no boundary.")
    form, parts = Form(), 0
    name, filename, content_type = "", None, ""
    content = bytearray()
    try:
        with multipart.PushMultipartParser(boundary, strict=True) as parser:
            for event in parser.parse(body):
                if isinstance(event, multipart.MultipartSegment):
                    parts += 1
                    if parts > MAX_PARTS:
                        raise ContentTooLarge("The form has over 1,000 parts.", limit=MAX_PARTS)
                    if not event.name:
                        raise MalformedBody("A part has no name.")
                    name, filename, content_type = event.name, event.filename, event.content_type or ""
                    content = bytearray()
                elif event:
                    content += event
                elif filename is None:
                    form.fields.setdefault(name, []).append(content.decode("utf-8"))
                else:
                    file = File(bare_name(filename) or "", content_type or "application/octet-stream", bytes(content))
                    form.files.setdefault(name, []).append(file)
            parser.close()
    except multipart.MultipartError:
        raise MalformedBody("The multipart body is broken: a boundary, a part's header, or its end.") from None
    except UnicodeDecodeError:
        raise MalformedBody("A field of the form is not UTF-8.") from None
    return form
