"""The parts of a multipart message: located in it, and never copied (RFC 7578)."""

import hashlib
import re
from typing import Any

import multipart

from api.kit import ContentTooLarge, MalformedBody
from api.rules.dispositions import bare_name
from api.rules.media import parse_content_type
from api.web.uploads import BLOCK, Upload

# More than any form has; each part takes memory.
MAX_PARTS = 1000
# Characters of the names and types of all parts together, because every list with the message contains them.
MAX_NAMES = 64 * 1024
# Bytes within which a part's header must end; the parser accepts eight lines of 4 KiB.
LONGEST_HEADER = 64 * 1024
PLAIN = "text/plain"
BINARY = "application/octet-stream"

Part = dict[str, Any]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def read_parts(upload: Upload) -> list[Part]:
    """Return each part's number, name, filename, content_type, size and sha256.

    Text before the first delimiter and after the last is ignored (RFC 2046 §5.1.1).

    Raises MalformedBody (400), ContentTooLarge (413: over 1,000 parts, or names of over 64 KiB).
    """
    boundary = upload.media_type.parameters.get("boundary", "")
    if not boundary:
        raise MalformedBody("The Content-Type has no boundary.")
    first_delimiter(upload, b"--" + boundary.encode())  # 400
    parts: list[Part] = []
    names = 0
    digest = hashlib.sha256()
    try:
        with multipart.PushMultipartParser(boundary) as parser:
            for block in upload.blocks():
                for event in parser.parse(block):
                    if isinstance(event, multipart.MultipartSegment):
                        parts.append(described(event, len(parts) + 1))
                        names += sum(len(parts[-1][each] or "") for each in ("name", "filename", "content_type"))
                        if names > MAX_NAMES:
                            raise ContentTooLarge("The names of the parts are too long together.", limit=MAX_NAMES)
                        digest = hashlib.sha256()
                    elif event:
                        parts[-1]["size"] += len(event)
                        digest.update(event)
                    else:
                        parts[-1]["sha256"] = digest.hexdigest()
    except (multipart.MultipartError, UnicodeError):
        raise MalformedBody("The multipart body is broken: a boundary, a part's header, or its end.") from None
    return parts


def described(segment: Any, number: int) -> Part:
    """The description of a part, from its header. Raises MalformedBody for a part without a name."""
    if number > MAX_PARTS:
        raise ContentTooLarge("The message has over 1,000 parts.", limit=MAX_PARTS)
    if not segment.name:
        raise MalformedBody("A part has no name.")
    if _CONTROL.search(segment.name):
        raise MalformedBody("The name of a part has control characters.")
    is_file = segment.filename is not None
    content_type = segment.header("Content-Type") or (BINARY if is_file else PLAIN)
    if not content_type.isascii() or parse_content_type(content_type) is None:
        content_type = BINARY  # the declared type could not be returned as a Content-Type
    return {
        "number": number,
        "name": segment.name,
        "filename": bare_name(segment.filename) if is_file else None,
        "content_type": content_type,
        "size": 0,
        "sha256": "",
    }


def starts(upload: Upload, parts: list[Part]) -> list[int]:
    """The first byte of each part: after its header, which follows the delimiter that ends the previous part."""
    found = []
    delimiter = b"--" + upload.media_type.parameters["boundary"].encode()
    line_end = len(b"\r\n")
    position = first_delimiter(upload, delimiter) + len(delimiter) + line_end
    for part in parts:
        upload.file.seek(position)
        found.append(position + upload.file.read(LONGEST_HEADER).index(b"\r\n\r\n") + 4)
        position = found[-1] + part["size"] + line_end + len(delimiter) + line_end
    return found


def first_delimiter(upload: Upload, delimiter: bytes) -> int:
    """The position of the first delimiter in bytes. Raises MalformedBody if it is not in the first block."""
    upload.file.seek(0)
    position = (b"\r\n" + upload.file.read(BLOCK)).find(b"\r\n" + delimiter)
    if position < 0:
        raise MalformedBody("The multipart body does not start with its boundary.")
    return position
