"""HTML forms, as `curl -d` and `curl -F` send them: fields and files."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from api.rules.charsets import decoded, is_charset
from api.rules.dispositions import bare_name
from api.rules.form_data import MAX_PARTS, MULTIPART, read_parts
from api.rules.media import parse_content_type
from api.rules.problems import ContentTooLarge, MalformedBody

URLENCODED = "application/x-www-form-urlencoded"
FORM_TYPES = (URLENCODED, MULTIPART)


@dataclass(frozen=True, slots=True)
class File:
    """A file of a form: its name without a path, its type, its bytes.

    A part without a file name whose content is not text also counts as a file; its `filename` is None.
    """

    filename: str | None
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """Fields and files by name, each as a list in the order sent."""

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
    form = Form()
    default = "utf-8"
    for part, blocks in read_parts([body], boundary):
        content = b"".join(blocks)
        text = decoded(content, part.charset or default) if part.filename is None else None
        if text is None:
            filename = part.filename if part.filename is None else bare_name(part.filename) or ""
            file = File(filename, part.content_type or "application/octet-stream", content)
            form.files.setdefault(part.name, []).append(file)
            continue
        if part.name == "_charset_" and is_charset(text):
            default = text  # for the fields after it (RFC 7578 §4.6)
        form.fields.setdefault(part.name, []).append(text)
    return form
