"""Creates messages and exact multipart bodies, and counts stored messages."""

from typing import Any

import httpx
import sqlalchemy as sa

from api.store.database import Database
from resources.messages.table import contents, messages

KIB = 1024
MIB = 1024 * KIB
TEXT = "text/plain"
JSON = "application/json"
XML = "application/xml"
BINARY = "application/octet-stream"
BOUNDARY = "frontier"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
# Every accepted type, in the order of Accept-Post and `supported`.
TAKEN = [
    TEXT,
    JSON,
    "application/vnd.touchstone.v1+json",
    "application/vnd.touchstone.v2+json",
    XML,
    "text/xml",
    BINARY,
    "multipart/form-data",
]
MEMBERS = ["id", "content_type", "size", "sha256", "sender_id", "created_at", "filename", "parts"]
# The policy for stored content, which a browser must not run.
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
ABSENT = "/messages/00000000-0000-4000-8000-000000000000"

Message = dict[str, Any]


def send(http: httpx.Client, content: Any, content_type: str | None = TEXT, **fields: str) -> httpx.Response:
    """Post a message, optionally with more header fields (`_` in their names becomes `-`)."""
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    if content_type is not None:
        headers["Content-Type"] = content_type
    return http.post("/messages", content=content, headers=headers)


def make(http: httpx.Client, content: Any = b"0123456789", content_type: str = TEXT, **fields: str) -> Message:
    """Post a message, and return its metadata."""
    answer = send(http, content, content_type, **fields)
    assert answer.status_code == 201, answer.text
    made: Message = answer.json()
    return made


def place(message: Message, part: int | None = None) -> str:
    """The path of a message, or of one of its parts."""
    return f"/messages/{message['id']}" + ("" if part is None else f"/parts/{part}")


def part(name: str | None, content: bytes, filename: str | None = None, content_type: str | None = None) -> bytes:
    """A part in the form of browsers and curl: its header and its content."""
    lines = "Content-Disposition: form-data"
    lines += "" if name is None else f'; name="{name}"'
    lines += "" if filename is None else f'; filename="{filename}"'
    lines += "" if content_type is None else f"\r\nContent-Type: {content_type}"
    return lines.encode() + b"\r\n\r\n" + content


def form(*parts: bytes, boundary: str = BOUNDARY) -> bytes:
    """A multipart body of these parts (RFC 2046 §5.1.1)."""
    delimiter = b"--" + boundary.encode()
    return b"".join(delimiter + b"\r\n" + each + b"\r\n" for each in parts) + delimiter + b"--\r\n"


def stored(store: Database) -> tuple[int, int]:
    """The numbers of stored messages and of their pieces."""
    with store.reading() as db:
        counts = [db.execute(sa.select(sa.func.count()).select_from(table)) for table in (messages, contents.table)]
        one, other = (count.scalar_one() for count in counts)
    return one, other
