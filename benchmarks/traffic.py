"""Mixed traffic over kept connections: four reads for each write. Each answer is checked completely."""

import asyncio
import json
import random
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter
from urllib.request import Request, urlopen

ARTICLES = 200  # to read
BODY = "Text that is long enough to be worth sending. " * 8
WRITES = 0.2  # of all requests
LISTS = 0.1


@dataclass
class Answer:
    """An answer: status, the bytes of its head in lower case, and its body."""

    status: int
    head: bytes
    body: bytes


@dataclass
class Tally:
    """Results: the `seconds` of good answers, the number `refused` with 503, and the faults of others in `wrong`."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """The number of requests."""
        return len(self.seconds) + self.refused + len(self.wrong)

    def percentile(self, share: float) -> float:
        """The latency in ms that this share of the good answers did not exceed."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


class Connection(asyncio.Protocol):
    """A kept connection, for one request at a time."""

    def __init__(self) -> None:
        self.data = b""
        self.waiting: asyncio.Future[Answer] | None = None
        self.transport: asyncio.WriteTransport | None = None
        self.closed = True

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override]  # TCP has this type
        self.transport, self.closed = transport, False

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self.waiting and not self.waiting.done():
            self.waiting.set_exception(exc or ConnectionError("closed without an answer"))

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, found, body = self.data.partition(b"\r\n\r\n")
        if not found:
            return
        head = head.lower()
        length = int(head.partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
        if len(body) >= length and self.waiting and not self.waiting.done():
            self.data = b""
            if b"connection: close" in head:
                self.closed = True
            self.waiting.set_result(Answer(int(head.split(None, 2)[1]), head, body))

    async def ask(self, request: bytes) -> Answer:
        """Send a request, and wait for its answer. Raises `OSError` if there is no answer."""
        assert self.transport
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.waiting


class Traffic:
    """Sends requests to one server and checks the answers. Create it while the server is idle: it creates articles."""

    def __init__(self, url: str, seed: int = 1) -> None:
        self.host, _, port = url.removeprefix("http://").rpartition(":")
        self.port = int(port)
        self.random = random.Random(seed)
        self.numbers: Iterator[int] = count(1)
        basic = {"Authorization": "Basic " + b64encode(b"john:john").decode()}
        self.token = json.loads(self._now(url + "/tokens", {}, basic))["token"]
        bearer = {"Authorization": f"Bearer {self.token}"}
        made = (self._now(url + "/articles", {"title": f"Read {n}", "body": BODY}, bearer) for n in range(ARTICLES))
        self.articles = {each["id"]: each for each in map(json.loads, made)}
        self.idle: list[Connection] = []
        self.statuses: Counter[int] = Counter()

    def _now(self, url: str, sent: object, fields: dict[str, str]) -> bytes:
        fields = {**fields, "Content-Type": "application/json"}
        with urlopen(Request(url, json.dumps(sent).encode(), fields)) as answer:
            return bytes(answer.read())

    def request(self) -> tuple[bytes, object]:
        """The next request, and its expected answer: an article, a title, or None for a list."""
        chance = self.random.random()
        if chance < WRITES:
            title = f"Written {next(self.numbers)}"
            sent = json.dumps({"title": title, "body": BODY}).encode()
            fields = f"Host: a\r\nAuthorization: Bearer {self.token}\r\nContent-Type: application/json"
            head = f"POST /articles HTTP/1.1\r\n{fields}\r\nContent-Length: {len(sent)}\r\n\r\n"
            return head.encode() + sent, title
        if chance < WRITES + LISTS:
            return b"GET /articles?limit=20 HTTP/1.1\r\nHost: a\r\n\r\n", None
        chosen = self.random.choice(list(self.articles))
        return f"GET /articles/{chosen} HTTP/1.1\r\nHost: a\r\n\r\n".encode(), self.articles[chosen]

    def fault(self, answer: Answer, expected: object) -> str:
        """Describe the fault of an answer other than 503; empty if it is right."""
        told = f"{answer.status} {answer.body[:200]!r}"
        try:
            shown = json.loads(answer.body)
        except ValueError:
            return told
        if isinstance(expected, str):
            right = answer.status == 201 and shown["title"] == expected and b"\r\nlocation: /articles/" in answer.head
        elif expected is None:
            right = answer.status == 200 and len(shown["items"]) == 20
        else:
            right = answer.status == 200 and shown == expected
        return "" if right else told

    async def connection(self) -> Connection:
        """An idle connection, or a new one."""
        while self.idle:
            if not (found := self.idle.pop()).closed:
                return found
        _, new = await asyncio.get_running_loop().create_connection(Connection, self.host, self.port)
        return new

    async def ask(self, tally: Tally, since: float | None = None) -> None:
        """Send the next request, and count its result; `since` is the time when it was due."""
        request, expected = self.request()
        since = perf_counter() if since is None else since
        try:
            connection = await self.connection()
            answer = await asyncio.wait_for(connection.ask(request), 30)
        except (OSError, TimeoutError) as error:
            tally.wrong.append(f"{type(error).__name__}: {error}")
            return
        if not connection.closed:
            self.idle.append(connection)
        self.statuses[answer.status] += 1
        if answer.status == 503 and b"\r\nretry-after: " in answer.head:
            tally.refused += 1
        elif fault := self.fault(answer, expected):
            tally.wrong.append(fault)
        else:
            tally.seconds.append(perf_counter() - since)

    async def as_fast_as_possible(self, connections: int, seconds: float) -> Tally:
        """Send requests over so many connections, each as soon as the last one is answered."""
        tally, end = Tally(), perf_counter() + seconds

        async def one() -> None:
            while perf_counter() < end:
                await self.ask(tally)

        await asyncio.gather(*(one() for _ in range(connections)))
        return tally

    async def at_rate(self, rate: float, seconds: float, most: int = 1000) -> Tally:
        """Send `rate` requests a second regardless of the answers, over at most `most` connections.

        The wait for a connection counts as latency.
        """
        tally, room = Tally(), asyncio.Semaphore(most)
        begun = perf_counter()

        async def one(due: float) -> None:
            async with room:
                await self.ask(tally, due)

        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * seconds)):
                due = begun + number / rate
                if (early := due - perf_counter()) > 0:
                    await asyncio.sleep(early)
                elif number % 32 == 0:
                    await asyncio.sleep(0)  # late: let the answers be read
                group.create_task(one(due))
        return tally
