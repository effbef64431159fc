"""Reading a message during its deletion: complete, 404, or visibly cut off (CONTRACT §2, §5)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random

import httpx
import pytest

from tests.contract.raw import HOST, Connection
from tests.resources.messages.messages import BINARY, FORM, MIB, form, make, part, place
from tests.servers import JOHN, Server

READERS = 4
CONTENT = b"0123456789"


@pytest.mark.parametrize("times", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_reading_during_a_deletion_is_complete_or_404(server: Server, api: httpx.Client, times: int) -> None:
    body = form(part("a", CONTENT))
    messages = [make(api, body, FORM) for _ in range(times)]
    barrier = threading.Barrier(READERS + 1, timeout=30)

    def read(number: int) -> set[int]:
        statuses = set()
        with httpx.Client(base_url=server.url, timeout=30, trust_env=False) as client:
            for message in messages:
                barrier.wait()
                for _ in range(5):
                    answer = client.get(place(message, number))
                    statuses.add(answer.status_code)
                    assert answer.status_code != 200 or answer.content == (CONTENT if number else body)
        return statuses

    def delete() -> set[int]:
        with httpx.Client(base_url=server.url, timeout=30, trust_env=False, auth=JOHN) as client:
            statuses = set()
            for message in messages:
                barrier.wait()
                statuses.add(client.delete(place(message)).status_code)
        return statuses

    with ThreadPoolExecutor(READERS + 1) as pool:
        deleting = pool.submit(delete)
        reading = [pool.submit(read, number) for number in (None, 1, None, 1)]
        assert deleting.result() == {204}
        assert set().union(*(each.result() for each in reading)) == {200, 404}


@pytest.mark.parametrize("fields", [b"", b"Range: bytes=1000-\r\n"], ids=["whole", "range"])
def test_a_download_cut_by_a_deletion_never_looks_complete(
    tmp_path_factory: pytest.TempPathFactory, fields: bytes
) -> None:
    # A separate server, because the cut answer is in its log.
    running = Server(tmp_path_factory.mktemp("deleted") / "log", "--ephemeral")
    content = Random(5).randbytes(16 * MIB)
    with httpx.Client(base_url=running.url, timeout=30, trust_env=False, auth=JOHN) as client:
        message = make(client, content, BINARY)
        with Connection(running.port) as connection:
            connection.send(f"GET {place(message)} HTTP/1.1\r\n".encode() + HOST + fields + b"\r\n")
            received = connection.socket.recv(4096)
            assert client.delete(place(message)).status_code == 204
            with suppress(ConnectionError):
                while more := connection.socket.recv(MIB):
                    received += more
        head, _, got = received.partition(b"\r\n\r\n")
        assert head.split()[1] in (b"200", b"206")
        assert b"chunked" not in head.lower()
        start = 1000 if fields else 0
        assert len(got) < len(content) - start
        assert content.startswith(got, start)
        # The server continues.
        assert client.get(place(message)).status_code == 404
    assert running.stop() == 0
