"""The other server below: uvicorn with h11, for clients that read the bytes of an answer, not its meaning.

Granian writes field names in lower case and has its own reason phrases; neither can be set. HTTP gives them no meaning
(RFC 9110 §5.1, RFC 9112 §4), but tests of clients look for `Content-Type:` and `401 UNAUTHORIZED`. h11 writes both as
it is told, and it can send trailers and 103.
"""

import asyncio
import http
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from api.front.asgi import Message, Scope
from api.front.front import Front

# Names that are not written in title case.
WRITTEN = {b"etag": b"ETag", b"www-authenticate": b"WWW-Authenticate", b"te": b"TE"}
# Seconds until the next try, if the system has no room for a connection.
NO_ROOM = 0.1
# ASGI's extensions that this server offers.
EXTENSIONS: dict[str, Any] = {"http.response.trailers": {}, "http.response.early_hint": {}}


class Wire(h11.Connection):
    """h11's state of a connection. `fault` is the status for a request that it cannot read."""

    fault = http.HTTPStatus.BAD_REQUEST
    trailers: Sequence[tuple[bytes, bytes]] = ()

    def next_event(self) -> Any:
        """The next event of the client. Raises `h11.RemoteProtocolError`, also for a version that it does not know."""
        try:
            event = super().next_event()
            if isinstance(event, h11.Request) and event.http_version not in (b"1.0", b"1.1"):
                raise h11.RemoteProtocolError("unknown version", http.HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
        except h11.RemoteProtocolError as error:
            self.fault = http.HTTPStatus(error.error_status_hint)
            raise
        return event

    def send(self, event: Any) -> Any:
        """The bytes of an event: field names in title case, and the reason phrase in capitals."""
        if isinstance(event, h11.Response):
            reason = event.reason.upper()
            event = h11.Response(status_code=event.status_code, headers=written(event.headers), reason=reason)
        elif isinstance(event, h11.EndOfMessage):
            event, self.trailers = h11.EndOfMessage(headers=written(self.trailers)), ()
        return super().send(event)


class Http(H11Protocol):
    """A connection: uvicorn's, with a timeout for heads, and with what the front needs of a server."""

    conn: Wire

    def __init__(self, server: "Uvicorn") -> None:
        super().__init__(server.config, server.server_state, {})
        self.front, self.lost = server.front, server.free.release
        self.conn = Wire(h11.SERVER, self.front.settings.stream_header)
        self.app = self._serve
        self.broken = False  # whether the framing of the body that arrives is broken
        self.head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn's own type is narrower
        self._time_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room for another connection."""
        super().connection_lost(exc)
        self._time_head(ended=True)
        self.lost()

    def data_received(self, data: bytes) -> None:
        """Read the data. The timeout of a head goes on until the head is complete."""
        super().data_received(data)
        self._time_head()

    def eof_received(self) -> bool | None:  # type: ignore[override]  # uvicorn's returns nothing
        """Close the connection, after a refusal if a body breaks off. Returns whether the transport stays open."""
        if not self.cycle or not self.cycle.more_body or self.cycle.response_complete or self.scheme == "https":
            return None
        super().data_received(b"")
        return True

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._time_head()

    def _time_head(self, *, ended: bool = False) -> None:
        waits = self.conn.their_state is h11.IDLE and not ended
        if self.head_timer and not waits:
            self.head_timer.cancel()
            self.head_timer = None
        elif waits and not self.head_timer:
            self.head_timer = self.loop.call_later(self.front.settings.head_timeout, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP as Granian does: without content. The front refuses a broken body."""
        if self.cycle and not self.cycle.response_complete:
            self.broken = True
            self.cycle.message_event.set()
            return
        headers = [*self.server_state.default_headers, (b"content-length", b"0"), (b"connection", b"close")]
        phrase = STATUS_PHRASES[self.conn.fault]
        for event in (h11.Response(status_code=self.conn.fault, headers=headers, reason=phrase), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        cycle = self.cycle
        last: Message | None = None
        trailing = False

        async def received() -> Message:
            message: Message = await receive()
            return {"type": "http.disconnect"} if self.broken else message

        async def sent(message: Message) -> None:
            nonlocal last, trailing
            if message["type"] == "http.response.start":
                trailing = message.get("trailers", False)
                # Raises for a bad field while another answer can still be sent.
                h11.Response(status_code=message["status"], headers=message["headers"])
            elif message["type"] == "http.response.early_hint":
                links = [(b"Link", link) for link in message["links"]]
                hints = h11.InformationalResponse(status_code=103, headers=links, reason=b"EARLY HINTS")
                self.transport.write(self.conn.send(hints) or b"")
                return
            elif message["type"] == "http.response.trailers":
                self.conn.trailers = [*message["headers"]]
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            elif trailing:
                message = {**message, "more_body": True}
            elif cycle.more_body and not message["more_body"]:
                # Its end closes the connection. Before that, the front drops what the client still sends.
                message, last = {**message, "more_body": True}, {**message, "body": b""}
            await send(message)

        if {b"transfer-encoding", b"content-length"} <= {name for name, _ in scope["headers"]}:
            cycle.scope = scope | {"headers": [*scope["headers"], CLOSE_HEADER]}  # RFC 9112 §6.1
        await self.front(_as_granian(scope), received, sent)
        if last:
            await send(last)


class Uvicorn(uvicorn.Server):
    """The server below, accepting from a socket that we pass in, over TLS if there is a context for it."""

    def __init__(self, front: Front, listener: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                front,
                http=Http,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level="error",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=front.settings.head_timeout,  # type: ignore[arg-type]  # asyncio takes a float
            )
        )
        self.front, self.listener, self.tls = front, listener, tls
        self.free = asyncio.Semaphore(front.settings.connections)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until `stop`. Signals are for the parent."""
        await self._serve(sockets)

    def stop(self) -> None:
        """Finish running requests, and close."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, as many as there may be at once; the others wait in the system's queue."""
        self.servers = []
        self.listener.setblocking(False)
        self.accepting = asyncio.create_task(self._accept())
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, and wait for running requests."""
        self.accepting.cancel()
        self.listener.close()
        await super().shutdown(sockets)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self.free.acquire()
            try:
                connection, _ = await loop.sock_accept(self.listener)
            except OSError:
                self.free.release()
                await asyncio.sleep(NO_ROOM)
                continue
            opening = loop.create_task(self._open(connection))
            self.server_state.tasks.add(opening)
            opening.add_done_callback(self.server_state.tasks.discard)

    async def _open(self, connection: socket.socket) -> None:
        timeout = self.front.settings.head_timeout if self.tls else None
        create: Callable[[], Http] = partial(Http, self)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                create, connection, ssl=self.tls, ssl_handshake_timeout=timeout
            )
        except OSError:  # the client is gone, or does not speak TLS
            connection.close()
            self.free.release()


def written(fields: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Header fields with their names in title case."""
    return [(WRITTEN.get(name, name.title()), value) for name, value in fields]


def _as_granian(scope: Scope) -> Scope:
    """The scope as Granian gives it: ports are text.

    An absolute-form target is without its authority (RFC 9112 §3.2.2), and a chunked body without a Content-Length
    (RFC 9112 §6.3).
    """
    path: bytes = scope["raw_path"]
    if not path.startswith(b"/") and b"://" in path:
        authority, slash, rest = path.partition(b"://")[2].partition(b"/")
        headers = [(b"host", authority), *(each for each in scope["headers"] if each[0] != b"host")]
        scope = {**scope, "raw_path": slash + rest or b"/", "headers": headers}
    if any(name == b"transfer-encoding" for name, _ in scope["headers"]):
        scope = {**scope, "headers": [each for each in scope["headers"] if each[0] != b"content-length"]}
    host, port = scope["server"]
    extensions = EXTENSIONS if scope["http_version"] == "1.1" else {}
    return {**scope, "server": (host, str(port)), "extensions": extensions}
