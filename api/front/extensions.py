"""Trailers and early hints: extensions of ASGI, for a resource that sets them in the environment."""

from wsgiref.types import WSGIEnvironment

from api.front.answers import encoded
from api.front.asgi import Send
from api.rules import environ_keys

Lines = list[tuple[bytes, bytes]]


async def begin(status: int, headers: Lines, environ: WSGIEnvironment, send: Send) -> Lines | None:
    """Send early hints (RFC 8297) if there are any, and the head of the answer. Returns the trailers that follow it."""
    trailers = environ.pop(environ_keys.TRAILERS, None)
    if hints := environ.pop(environ_keys.EARLY_HINTS, ()):
        await send({"type": "http.response.early_hint", "links": [each.encode("latin-1") for each in hints]})
    start = {"type": "http.response.start", "status": status, "headers": headers}
    if trailers is None or environ["REQUEST_METHOD"] == "HEAD":
        await send(start)
        return None
    # Only a chunked body has trailers (RFC 9112 §7.1.2).
    headers = [each for each in headers if each[0] != b"content-length"]
    await send({**start, "headers": headers, "trailers": True})
    return encoded(trailers)


async def end(trailers: Lines | None, send: Send) -> None:
    """Send the trailers, after the content."""
    if trailers is not None:
        await send({"type": "http.response.trailers", "headers": trailers, "more_trailers": False})
