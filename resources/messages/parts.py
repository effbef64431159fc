"""The parts of a multipart message: located in it, and never copied (RFC 7578)."""

import hashlib
import re
from typing import Any

from api.kit import ContentTooLarge, MalformedBody
from api.rules.dispositions import bare_name
from api.rules.form_data import Head, read_parts
from api.rules.media import parse_content_type
from api.web.uploads import BLOCK, Upload

# Characters of the names and types of all parts together, because every list with the message contains them.
MAX_NAMES = 64 * 1024
# Bytes within which a part's header must end; the parser accepts eight lines of 4 KiB.
LONGEST_HEADER = 64 * 1024
PLAIN = "text/plain"
BINARY = "application/octet-stream"

Part = dict[str, Any]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def describe_parts(upload: Upload) -> list[Part]:
    """Return each part's number, name, filename, content_type, size and sha256.

    Raises MalformedBody (400), ContentTooLarge (413: over 1,000 parts, or names of over 64 KiB).
    """
    boundary = upload.media_type.parameters.get("boundary", "")
    if boundary:
        first_delimiter(upload, b"--" + boundary.encode())  # 400
    parts: list[Part] = []
    names = 0
    for head, content in read_parts(upload.blocks(), boundary):
        part = described(head, len(parts) + 1)
        names += sum(len(part[each] or "") for each in ("name", "filename", "content_type"))
        if names > MAX_NAMES:
            raise ContentTooLarge("The names of the parts are too long together.", limit=MAX_NAMES)
        digest = hashlib.sha256()
        for block in content:
            part["size"] += len(block)
            digest.update(block)
        part["sha256"] = digest.hexdigest()
        parts.append(part)
    return parts


def described(head: Head, number: int) -> Part:
    """The description of a part, from its header. Raises MalformedBody for control characters in its name."""
    if _CONTROL.search(head.name):
        raise MalformedBody("The name of a part has control characters.")
    is_file = head.filename is not None
    content_type = head.content_type or (BINARY if is_file else PLAIN)
    if not content_type.isascii() or parse_content_type(content_type) is None:
        content_type = BINARY  # the declared type could not be returned as a Content-Type
    return {
        "number": number,
        "name": head.name,
        "filename": bare_name(head.filename) if head.filename is not None else None,
        "content_type": content_type,
        "size": 0,
        "sha256": "",
    }


def starts(upload: Upload, parts: list[Part]) -> list[int]:
    """The first byte of each part: after its header, which follows the delimiter that ends the previous part."""
    found = []
    delimiter = b"--" + upload.media_type.parameters["boundary"].encode()
    position = first_delimiter(upload, delimiter) + len(delimiter)
    for part in parts:
        upload.file.seek(position)
        # No header is empty, so this is the first empty line after the delimiter.
        found.append(position + upload.file.read(LONGEST_HEADER).index(b"\r\n\r\n") + 4)
        position = found[-1] + part["size"] + len(b"\r\n") + len(delimiter)
    return found


def first_delimiter(upload: Upload, delimiter: bytes) -> int:
    """The position of the first delimiter in bytes. Raises MalformedBody if it is not in the first block."""
    upload.file.seek(0)
    position = (b"\r\n" + upload.file.read(BLOCK)).find(b"\r\n" + delimiter)
    if position < 0:
        raise MalformedBody("The multipart body does not start with its boundary.")
    return position
