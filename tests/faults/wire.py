"""Requests over sockets, and how their connections end."""

import socket
from contextlib import closing
from dataclasses import dataclass

import httpx

from tests.waiting import PATIENCE

FIN, RST = "fin", "rst"


@dataclass
class Wire:
    """Everything that the server sent, and how the connection ended: by FIN, or by RST."""

    data: bytes
    end: str

    @property
    def head(self) -> bytes:
        """The status line and the header lines."""
        return self.data.partition(b"\r\n\r\n")[0]

    @property
    def content(self) -> bytes:
        """What came after the head."""
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def fields(self) -> httpx.Headers:
        """The header fields."""
        return httpx.Headers([tuple(line.split(b": ", 1)) for line in self.head.split(b"\r\n")[1:]])


def connect(port: int, timeout: float = PATIENCE) -> socket.socket:
    """A connection to the server, with a timeout in seconds."""
    return socket.create_connection(("127.0.0.1", port), timeout)


def request(path: str, fault: str = "", method: str = "GET", content: bytes = b"", *fields: str) -> bytes:
    """The bytes of a request, with this value of Touchstone-Fault, and these field lines."""
    lines = [f"{method} {path} HTTP/1.1", "Host: touchstone.test", *fields]
    if fault:
        lines.append(f"Touchstone-Fault: {fault}")
    if content:
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode() + content


def until_end(connection: socket.socket) -> Wire:
    """Read until the server ends the connection."""
    data = b""
    while True:
        try:
            piece = connection.recv(65_536)
        except ConnectionResetError:
            return Wire(data, RST)
        if not piece:
            return Wire(data, FIN)
        data += piece


def exchange(port: int, *asked: bytes) -> Wire:
    """Send a request, and read until the server ends the connection."""
    with closing(connect(port)) as connection:
        connection.sendall(b"".join(asked))
        return until_end(connection)
