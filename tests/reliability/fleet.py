"""A fleet: several instances on one PostgreSQL, and nginx in front of them, on loopback."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import sqlalchemy as sa

from api.store.database import Database
from tests.servers import JOHN, ROOT, Server, workers
from tests.waiting import wait_until

CONFIGURATION = ROOT / "docs" / "deploy" / "nginx.conf"
WITHOUT_NGINX = "there is no nginx here (on Debian: apt install nginx-light)"
# The share of creates; the others are reads.
WRITES = 0.3


@dataclass(frozen=True)
class Failure:
    """A failed request: its method and key, the instances that nginx tried, and the answer."""

    method: str
    key: str
    title: str
    served_by: str
    told: str


@dataclass
class Tally:
    """The results of clients: good answers, the keys and ids of created articles, and failures."""

    good: list[str] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """The number of requests."""
        return len(self.good) + len(self.failures)

    def add(self, other: "Tally") -> None:
        """Add the results of others."""
        self.good += other.good
        self.made |= other.made
        self.failures += other.failures


class Fleet:
    """Instances, all started at once, and nginx in front of them at `url`."""

    def __init__(self, folder: Path, database: str, instances: int = 3) -> None:
        self.folder = folder
        self.database = database
        self.ports = [free_port() for _ in range(instances)]
        self.servers: list[Server | None] = [None] * instances
        self.url = f"http://127.0.0.1:{free_port()}"

    def __enter__(self) -> "Fleet":
        starts = [threading.Thread(target=self.start, args=(number,)) for number in range(len(self.ports))]
        for each in starts:
            each.start()
        for each in starts:
            each.join()
        assert all(self.servers), "an instance did not start"
        text = CONFIGURATION.read_text().replace("127.0.0.1:8080", self.url.removeprefix("http://"))
        (self.folder / "nginx.conf").write_text(text)
        lines = [f"server 127.0.0.1:{port} max_fails=1 fail_timeout=1s;\n" for port in self.ports]
        (self.folder / "touchstone.servers").write_text("".join(lines))
        # Without -e, nginx would open its default log before it reads the configuration.
        command = [nginx() or "nginx", "-p", str(self.folder), "-c", "nginx.conf", "-e", "nginx.log"]
        self.nginx = subprocess.Popen([*command, "-g", "daemon off; pid nginx.pid;"])  # our own arguments
        wait_until(lambda: answers(f"{self.url}/hello"), "nginx answers")
        return self

    def __exit__(self, *_: object) -> None:
        self.nginx.terminate()
        self.nginx.wait(20)
        for each in filter(None, self.servers):
            each.stop()

    def start(self, number: int) -> None:
        """Start an instance, and wait until it is ready."""
        self.servers[number] = Server(
            self.folder / f"log-{number}",
            "--port",
            str(self.ports[number]),
            "--database",
            self.database,
            TRUSTED_PROXIES="127.0.0.1",
            DRAIN_SECONDS="1",
            SECRET_KEY="a secret that all instances share, for tests",
        )

    def stop(self, number: int) -> int:
        """End an instance, and return its exit status."""
        server = self.servers[number]
        assert server
        self.servers[number] = None
        return server.stop()

    def kill(self, number: int, *, held: float = 0) -> None:
        """Kill all processes of an instance at once; pause it for `held` seconds before, so requests accumulate."""
        server = self.servers[number]
        assert server
        self.servers[number] = None
        processes = (server.process.pid, *workers(server.process))
        if held:
            for pid in processes:
                os.kill(pid, signal.SIGSTOP)
            threading.Event().wait(held)
        for pid in processes:
            os.kill(pid, signal.SIGKILL)
        server.stop(signal.SIGKILL)

    def restart_in_turn(self) -> list[int]:
        """Stop and start one instance after the other while the others serve; return their exit statuses."""
        statuses = []
        for number in range(len(self.ports)):
            statuses.append(self.stop(number))
            self.start(number)
        return statuses

    @contextmanager
    def under_load(self, clients: int = 6) -> Iterator[Tally]:
        """Clients read and create through nginx within this context."""
        tally, over = Tally(), threading.Event()
        threads = [threading.Thread(target=self.ask, args=(number, tally, over)) for number in range(clients)]
        for each in threads:
            each.start()
        try:
            wait_until(lambda: len(tally.good) > 20 * clients, "clients are answered")
            yield tally
            enough = len(tally.good) + 20 * clients
            wait_until(lambda: len(tally.good) > enough, "clients go on being answered")
        finally:
            over.set()
            for each in threads:
                each.join()

    def ask(self, client: int, tally: Tally, over: threading.Event) -> None:
        """Send requests until the end of the context."""
        chance = random.Random(client)
        with httpx.Client(base_url=self.url, auth=JOHN, timeout=30) as http:
            for number in count():
                if over.is_set():
                    return
                writes = chance.random() < WRITES
                title = f"{client}-{number}-{chance.getrandbits(64):x}"
                try:
                    answer = create(http, title) if writes else http.get("/articles?limit=5")
                except httpx.TransportError as error:
                    tally.failures.append(Failure("POST" if writes else "GET", title, title, "", repr(error)))
                    continue
                if answer.status_code == (201 if writes else 200):
                    tally.good.append(title)
                    if writes:
                        tally.made[title] = answer.json()["id"]
                else:
                    by = answer.headers.get("X-Served-By", "")
                    told = f"{answer.status_code} {answer.reason_phrase}"
                    tally.failures.append(Failure("POST" if writes else "GET", title, title, by, told))

    def repeat(self, failures: list[Failure]) -> dict[str, int]:
        """Repeat failed creates with their keys, and return the ids of the articles."""
        made = {}
        with httpx.Client(base_url=self.url, auth=JOHN, timeout=30) as http:
            for each in failures:
                answer = create(http, each.title)
                assert answer.status_code == 201, answer.text
                made[each.title] = answer.json()["id"]
        return made


def keys_in(database: str, keys: list[str]) -> list[int]:
    """The number of articles for each of these keys."""
    with closing(Database(database)) as opened, opened.reading() as db:
        found = dict(map(tuple, db.execute(sa.text("SELECT title, count(*) FROM articles GROUP BY title"))))
    return [found.get(key, 0) for key in keys]


def create(http: httpx.Client, title: str) -> httpx.Response:
    """Create an article whose title is its key."""
    return http.post("/articles", json={"title": title, "body": ""}, headers={"Idempotency-Key": title})


def nginx() -> str | None:
    """The path of nginx; None if it is not installed."""
    return shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


def free_port() -> int:
    """A free port below the range of outgoing connections, which could otherwise take it during a restart."""
    for port in random.sample(range(10_000, 30_000), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("There is no free port.")


def answers(url: str) -> bool:
    """Whether a server answers there."""
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
