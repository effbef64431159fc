"""Answers made wrong on purpose: their header fields and their content, and bytes that are no HTTP."""

from api.rules.faults import Corrupt
from api.rules.statuses import status_line

# Header lines as ASGI has them: names in lower case.
Lines = list[tuple[bytes, bytes]]

NO_STATUS_LINE = b"%&?! this is no status line"
# Bytes of the content before the bad chunk.
GOOD_CHUNK = 1024


def spoiled(effect: Corrupt, status: int, lines: Lines, content: bytes) -> tuple[int, Lines, bytes]:
    """The status, header lines and content of an answer, made wrong.

    Caches must not store it. Raises ValueError, with a sentence, for an answer that cannot be wrong in this way.
    """
    lines = [(b"cache-control", b"no-store"), *_without(lines, b"cache-control")]
    if effect.what == "empty":
        return 200, [*_without(lines, b"content-length"), (b"content-length", b"0")], b""
    if not content:
        raise ValueError("The answer has no content.")
    match effect.what:
        case "json":
            if b"json" not in dict(lines).get(b"content-type", b""):
                raise ValueError("The answer is not JSON.")
            content = content[:-1] + b"]" if content.endswith(b"}") else content[:-1] + b"}"
        case "utf8":
            at = _last_letter(content)
            content = content[:at] + b"\xff" + content[at + 1 :]
        case "gzip":
            lines = [*_without(lines, b"content-encoding"), (b"content-encoding", b"gzip")]
        case "type":
            lines = [*_without(lines, b"content-type"), (b"content-type", b"application/octet-stream")]
        case "longer" | "shorter":
            wrong = len(content) + (effect.bytes if effect.what == "longer" else -effect.bytes)
            if wrong < 0:
                raise ValueError(f"The answer has only {len(content)} bytes.")
            lines = [*_without(lines, b"content-length"), (b"content-length", b"%d" % wrong)]
    return status, lines, content


def raw(effect: Corrupt, status: int, lines: Lines, content: bytes) -> bytes:
    """The bytes of an answer with a bad chunk, or without a status line, for HTTP/1.1."""
    if effect.what == "status-line":
        return b"\r\n".join([NO_STATUS_LINE, *_written(lines), b"", content[:GOOD_CHUNK]])
    head = [b"HTTP/1.1 " + status_line(status).encode(), *_written(_without(lines, b"content-length"))]
    part = content[: min(GOOD_CHUNK, len(content) // 2)]
    chunk = b"%x\r\n%b\r\n" % (len(part), part) if part else b""
    return b"\r\n".join([*head, b"transfer-encoding: chunked", b"", chunk + b"not a size\r\n"])


def _without(lines: Lines, name: bytes) -> Lines:
    return [line for line in lines if line[0] != name]


def _written(lines: Lines) -> list[bytes]:
    return [b": ".join(line) for line in lines]


def _last_letter(content: bytes) -> int:
    """The place of the last ASCII letter or digit, or of the last byte."""
    places = range(len(content) - 1, -1, -1)
    return next((at for at in places if content[at : at + 1].isalnum()), len(content) - 1)
