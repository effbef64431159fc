"""Reads a whole request body with a size limit and a time limit. A body that ends early is an error."""

import asyncio
import io
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO
from wsgiref.types import WSGIEnvironment

from api.front.asgi import Receive
from api.front.settings import FrontSettings
from api.rules import environ_keys
from api.rules.problems import ContentTooLarge, MalformedBody, RequestTimeout, Unavailable


@dataclass(slots=True)
class Body:
    """A body that was read. `file` is at its start. If `too_large`, the content was dropped."""

    file: IO[bytes]
    length: int
    too_large: bool = False


async def read_body(receive: Receive, declared: int | None, settings: FrontSettings) -> Body:
    """Read a body to its end. `declared` is its Content-Length in bytes, or None.

    A body above the cap is dropped: `length` is then the declared size, or the size seen so far.
    Raises `RequestTimeout` if the body stalls or is too slow, `MalformedBody` if it ends early or its
    framing is broken, and `Unavailable` if there is no room for it.
    """
    if declared is not None and declared > settings.max_body:
        return Body(io.BytesIO(), declared, too_large=True)
    chunks: list[bytes] = []
    length = held = 0
    spool: IO[bytes] | None = None
    clock = asyncio.get_running_loop().time
    deadline = clock() + settings.body_grace
    try:
        async with asyncio.timeout(None) as timer:
            while length != declared:
                timer.reschedule(min(clock() + settings.body_idle, deadline + length / settings.body_rate))
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise MalformedBody("The body ended early, or its framing is broken.")
                if chunk := message["body"]:
                    chunks.append(chunk)
                    length += len(chunk)
                    held += len(chunk)
                if length > settings.max_body:
                    _close(spool)
                    return Body(io.BytesIO(), length, too_large=True)
                if held > settings.memory_body:
                    timer.reschedule(None)  # a slow disk is not the sender's fault
                    spool = await asyncio.to_thread(_spooled, spool, chunks)
                    chunks, held = [], 0
                if not message["more_body"]:
                    break
        if declared is not None and length != declared:
            raise MalformedBody("The length of the body differs from Content-Length.")
        if spool is None:
            return Body(io.BytesIO(b"".join(chunks)), length)
        return Body(await asyncio.to_thread(_rewound, spool, chunks), length)
    except TimeoutError:
        _close(spool)
        raise RequestTimeout from None
    except OSError as error:
        _close(spool)
        raise Unavailable("The server has no room to store the body.", headers={"Retry-After": "1"}) from error
    except BaseException:
        _close(spool)
        raise


async def discard(receive: Receive, *, seconds: float, idle: float, most: float = float("inf")) -> None:
    """Discard incoming data: for at most `seconds`, until nothing comes for `idle` seconds, or after `most` bytes.

    Closing the connection while the client still writes would reset it, and the
    client would never see its response (RFC 9112 §9.6).
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    seen = 0
    try:
        async with asyncio.timeout(None) as timer:
            while seen < most:
                timer.reschedule(min(deadline, clock() + idle))
                message = await receive()
                seen += len(message.get("body", b""))
                if not message.get("more_body"):
                    break
    except TimeoutError:
        return


def _spooled(spool: IO[bytes] | None, chunks: Iterable[bytes]) -> IO[bytes]:
    spool = spool or tempfile.TemporaryFile(prefix="touchstone-")  # noqa: SIM115 - closed after the response
    spool.writelines(chunks)
    return spool


def _rewound(spool: IO[bytes], chunks: Iterable[bytes]) -> IO[bytes]:
    spool.writelines(chunks)
    spool.seek(0)  # also writes buffered data
    return spool


def _close(spool: IO[bytes] | None) -> None:
    if spool is not None:
        spool.close()


async def take_body(environ: WSGIEnvironment, receive: Receive, settings: FrontSettings) -> bool:
    """Put the body into the environment. Returns whether it is too large; then a part of it is still to come.

    Raises MalformedBody (400), RequestTimeout (408).
    """
    declared = environ.get("CONTENT_LENGTH")
    chunked = environ.pop("HTTP_TRANSFER_ENCODING", None) is not None  # decoded here (RFC 9112 §7.1.3)
    framed = chunked or environ["SERVER_PROTOCOL"] == "HTTP/2.0"
    environ[environ_keys.HAS_BODY] = chunked or declared not in (None, "0")
    if not framed and not environ[environ_keys.HAS_BODY]:
        environ["wsgi.input"] = io.BytesIO()
        return False
    if declared is not None and not (declared.isascii() and declared.isdigit()):
        raise MalformedBody("Content-Length is not a number.")
    body = await read_body(receive, None if declared is None else int(declared), settings)
    environ["wsgi.input"] = body.file
    if declared is None and not chunked:
        # If a client resets an HTTP/2 stream without an error, the server below cannot tell it from a complete
        # body. Only a declared length shows the difference (docs/decisions/0001-front.md).
        environ[environ_keys.MAY_BE_CUT] = body.length > 0
    if chunked or body.length:
        environ["CONTENT_LENGTH"] = str(body.length)
        environ[environ_keys.HAS_BODY] = True
    if body.too_large:
        # The application decides, because 404, 405 and 401 come before 413 (CONTRACT §2).
        environ[environ_keys.BODY_REFUSED] = ContentTooLarge(limit=settings.max_body)
        if not expects(environ):
            seconds = settings.discard_seconds
            await discard(receive, seconds=seconds, idle=seconds, most=settings.discard_bytes)
    return body.too_large


def expects(environ: WSGIEnvironment) -> bool:
    """Whether the client waits for 100 Continue."""
    # Such a client sends no body before 100 Continue, and reading would send it (RFC 9110 §10.1.1).
    return "100-continue" in environ.get("HTTP_EXPECT", "").lower()
