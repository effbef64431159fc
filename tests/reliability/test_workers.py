"""A worker that is killed repeatedly is replaced each time, and each death is logged."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.reliability.crashing import PROBES
from tests.servers import Server, workers
from tests.waiting import wait_until

KILLS = 5


@pytest.mark.slow
def test_a_worker_killed_five_times_is_replaced_and_each_death_is_logged(
    migrated_database: Callable[[], str], tmp_path: Path
) -> None:
    server = Server(tmp_path / "log", "--workers", "2", "--database", migrated_database())
    other, victim = sorted(workers(server.process))
    for _ in range(KILLS):
        os.kill(victim, signal.SIGKILL)
        gone = {other, victim}
        wait_until(lambda gone=gone: len(workers(server.process) - gone) == 1, "there is another worker")
        (victim,) = workers(server.process) - gone
    # New connections are spread over both workers.
    assert {httpx.get(f"{server.url}/articles/1", timeout=20).status_code for _ in range(PROBES)} == {200}
    assert other in workers(server.process)
    assert server.stop() == 0
    deaths = [line for line in server.lines() if line["message"] == "A worker died"]
    assert [(line["level"], line["exit"]) for line in deaths] == [("error", "SIGKILL")] * KILLS
    assert [line["again_in"] for line in deaths] == [0, 0.5, 1, 2, 2]
