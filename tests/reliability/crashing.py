"""Crashes: kills the processes of a server under load, and checks the writes (CONTRACT §6)."""

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import sleep

import httpx
import sqlalchemy as sa

from api.store.audit import audit
from api.store.database import Database
from tests.reliability.wholeness import Findings, Rows, check, check_halves
from tests.reliability.writes import Sender, Write, Writer
from tests.servers import JOHN, Server, workers
from tests.waiting import PATIENCE, wait_until

WRITERS = 6
# Seconds under load before the kill. Running writes are then at random points.
LEAST, MOST = 0.03, 0.25
# Successful connections before a server counts as running again: they reach all its workers.
PROBES = 8


@dataclass
class Tally:
    """The counts of a trial: writes tried, answered 2xx, unanswered, sent again with their keys, and replayed.

    `surprised` counts replayed writes without a first answer: killed after the commit, before the answer.
    """

    tried: int = 0
    answered: int = 0
    unanswered: int = 0
    repeated: int = 0
    replayed: int = 0
    surprised: int = 0
    unexpected: list[str] = field(default_factory=list)
    found: Findings = field(default_factory=Findings)

    @property
    def faults(self) -> list[str]:
        """A sentence for each fault."""
        return self.unexpected + self.found.all()


class Trial:
    """A server of two workers on an empty database. Rounds kill one worker and all processes in turn."""

    def __init__(self, url: str, folder: Path, seed: int) -> None:
        self.url = url
        self.log = folder / "log"
        self.random = Random(seed)
        self.name = f"c{self.random.getrandbits(32):08x}"
        self.tally = Tally()
        self.rounds = 0
        self.noted = 0
        self._start()
        with httpx.Client(base_url=self.server.url, timeout=PATIENCE, trust_env=False, verify=False) as http:
            answer = http.post("/tokens", json={}, auth=JOHN)
        assert answer.status_code == 201, answer.text
        self.token: str = answer.json()["token"]
        self.database = Database(url)

    def _start(self) -> None:
        # A quota that anonymous messages do not reach in any number of rounds.
        room = str(1 << 40)
        self.server = Server(
            self.log, "--workers", "2", "--database", self.url, ANONYMOUS_QUOTA=room, LOG_LEVEL="warning"
        )

    def close(self) -> None:
        """End the server."""
        self.database.close()
        self.server.stop()

    def round(self) -> None:
        """Put the server under load, kill, wait until it serves again, send again, and check the rows."""
        self.rounds += 1
        prefix = f"{self.name}r{self.rounds}w"
        writers = [Writer(self.server.url, Sender(f"{prefix}{n}", self.token)) for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        wait_until(lambda: all(writer.chains for writer in writers), "every writer writes")
        sleep(self.random.uniform(LEAST, MOST))  # a random moment
        if self.rounds % 2:
            self._kill_worker()
        else:
            self._kill_all()
        for writer in writers:
            writer.stopping.set()
        for writer in writers:
            writer.join(2 * PATIENCE)
            assert not writer.is_alive(), "a writer waits for an answer that never comes"
            if writer.fault:
                raise writer.fault
        if not self.rounds % 2:
            self._start()
        self._wait_until_it_serves()
        writes = [write for writer in writers for write in writer.writes]
        self._count(writes)
        self._send_again(writers)
        rows = Rows(self.database, prefix)
        for writer in writers:
            self.tally.found.add(check(rows, writer.chains, writer.messages))
        self.tally.found.add(check_halves(self.database))
        self._look_back(len(rows.audit))

    def _look_back(self, more: int) -> None:
        """Check that the trail still has the entries of earlier rounds."""
        self.noted += more
        with self.database.reading() as db:
            mine = sa.select(sa.func.count()).where(audit.c.request_id.startswith(self.name))
            there = db.execute(mine).scalar_one()
        if there != self.noted:
            self.tally.found.lost.append(f"after round {self.rounds} the trail has {there} entries, not {self.noted}")
            self.noted = there

    def _kill_worker(self) -> None:
        before = workers(self.server.process)
        victim = self.random.choice(sorted(before))
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: len(workers(self.server.process) - {victim}) == len(before), "there is another worker")

    def _kill_all(self) -> None:
        parent = self.server.process.pid
        os.kill(parent, signal.SIGSTOP)  # otherwise it would start another worker meanwhile
        for each in [parent, *workers(self.server.process)]:
            os.kill(each, signal.SIGKILL)
        self.server.process.wait()
        assert self.server.process.stdout
        self.server.process.stdout.close()

    def _wait_until_it_serves(self) -> None:
        for _ in range(PROBES):
            with httpx.Client(base_url=self.server.url, timeout=PATIENCE, trust_env=False, verify=False) as http:
                assert http.get("/articles/1").status_code == 200

    def _count(self, writes: list[Write]) -> None:
        self.tally.tried += len(writes)
        for write in writes:
            answer = write.answers[0]
            if answer is None:
                self.tally.unanswered += 1
            elif answer.is_success:
                self.tally.answered += 1
            elif answer.status_code != 503 or "Retry-After" not in answer.headers:
                self.tally.unexpected.append(f"{write.method} {write.path}: {answer.status_code} {answer.text}")

    def _send_again(self, writers: list[Writer]) -> None:
        with httpx.Client(base_url=self.server.url, timeout=PATIENCE, trust_env=False, verify=False) as http:
            for write in (write for writer in writers for write in writer.writes if write.keyed):
                before = write.answers[0]
                answer = write.send_until_done(http)
                self.tally.repeated += 1
                replayed = answer.headers.get("Idempotent-Replayed") == "true"
                self.tally.replayed += replayed
                self.tally.surprised += replayed and before is None
                told = f"{write.method} {write.path} {write.mark} again: {answer.status_code} {answer.text[:200]}"
                if not answer.is_success:
                    self.tally.unexpected.append(told)
                elif before is not None and before.is_success and (not replayed or answer.content != before.content):
                    self.tally.unexpected.append(f"{told}, not the answer of before: {before.text[:200]}")
