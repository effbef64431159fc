"""Sends requests byte for byte over a socket, including malformed ones, and parses the answers."""

import socket
from contextlib import suppress
from time import monotonic

import httpx

from tests.waiting import PATIENCE

HOST = b"Host: touchstone.test\r\n"
# An administrator, so that requests are refused only for what a test is about.
CREDENTIALS = b"Authorization: Basic YWRtaW46c2VjcmV0\r\n"
ADMIN = HOST + CREDENTIALS


class Connection:
    """A connection that sends bytes unchanged, and reads one answer after the other."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.buffer = b""

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes, *, end: bool = False) -> None:
        """Send, and optionally end the sending side. A server that has already closed may still have answered."""
        with suppress(ConnectionError):
            self.socket.sendall(data)
        if end:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)

    def answer(self, *, head: bool = False) -> httpx.Response | None:
        """The next answer; None if the server closes without one. `head`: it is an answer to HEAD, without content."""
        deadline = monotonic() + PATIENCE
        while (top := self._until(b"\r\n\r\n", deadline)) is not None:
            lines = top[:-4].split(b"\r\n")
            status = int(lines[0].split(b" ")[1])
            if status >= 200:
                break
        if top is None:
            return None
        fields = [(name.strip(), value.strip()) for name, _, value in (line.partition(b":") for line in lines[1:])]
        headers = httpx.Headers(fields)
        body = b"" if head or status in (204, 304) else self._body(headers, deadline)
        answer = httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))
        answer.read()
        return answer

    def closed(self) -> bool:
        """Whether the server has closed, and nothing is left to read."""
        return not self.buffer and not self._more(monotonic() + PATIENCE)

    def _body(self, headers: httpx.Headers, deadline: float) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self._until(b"\r\n", deadline) or b"0", 16):
                body += self._exactly(size, deadline)
                self._until(b"\r\n", deadline)
            self._until(b"\r\n", deadline)
            return body
        if "content-length" in headers:
            return self._exactly(int(headers["content-length"]), deadline)
        while self._more(deadline):
            pass
        body, self.buffer = self.buffer, b""
        return body

    def _until(self, mark: bytes, deadline: float) -> bytes | None:
        while mark not in self.buffer:
            if not self._more(deadline):
                assert not self.buffer, f"the answer broke off: {self.buffer[:200]!r}"
                return None
        found, _, self.buffer = self.buffer.partition(mark)
        return found + mark

    def _exactly(self, size: int, deadline: float) -> bytes:
        while len(self.buffer) < size:
            assert self._more(deadline), f"the content broke off: {len(self.buffer)} of {size} bytes came"
        found, self.buffer = self.buffer[:size], self.buffer[size:]
        return found

    def _more(self, deadline: float) -> bool:
        self.socket.settimeout(max(deadline - monotonic(), 0.01))
        try:
            piece = self.socket.recv(65_536)
        except ConnectionError:
            return False
        self.buffer += piece
        return bool(piece)


def exchange(port: int, request: bytes, *, end: bool = False) -> httpx.Response | None:
    """Send these bytes over a new connection, and return the first answer; None if there is none."""
    with Connection(port) as connection:
        connection.send(request, end=end)
        return connection.answer(head=request.startswith(b"HEAD "))


def ask(port: int, method: str, target: str | bytes, fields: bytes = ADMIN, body: bytes = b"") -> httpx.Response:
    """Send this method, target and field lines (each ended by CRLF) unchanged, and return the answer."""
    path = target.encode("latin-1") if isinstance(target, str) else target
    answer = exchange(port, method.encode() + b" " + path + b" HTTP/1.1\r\n" + fields + b"\r\n" + body)
    assert answer is not None, f"no answer to {method} {target!r:.100}"
    return answer


def chunked(body: bytes) -> bytes:
    """A body in chunks (RFC 9112 §7.1)."""
    pieces = [body[at : at + 65_536] for at in range(0, len(body), 65_536)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
