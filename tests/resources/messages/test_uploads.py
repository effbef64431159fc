"""Uploads: complete or refused, independent of each other, and exact with real clients (CONTRACT §2, §11)."""

import json
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import httpx
import pytest

from api.store.database import Database
from tests.contract.expect import refused
from tests.contract.raw import HOST, Connection
from tests.resources.messages.messages import (
    BINARY,
    FORM,
    KIB,
    MIB,
    Message,
    form,
    make,
    part,
    place,
    send,
    stored,
)
from tests.servers import Server, workers
from tests.waiting import wait_until

SIZES = {"1 B": 1, "64 KiB - 1": 64 * KIB - 1, "64 KiB": 64 * KIB, "64 KiB + 1": 64 * KIB + 1, "16 MiB": 16 * MIB}
JOHN = b"Authorization: Basic am9objpqb2hu\r\n"
HEAD = b"POST /messages HTTP/1.1\r\n" + HOST + JOHN
BYTES = b"Content-Type: application/octet-stream\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
RESET = struct.pack("ii", 1, 0)


def files_in_use(server: Server) -> list[str]:
    """The open files without a name (`/tmp/#123 (deleted)`) of a server's processes, in which uploads are spooled."""
    found = []
    for pid in (server.process.pid, *workers(server.process)):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target = str(entry.readlink())
            except OSError:
                continue  # closed meanwhile
            if "/#" in target:
                found.append(target)
    return found


def wait_until_spooled(server: Server, count: int) -> None:
    """Wait until so many uploads are spooled to disk."""
    wait_until(lambda: len(files_in_use(server)) == count, f"{count} uploads on the disk")


# Cut off

LARGE = b"x" * MIB
BROKEN = {
    "declared": BYTES + b"Content-Length: 2097152\r\n\r\n" + LARGE,
    "declared, one byte short": BYTES + b"Content-Length: 1048577\r\n\r\n" + LARGE,
    "declared, small": BYTES + b"Content-Length: 10\r\n\r\n012345678",
    "declared, nothing": BYTES + b"Content-Length: 10\r\n\r\n",
    "chunked, in a chunk": BYTES + CHUNKED + b"200000\r\n" + LARGE,
    "chunked, after a chunk": BYTES + CHUNKED + b"100000\r\n" + LARGE + b"\r\n",
    "chunked, before its end": BYTES + CHUNKED + b"100000\r\n" + LARGE + b"\r\n0\r\n",
    "chunked, with a bad size": BYTES + CHUNKED + b"100000\r\n" + LARGE + b"\r\nxyz\r\n",
    # complete content, but not of the declared length
    "a form": f"Content-Type: {FORM}\r\nContent-Length: 1000\r\n\r\n".encode() + form(part("a", b"content")),
    "text": b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: 6\r\n\r\nHello",
    "JSON": b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n[1, 2]",
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
def test_an_upload_that_is_cut_off_is_400_and_stores_nothing(server: Server, store: Database, sent: bytes) -> None:
    before = stored(store)
    with Connection(server.port) as connection:
        connection.send(HEAD + sent, end=True)
        answer = connection.answer()
        if answer is not None:  # if chunks are cut off at their very end, the connection may close without an answer
            refused(answer, 400, "malformed-body")
    wait_until_spooled(server, 0)
    assert stored(store) == before


@pytest.mark.parametrize("sent", [BROKEN["declared"], BROKEN["chunked, in a chunk"], BROKEN["a form"]])
def test_a_reset_connection_stores_nothing(server: Server, store: Database, sent: bytes) -> None:
    before = stored(store)
    with Connection(server.port) as connection:
        connection.send(HEAD + sent)
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    wait_until_spooled(server, 0)
    assert stored(store) == before


# Concurrent uploads


def test_uploads_that_stall_do_not_delay_another_write(server: Server, api: httpx.Client) -> None:
    # More than the threads of both workers.
    stalled = [Connection(server.port) for _ in range(20)]
    content = Random(1).randbytes(300 * KIB)
    for connection in stalled:
        connection.send(HEAD + BYTES + b"Content-Length: %d\r\n\r\n" % len(content) + content[:-1])
    wait_until_spooled(server, len(stalled))
    message = make(api, b"meanwhile")
    assert api.post("/articles", json={"title": "Meanwhile", "body": ""}).status_code == 201
    assert api.delete(place(message)).status_code == 204
    for connection in stalled:
        connection.send(content[-1:])
        answer = connection.answer()
        connection.socket.close()
        assert answer is not None
        assert answer.status_code == 201
        assert api.get(answer.headers["Location"]).content == content
        assert api.delete(answer.headers["Location"]).status_code == 204


@pytest.mark.slow
def test_eight_uploads_of_16_mib_at_once_are_all_stored(migrated_database: Callable[[], str], tmp_path: Path) -> None:
    # On SQLite each waits for seven others, which on a busy disk takes longer than the usual two seconds.
    server = Server(tmp_path / "log", "--workers", "2", "--database", migrated_database(), LOCK_TIMEOUT="60")
    barrier = threading.Barrier(8, timeout=60)

    def upload(seed: int) -> None:
        content = Random(seed).randbytes(16 * MIB)
        with httpx.Client(base_url=server.url, timeout=120, trust_env=False, auth=("john", "john")) as client:
            barrier.wait()
            message = make(client, content, BINARY)
            assert client.get(place(message)).content == content
            assert client.delete(place(message)).status_code == 204

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(upload, range(8)))
    wait_until_spooled(server, 0)
    assert server.stop() == 0


# Real clients


@pytest.fixture(params=SIZES)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of each size."""
    path = tmp_path / "upload.bin"
    path.write_bytes(Random(SIZES[request.param]).randbytes(SIZES[request.param]))
    return path


def check_and_delete(api: httpx.Client, message: Message, content: bytes, number: int | None = None) -> None:
    """Assert that this is the content of a message or of a part, and delete it."""
    answer = api.get(place(message, number))
    assert answer.status_code == 200
    assert answer.content == content
    assert api.delete(place(message)).status_code == 204


def curl(*arguments: str, stdin: bytes | None = None) -> Message:
    """Run curl, signed in, and return the JSON of the answer."""
    command = ["curl", "--silent", "--show-error", "--user", "john:john", "--write-out", "\n%{http_code}", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.rpartition(b"\n")
    assert status == b"201", body
    message: Message = json.loads(body)
    return message


@pytest.mark.parametrize("way", ["data", "upload", "upload from a pipe", "data, chunked"])
def test_curl_sends_a_file(server: Server, api: httpx.Client, file: Path, way: str) -> None:
    to = ["--header", f"Content-Type: {BINARY}", f"{server.url}/messages"]
    match way:
        case "data":
            message = curl("--data-binary", f"@{file}", *to)
        case "upload":
            message = curl("-X", "POST", "-T", str(file), *to)
        case "upload from a pipe":
            message = curl("-X", "POST", "-T", "-", *to, stdin=file.read_bytes())
        case _:
            message = curl("--data-binary", f"@{file}", "--header", "Transfer-Encoding: chunked", *to)
    assert message["size"] == file.stat().st_size
    check_and_delete(api, message, file.read_bytes())


def test_curl_sends_a_form(server: Server, api: httpx.Client, file: Path) -> None:
    message = curl("-F", f"file=@{file}", "-F", "note=Grüße", f"{server.url}/messages")
    told = [(known["name"], known["filename"], known["size"]) for known in message["parts"]]
    assert told == [("file", "upload.bin", file.stat().st_size), ("note", None, len("Grüße".encode()))]
    assert api.get(place(message, 2)).content == "Grüße".encode()
    check_and_delete(api, message, file.read_bytes(), 1)


def test_curl_resumes_a_download(server: Server, api: httpx.Client, file: Path, tmp_path: Path) -> None:
    content = file.read_bytes()
    message = make(api, content, BINARY)
    got = tmp_path / "got.bin"
    got.write_bytes(content[: len(content) // 2])
    command = ["curl", "--silent", "--fail", "--continue-at", "-", "--output", str(got), server.url + place(message)]
    assert subprocess.run(command, timeout=60, check=False).returncode == 0
    assert got.read_bytes() == content
    check_and_delete(api, message, content)


def in_pieces(content: bytes) -> Iterator[bytes]:
    """Pieces of odd sizes, and an empty one, which is not the end."""
    for at in range(0, len(content), 100_003):
        yield content[at : at + 100_003]
        yield b""


@pytest.mark.parametrize("known", [True, False], ids=["known length", "chunked"])
def test_httpx_streams_a_file(api: httpx.Client, file: Path, known: bool) -> None:
    content = file.read_bytes()
    fields = {"Content-Length": str(len(content))} if known else {}
    answer = send(api, in_pieces(content), BINARY, **fields)
    assert answer.status_code == 201
    assert answer.request.headers.get("Transfer-Encoding") == (None if known else "chunked")
    check_and_delete(api, answer.json(), content)


def test_httpx_sends_a_form(api: httpx.Client, file: Path) -> None:
    with file.open("rb") as content:
        answer = api.post("/messages", files={"file": ("é.bin", content)}, data={"note": "a"})
    assert answer.status_code == 201
    assert [(known["name"], known["filename"]) for known in answer.json()["parts"]] == [
        ("note", None),
        ("file", "é.bin"),
    ]
    check_and_delete(api, answer.json(), file.read_bytes(), 2)
