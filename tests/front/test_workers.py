"""Workers that die are replaced as often as necessary, while the others serve."""

import os
import signal
import threading

from tests.front.conftest import Server, read_answer, running
from tests.servers import workers
from tests.waiting import PATIENCE, wait_until

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
KILLS = 5
PAUSES = (0.0, 0.05, 0.1)


class Asking(threading.Thread):
    """Opens a connection for each request until stopped. `failed`: not connected, or got no response."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.server, self.stopping = server, threading.Event()
        self.answers, self.failed = list[bytes](), list[Exception]()

    def run(self) -> None:
        """Send requests continuously."""
        while not self.stopping.is_set():
            try:
                with self.server.connect(20) as connection:
                    connection.sendall(GET)
                    self.answers.append(read_answer(connection))
            except OSError as error:
                self.failed.append(error)


def kill_again_and_again(server: Server, others: set[int]) -> int:
    """Kill the worker that is not one of the others, and each replacement; return the pid of the last."""
    for _ in range(KILLS):
        (victim,) = workers(server.process) - others
        os.kill(victim, signal.SIGKILL)
        (last,) = wait_until(lambda victim=victim: workers(server.process) - others - {victim}, "another worker")
    return last


def test_a_worker_that_dies_five_times_is_replaced_while_the_other_serves() -> None:
    with running(workers=2, restart_pauses=PAUSES) as server:
        other = min(workers(server.process))
        asking = [Asking(server) for _ in range(4)]
        for each in asking:
            each.start()
        last = kill_again_and_again(server, {other})
        for each in asking:
            each.stopping.set()
            each.join(PATIENCE)
        assert [error for each in asking for error in each.failed] == []
        assert all(any(each.answers) for each in asking)
        # A death cuts only the connections that this worker had accepted.
        assert sum(each.answers.count(b"") for each in asking) <= KILLS * len(asking)
        for worker in (other, last):
            wait_until(lambda worker=worker: server.shown()["pid"] == worker, f"an answer of {worker}", pause=0)
        server.process.terminate()
        assert server.process.wait(PATIENCE) == 0


def test_the_only_worker_is_replaced_as_often() -> None:
    with running(restart_pauses=PAUSES) as server:
        last = kill_again_and_again(server, set())
        assert server.shown()["pid"] == last  # the connection waits for it


def test_a_worker_that_waits_to_be_replaced_does_not_hold_up_the_end() -> None:
    with running(restart_pauses=(30.0,)) as server:
        (worker,) = workers(server.process)
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: not workers(server.process), "the end of the worker")
        server.process.terminate()
        assert server.process.wait(PATIENCE) == 0
