"""A thousand requests that wait at once, on one worker (docs/decisions/0019-toolbox.md has the figures)."""

import asyncio
import re
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers import Server, workers
from tests.waiting import wait_until

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

MANY = 1000


@pytest.fixture
def running(tmp_path: Path, migrated_database: Callable[[], str]) -> Iterator[Server]:
    """A server of one worker, and room for the connections of this process."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, limits[1]), limits[1]))
    found = Server(tmp_path / "log", "--database", migrated_database(), "--workers", "1")
    yield found
    found.stop()
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def ask(server: Server, path: str) -> tuple[int, bytes]:
    """The status and the content of one request on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"GET /httpbin{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    head, _, content = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return int(head.split()[1]), content


def state(server: Server) -> tuple[int, int]:
    """The memory of the worker in KiB, and its threads."""
    [worker] = workers(server.process)
    text = Path(f"/proc/{worker}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", text)[0]), int(re.findall(r"Threads:\s+(\d+)", text)[0])


@pytest.mark.parametrize(("path", "size"), [("/delay/10", None), ("/drip?numbytes=100&duration=10", 100)])
def test_a_thousand_wait_without_threads(running: Server, path: str, size: int | None) -> None:
    httpx.get(f"{running.url}/httpbin/uuid", trust_env=False)
    memory, threads = state(running)

    async def all_of_them() -> list[tuple[int, bytes]]:
        asked = asyncio.gather(*(ask(running, path) for _ in range(MANY)))
        await asyncio.sleep(5)  # the middle of their wait
        status, _ = await asyncio.wait_for(ask(running, "/uuid"), 5)
        assert status == 200
        now = state(running)
        assert now[1] == threads
        assert now[0] - memory < 60 * 1024
        return await asked

    answers = asyncio.run(all_of_them())
    assert {status for status, _ in answers} == {200}
    assert size is None or {len(content) for _, content in answers} == {size}


def test_slots_of_clients_that_vanish_are_free_at_once(running: Server) -> None:
    async def vanish() -> None:
        pairs = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(MANY)]
        for _, writer in pairs:
            writer.write(b"GET /httpbin/delay/10 HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.sleep(1)
        for _, writer in pairs:
            writer.transport.abort()
        await asyncio.sleep(0.1)  # the event loop closes the sockets

    asyncio.run(vanish())

    def gone() -> bool:
        return sum(line.get("reason") == "client_gone" for line in running.lines()) == MANY

    wait_until(gone, "the end of all waits", pause=0.1)


def test_a_stop_answers_a_hundred_that_wait(running: Server) -> None:
    async def stopped() -> list[tuple[int, bytes]]:
        asked = [asyncio.create_task(ask(running, "/delay/10")) for _ in range(100)]
        await asyncio.sleep(2)
        assert await asyncio.to_thread(running.stop) == 0
        return await asyncio.gather(*asked)

    assert [status for status, _ in asyncio.run(stopped())] == [200] * 100
