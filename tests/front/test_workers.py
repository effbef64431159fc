"""Workers that die: replaced as often as it takes, while the others serve."""

import os
import signal
import threading
import time
from pathlib import Path

from tests.front.conftest import Server, read_answer, running

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
KILLS = 5
PAUSES = (0.0, 0.05, 0.1)


class Asking(threading.Thread):
    """Opens a connection for each request until told to stop; `failed`: not connected, or left waiting."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.server, self.stopping = server, threading.Event()
        self.answers, self.failed = list[bytes](), list[Exception]()

    def run(self) -> None:
        """Ask, on and on."""
        while not self.stopping.is_set():
            try:
                with self.server.connect(20) as connection:
                    connection.sendall(GET)
                    self.answers.append(read_answer(connection))
            except OSError as error:
                self.failed.append(error)


def children(server: Server) -> list[int]:
    parent = server.process.pid
    return [int(each) for each in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def kill_again_and_again(server: Server, others: set[int]) -> int:
    """Kill the worker that is none of the others, and each that takes its place; give the pid of the last."""
    for _ in range(KILLS):
        (victim,) = set(children(server)) - others
        os.kill(victim, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while len(found := set(children(server)) - others - {victim}) != 1:
            assert time.monotonic() < deadline, "it was never replaced"
    return found.pop()


def test_a_worker_that_dies_five_times_is_replaced_while_the_other_serves() -> None:
    with running(workers=2, restart_pauses=PAUSES) as server:
        other = min(children(server))
        asking = [Asking(server) for _ in range(4)]
        for each in asking:
            each.start()
        last = kill_again_and_again(server, {other})
        for each in asking:
            each.stopping.set()
            each.join(30)
        assert [error for each in asking for error in each.failed] == []
        assert all(any(each.answers) for each in asking)
        # A death cuts what that worker had accepted, and nothing else.
        assert sum(each.answers.count(b"") for each in asking) <= KILLS * len(asking)
        deadline, served = time.monotonic() + 10, set[int]()
        while served != {other, last}:
            served.add(server.shown()["pid"])
            assert time.monotonic() < deadline
        server.process.terminate()
        assert server.process.wait(10) == 0


def test_the_only_worker_is_replaced_as_often() -> None:
    with running(restart_pauses=PAUSES) as server:
        last = kill_again_and_again(server, set())
        assert server.shown()["pid"] == last  # the connection waits for it


def test_a_worker_that_waits_to_be_replaced_does_not_hold_up_the_end() -> None:
    with running(restart_pauses=(30.0,)) as server:
        (worker,) = children(server)
        os.kill(worker, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while children(server):
            assert time.monotonic() < deadline
        server.process.terminate()
        assert server.process.wait(10) == 0
