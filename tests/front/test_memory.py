"""The memory of workers stays small."""

import platform
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.front.conftest import Server as Front
from tests.servers import Server, workers
from tests.waiting import PATIENCE

HASH = 19 * 1024  # KiB, for each verified password


def resident(pid: int) -> int:
    """Return the memory of a process that is not backed by files, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library does as it likes")
def test_no_thread_keeps_the_memory_of_a_password_hash(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral", THREADS="4")
    (worker,) = workers(server.process)

    def ask(credentials: tuple[str, str] | None) -> int:
        return httpx.get(server.url + "/hello", auth=credentials, timeout=PATIENCE, trust_env=False).status_code

    try:
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(ask, [None] * 40)) == {200}
            before = resident(worker)
            assert set(pool.map(ask, [("john", "wrong")] * 40)) == {401}  # never remembered: each is verified
        assert resident(worker) - before < HASH
    finally:
        assert server.stop() == 0


def test_a_worker_shares_the_objects_of_its_parent_whatever_the_collector_does(server: Front) -> None:
    assert server.shown()["frozen"] > 10_000
