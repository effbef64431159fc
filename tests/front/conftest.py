"""Servers that the tests connect to by sockets."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.waiting import PATIENCE


@dataclass
class Server:
    """A running server: its process, its URL, and raw bytes to and from it."""

    process: subprocess.Popen[str]
    url: str

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    def connect(self, timeout: float = PATIENCE) -> socket.socket:
        """Return a connection, with a timeout in seconds."""
        return socket.create_connection(self.address, timeout=timeout)

    def exchange(self, *parts: bytes, end: bool = False) -> bytes:
        """Send, and read until the server closes or has sent one response."""
        with self.connect() as connection:
            for part in parts:
                connection.sendall(part)
            if end:
                connection.shutdown(socket.SHUT_WR)
            return read_answer(connection)

    def shown(self, path: str = "/", fields: bytes = b"") -> dict[str, Any]:
        """Return what the application shows for a GET."""
        answer = self.exchange(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n")
        return json.loads(body_of(answer))

    def calls(self) -> dict[str, int]:
        """Return how often each path of the application was called."""
        return self.shown()["calls"]


def read_answer(connection: socket.socket) -> bytes:
    """Read one response with a Content-Length, or everything until the connection ends."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65_536):
            data += piece
            head, found, body = data.partition(b"\r\n\r\n")
            length = field_of(data, "content-length") if found else None
            if length is not None and len(body) >= int(length):
                break
            if found and head.split()[1] in (b"204", b"304"):
                break
    return data


def status_of(answer: bytes) -> int:
    return int(answer.split(None, 2)[1])


def field_of(answer: bytes, name: str) -> str | None:
    for line in answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name:
            return value.strip()
    return None


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


@contextlib.contextmanager
def running(**options: Any) -> Iterator[Server]:
    """Run a server of the tests' application, and stop it by SIGTERM."""
    import os

    options = {"below": os.environ.get("BELOW", "granian"), **options}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.front.application", json.dumps(options)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield Server(process, process.stdout.readline().strip())
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)


class Below:
    """The server below the front, in the tests that run now."""

    name = "granian"


# Modules whose tests run on both servers: those of the first in the fast tier, of the others in the slow one.
BOTH = ("test_head", "test_bodies", "test_answers")
BOTH_SLOWLY = ("test_hostile_clients", "test_serving", "test_stopping", "test_workers")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests on both servers, except those over HTTP/2, which only Granian has."""
    module = metafunc.module.__name__.rpartition(".")[2]
    if module in BOTH + BOTH_SLOWLY and "http_2" not in metafunc.fixturenames:
        other = pytest.param("uvicorn", marks=[pytest.mark.slow] if module in BOTH_SLOWLY else [])
        metafunc.fixturenames.append("below")
        metafunc.parametrize("below", ["granian", other], indirect=True, scope="session")


@pytest.fixture(scope="session")
def below(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of the server below the front."""
    Below.name = getattr(request, "param", "granian")
    yield Below.name
    Below.name = "granian"


@pytest.fixture
def http_2() -> None:
    """For tests over HTTP/2."""


@pytest.fixture(scope="session")
def server(below: str) -> Iterator[Server]:
    """A server with the default limits."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def impatient(below: str) -> Iterator[Server]:
    """A server with short timeouts and small caps."""
    bounds = {"body_idle": 0.3, "body_grace": 0.6, "body_rate": 1_000_000, "head_timeout": 0.5}
    with running(**bounds, max_body=100_000, memory_body=1_000, send_timeout=0.5) as server:
        yield server
