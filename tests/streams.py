"""A client of HTTP/2 over cleartext that can also break the rules (RFC 9113)."""

import socket
from collections import defaultdict
from dataclasses import dataclass, field

import httpx
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.settings import SettingCodes

from tests.waiting import PATIENCE

Fields = list[tuple[str, str]]


@dataclass
class Stream:
    """The result of one request: `ended` if its answer is complete, `reset` with the error code if it was cut off."""

    status: int | None = None
    fields: Fields = field(default_factory=list)
    body: bytes = b""
    ended: bool = False
    reset: int | None = None


class Session:
    """One connection: `open` a request, `send` its body, and wait for its `answer`."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.http = H2Connection(
            H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False, header_encoding="utf-8")
        )
        self.streams: defaultdict[int, Stream] = defaultdict(Stream)
        self.announced: dict[int, int] = {}
        self.closed = False
        self.http.initiate_connection()
        self.flush()
        while not self.announced:
            self.take()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    @property
    def most_streams(self) -> int:
        """The number of concurrent requests that the server has announced."""
        return self.announced[SettingCodes.MAX_CONCURRENT_STREAMS]

    def open(self, method: str, path: str, *fields: tuple[str, str], authority: str = "test", end: bool = True) -> int:
        """Send the fields of a request, and return the number of its stream. `end`: it has no body."""
        number: int = self.http.get_next_available_stream_id()
        pseudo = [(":method", method), (":scheme", "http"), (":path", path)]
        if authority:
            pseudo.append((":authority", authority))
        self.http.send_headers(number, [*pseudo, *fields], end_stream=end)
        self.flush()
        return number

    def send(self, number: int, body: bytes, *, end: bool) -> None:
        """Send a part of the body, at most one frame."""
        self.http.send_data(number, body, end_stream=end)
        self.flush()

    def reset(self, number: int, code: int) -> None:
        """Cancel the request (RFC 9113 §6.4)."""
        self.http.reset_stream(number, code)
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.http.data_to_send())

    def answer(self, number: int) -> httpx.Response:
        """Wait for the complete answer to a request. Raises ConnectionError if it was cut off."""
        stream = self.streams[number]
        while not stream.ended:
            if self.closed or stream.reset is not None:
                raise ConnectionError(f"no whole answer: reset with {stream.reset}, connection closed: {self.closed}")
            self.take()
        assert stream.status is not None
        return httpx.Response(stream.status, headers=stream.fields, content=stream.body)

    def ask(self, method: str, path: str, *fields: tuple[str, str], authority: str = "test") -> httpx.Response:
        """Send a request without a body, and return its answer."""
        return self.answer(self.open(method, path, *fields, authority=authority))

    def take(self) -> None:
        """Read and handle the next frames."""
        data = self.socket.recv(65_536)
        self.closed = not data
        for event in self.http.receive_data(data) if data else ():
            match event:
                case RemoteSettingsChanged():
                    self.announced |= {code: setting.new_value for code, setting in event.changed_settings.items()}
                case ResponseReceived():
                    stream, fields = self.streams[event.stream_id], list(event.headers)
                    stream.status = int(dict(fields)[":status"])
                    stream.fields = [(name, value) for name, value in fields if not name.startswith(":")]
                case DataReceived():
                    self.streams[event.stream_id].body += event.data
                    self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case StreamEnded():
                    self.streams[event.stream_id].ended = True
                case StreamReset():
                    self.streams[event.stream_id].reset = int(event.error_code)
                case ConnectionTerminated():
                    self.closed = True
        self.flush()
