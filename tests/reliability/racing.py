"""Concurrent clients: many with one key (CONTRACT §6), and many that increment one number (CONTRACT §7)."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import sleep
from uuid import uuid4

import httpx
import sqlalchemy as sa

from api.store.audit import audit
from api.store.database import Database
from resources.articles.table import articles
from resources.messages.table import messages
from tests.servers import JOHN
from tests.waiting import PATIENCE

CLIENTS = 20
WRITERS = 8
Answer = httpx.Response


@contextmanager
def signed_in(urls: Sequence[str], count: int) -> Iterator[list[httpx.Client]]:
    """So many clients, distributed over the URLs, with open connections and a cached login."""
    clients = [
        httpx.Client(base_url=urls[number % len(urls)], timeout=PATIENCE, trust_env=False, verify=False, auth=JOHN)
        for number in range(count)
    ]
    try:
        for client in clients:
            assert client.get("/users/me").status_code == 200
        yield clients
    finally:
        for client in clients:
            client.close()


@dataclass
class OneKey:
    """The answers to clients with one key: done, replayed, in progress (409), unavailable (503); and the faults."""

    rounds: int = 0
    sent: int = 0
    done: int = 0
    replayed: int = 0
    in_progress: int = 0
    waiting: int = 0
    faults: list[str] = field(default_factory=list)


def race_for_keys(urls: Sequence[str], database: Database, rounds: int, clients: int = CLIENTS) -> OneKey:
    """So many clients send one request with one key at once: in turn a new article, a new message, and a change."""
    tally = OneKey()
    with signed_in(urls, clients) as each, ThreadPoolExecutor(clients) as pool:
        for number in range(rounds):
            mark = "k" + uuid4().hex
            kind = (_create, _post_message, _change)[number % 3]
            act = kind(each[0], mark)
            barrier = threading.Barrier(clients, timeout=PATIENCE)

            def run(client: httpx.Client, act: Act = act, barrier: threading.Barrier = barrier) -> Answer:
                barrier.wait()
                return act(client)

            tally.rounds += 1
            answers = list(pool.map(run, each))
            again = act(each[-1])
            _count_answers(tally, answers, again, waits=database.sqlite)
            effects = _effects(database, mark)
            if effects != 1:
                tally.faults.append(f"{kind.__name__} {mark}: {effects} times, {Counter(map(_told, answers))}")
    return tally


Act = Callable[[httpx.Client], Answer]


def _create(_client: httpx.Client, mark: str) -> Act:
    return lambda client: client.post("/articles", json={"title": mark, "body": ""}, headers=_key(mark))


def _post_message(_client: httpx.Client, mark: str) -> Act:
    fields = {"Content-Type": "text/plain", "Content-Disposition": f'attachment; filename="{mark}"', **_key(mark)}
    return lambda client: client.post("/messages", content=mark * 3000, headers=fields)


def _change(client: httpx.Client, mark: str) -> Act:
    made = client.post("/articles", json={"title": "before", "body": ""})
    assert made.status_code == 201, made.text
    # Only the first execution matches the tag: a second one by mistake would be 412.
    fields = {"Content-Type": "application/merge-patch+json", "If-Match": made.headers["ETag"], **_key(mark)}
    return lambda client: client.patch(made.headers["Location"], json={"title": mark}, headers=fields)


def _key(mark: str) -> dict[str, str]:
    return {"Idempotency-Key": mark}


def _count_answers(tally: OneKey, answers: list[Answer], again: Answer, *, waits: bool) -> None:
    firsts = [answer for answer in answers if answer.is_success and "Idempotent-Replayed" not in answer.headers]
    replays = [answer for answer in answers if answer.headers.get("Idempotent-Replayed") == "true"]
    progress = [answer for answer in answers if answer.status_code == 409]
    # On SQLite a key in use cannot be distinguished from a busy database.
    waiting = [answer for answer in answers if answer.status_code == 503 and waits]
    tally.sent += len(answers)
    tally.done += len(firsts)
    tally.replayed += len(replays)
    tally.in_progress += len(progress)
    tally.waiting += len(waiting)
    if len(firsts) != 1:
        tally.faults.append(f"{len(firsts)} were told that they did it: {Counter(map(_told, answers))}")
    if len(firsts) + len(replays) + len(progress) + len(waiting) != len(answers):
        tally.faults.append(f"answers that should not be: {Counter(map(_told, answers))}")
    if not all("Retry-After" in answer.headers for answer in progress + waiting):
        tally.faults.append("409 or 503 without Retry-After")
    if "Idempotent-Replayed" not in again.headers:
        tally.faults.append(f"once more, afterwards: {_told(again)}")
    kept = {
        (answer.status_code, answer.content, answer.headers.get("Location")) for answer in [*firsts, *replays, again]
    }
    if len(kept) != 1:
        tally.faults.append(f"replays that differ: {kept}")


def _told(answer: Answer) -> str:
    slug = answer.json().get("type", "") if answer.status_code >= 400 else ""
    return f"{answer.status_code} {slug}".strip()


def _effects(database: Database, mark: str) -> int:
    """The number of rows with this mark; -1 if an article was changed more than once."""
    with database.reading() as db:
        found = db.execute(sa.select(articles.c.id, articles.c.version).where(articles.c.title == mark)).all()
        posted = db.execute(sa.select(messages.c.id).where(messages.c.filename == mark)).scalars().all()
        targets = [f"/articles/{row.id}" for row in found] + [f"/messages/{each}" for each in posted]
        noted = db.execute(sa.select(sa.func.count()).where(audit.c.target.in_(targets))).scalar_one()
    expected = sum(row.version for row in found) + len(posted)
    once = noted == expected and all(row.version <= 2 for row in found)
    return len(targets) if once else -1


@dataclass
class Counted:
    """The answers to writers that increment together, and the final number."""

    asked: int
    number: int = 0
    version: int = 0
    lost_races: int = 0
    waited: int = 0


def count_up(urls: Sequence[str], increments: int, writers: int = WRITERS) -> Counted:
    """Writers increment the number in an article repeatedly, by GET and PUT with If-Match."""
    share, rest = divmod(increments, writers)
    counted = Counted(increments)
    lock = threading.Lock()
    with signed_in(urls, writers) as clients, ThreadPoolExecutor(writers) as pool:
        made = clients[0].post("/articles", json={"title": "counter", "body": "0"})
        assert made.status_code == 201, made.text
        place = made.headers["Location"]

        def add(client: httpx.Client, times: int) -> None:
            done = 0
            while done < times:
                seen = client.get(place)
                assert seen.status_code == 200, seen.text
                sent = {"title": "counter", "body": str(int(seen.json()["body"]) + 1)}
                answer = client.put(place, json=sent, headers={"If-Match": seen.headers["ETag"]})
                assert answer.status_code in (200, 412, 503), answer.text
                done += answer.status_code == 200
                with lock:
                    counted.lost_races += answer.status_code == 412
                    counted.waited += answer.status_code == 503
                if answer.status_code == 503:
                    sleep(int(answer.headers["Retry-After"]))

        list(pool.map(add, clients, [share + (number < rest) for number in range(writers)]))
        last = clients[0].get(place).json()
    counted.number, counted.version = int(last["body"]), last["version"]
    return counted
