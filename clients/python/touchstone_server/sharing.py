"""One server for all processes of a suite, started when the first of them asks for it."""

import os
import socket
import threading
from contextlib import ExitStack

from touchstone_server.http import TouchstoneError
from touchstone_server.server import Server, connect, start

FAILED = "failed: "


class SharedServer:
    """The server of a suite: one that runs at `url` or at TOUCHSTONE_URL, otherwise one that is started."""

    def __init__(self, url: str | None) -> None:
        self._url = url or os.environ.get("TOUCHSTONE_URL", "")
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._server: Server | None = None
        self._listener: socket.socket | None = None

    def server(self) -> Server:
        """The server, started at the first call. Raises TouchstoneError."""
        with self._lock:
            if self._server is None:
                self._server = connect(self._url) if self._url else self._stack.enter_context(start())
            return self._server

    def listen(self) -> int:
        """Let other processes ask for the URL. Returns the port on loopback."""
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", 0))
            threading.Thread(target=self._tell, args=(self._listener,), name="touchstone", daemon=True).start()
        port: int = self._listener.getsockname()[1]
        return port

    def close(self) -> None:
        """Stop the server, if it was started here."""
        if self._listener:
            self._listener.close()
        if self._server:
            self._server.close()
        self._stack.close()

    def _tell(self, listener: socket.socket) -> None:
        while True:
            try:
                asking, _ = listener.accept()
            except OSError:
                return  # closed
            with asking:
                try:
                    told = self.server().url
                except TouchstoneError as error:
                    told = f"{FAILED}{error}"
                asking.sendall(told.encode())


def ask_for_url(port: int) -> str:
    """The URL of the server that another process of the suite shares on this port. Raises TouchstoneError."""
    with socket.create_connection(("127.0.0.1", port)) as asking:
        told = b"".join(iter(lambda: asking.recv(4096), b"")).decode()
    if told.startswith(FAILED):
        raise TouchstoneError(told.removeprefix(FAILED))
    return told
