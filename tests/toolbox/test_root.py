"""What only `run.py httpbin` does: trailers, early hints, spelling; its answers to odd fields."""

import http.client
import signal
import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.forks import Fork
from tests.servers import READY, Server, clean_environment
from tests.waiting import PATIENCE

pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of `run.py httpbin`."""
    log = tmp_path_factory.mktemp("root") / "log"
    server = Fork("httpbin", "--port", "0", log=log, environment=clean_environment())
    line = server.stdout.readline()
    assert line.startswith(READY), log.read_text()
    yield line.removeprefix(READY).strip()
    server.send_signal(signal.SIGTERM)
    assert server.wait(PATIENCE) == 0


def raw(root: str, target: str, version: str = "1.1", method: str = "GET") -> bytes:
    """All bytes that come for a request."""
    host, _, port = root.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        connection.sendall(f"{method} {target} HTTP/{version}\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_trailers_come_after_a_chunked_body(root: str) -> None:
    answer = raw(root, "/trailers?x-sum=3&X-Sum=4&X-Padded=%20a%20")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\nTransfer-Encoding: chunked" in head
    assert b"\r\nTrailer: x-sum, X-Sum, X-Padded\r\n" in head
    assert body.endswith(b"\r\n0\r\nX-Sum: 3\r\nX-Sum: 4\r\nX-Padded: a\r\n\r\n")
    assert raw(root, "/trailers").endswith(b"\r\n0\r\n\r\n")
    assert raw(root, "/trailers?X-Sum=3", method="HEAD").endswith(b"\r\n\r\n")


def test_early_hints_come_before_the_answer(root: str) -> None:
    first, _, rest = raw(root, "/early-hints?link=%3C/a%3E&link=%3C/b%3E").partition(b"\r\n\r\n")
    assert first == b"HTTP/1.1 103 EARLY HINTS\r\nLink: </a>\r\nLink: </b>"
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")
    assert raw(root, "/early-hints").startswith(b"HTTP/1.1 103 EARLY HINTS\r\nLink: </style.css>; rel=preload")


@pytest.mark.parametrize(
    "target",
    [
        "/trailers?Content-Length=3",
        "/trailers?authorization=a",
        "/trailers?a%20b=c",
        "/trailers?a=%0d%0aX:1",
        "/trailers?a=%e2%82%ac",
        "/early-hints?link=a%0ab",
        "/early-hints?link=%e2%82%ac",
    ],
)
def test_fields_that_cannot_be_sent_are_400(root: str, target: str) -> None:
    answer = httpx.get(root + target)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-parameter")


@pytest.mark.parametrize("path", ["/trailers", "/early-hints"])
def test_elsewhere_they_are_501(root: str, server: Server, path: str) -> None:
    assert httpx.get(f"{server.url}/httpbin{path}").status_code == 501
    assert b"HTTP/1.1 501 NOT IMPLEMENTED" in raw(root, path, version="1.0")


def test_fields_with_space_around_their_values_are_sent(root: str) -> None:
    answer = httpx.get(root + "/response-headers?X-A=%20a%09&X-B=")
    assert (answer.status_code, answer.headers["x-a"], answer.headers["x-b"]) == (200, "a", "")


def test_python_s_own_client_reads_a_name_in_any_case(root: str) -> None:
    connection = http.client.HTTPConnection(root.removeprefix("http://"), timeout=PATIENCE)
    connection.request("GET", "/response-headers?x-some-name=1")
    answer = connection.getresponse()
    assert (answer.reason, ("X-Some-Name", "1") in answer.getheaders()) == ("OK", True)
    connection.close()
