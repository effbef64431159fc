"""A request that a page makes to its own application, without a socket, and the answer as it would leave."""

import io
from codecs import utf_8_decode
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from flask import current_app

from api.rules import environ_keys
from api.rules.pace import Pace
from api.rules.statuses import status_line
from api.web.request import Request
from api.web.within import bare_environ

# Bytes of content that a page shows.
MOST_SHOWN = 64 * 1024


class Rehearsed(NamedTuple):
    """The request and the answer as text, as HTTP/1.1 has them, and a remark."""

    request: str
    answer: str
    note: str


def rehearse(outer: Request, method: str, path: str, query: str, fields: Mapping[str, str], body: bytes) -> Rehearsed:
    """Make a request. `path` is below the mount, decoded. It has no credentials of the outer request."""
    mount = outer.environ.get("SCRIPT_NAME", "")
    target = quote(mount + path, safe="/:,;@!$&'()*+=~") + (f"?{query}" if query else "")
    lines = [("host", outer.host), *((name.lower(), value) for name, value in fields.items())]
    if body:
        lines.append(("content-length", str(len(body))))
    environ = bare_environ(outer)
    for name, value in lines:
        variable = name.upper().replace("-", "_")
        environ[variable if name in ("content-type", "content-length") else f"HTTP_{variable}"] = value
    environ |= {
        "REQUEST_METHOD": method,
        "REQUEST_URI": target,
        "PATH_INFO": unquote_to_bytes(quote(path)).decode("latin-1"),
        "QUERY_STRING": query,
        "wsgi.input": io.BytesIO(body),
        environ_keys.FIELDS: lines,
        environ_keys.HAS_BODY: bool(body),
        environ_keys.REQUEST_ID: outer.request_id,
    }
    shown = f"{method} {target} HTTP/1.1\n" + "".join(f"{name}: {value}\n" for name, value in lines)
    return Rehearsed(f"{shown}\n{body.decode('utf-8', 'replace')}", *_answer(environ))


def _answer(environ: dict[str, Any]) -> tuple[str, str]:
    head: list[str] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        head[:] = [f"HTTP/1.1 {status_line(int(status[:3]))}", *(f"{name.lower()}: {value}" for name, value in headers)]
        return bytearray().extend

    pieces: Iterable[bytes] = current_app.wsgi_app(environ, start)
    content = _first(pieces)
    if close := getattr(pieces, "close", None):
        close()
    notes: list[str] = []
    pace: Pace | None = environ.get(environ_keys.PACE)
    if pace:
        later = f", and the content during {pace.end:g} more" if pace.pieces else ""
        notes.append(f"A client gets this after {pace.before:g} seconds{later}.")
        content = content or _first(piece for _, piece in pace.pieces or ())
    whole = len(content) <= MOST_SHOWN
    if not whole:
        content = content[:MOST_SHOWN]
        notes.append(f"This is the start of the content: {MOST_SHOWN:,} bytes.")
    try:
        # A cut may be in the middle of a character.
        text, _ = utf_8_decode(content, "strict", whole)
    except UnicodeDecodeError:
        text = f"({len(content):,} bytes that are no text)"
    return "\n".join(head) + f"\n\n{text}", " ".join(notes)


def _first(pieces: Iterable[bytes]) -> bytes:
    """The content; of a long one only the start, which is still longer than MOST_SHOWN."""
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) > MOST_SHOWN:
            break
    return bytes(found)
