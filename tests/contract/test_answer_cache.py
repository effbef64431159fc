"""With the cache of answers and without it, a server says the same to the byte, and logs and counts the same."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.contract.raw import Connection
from tests.servers import JOHN, Server
from tests.waiting import wait_until

pytestmark = pytest.mark.one_database

SECRET = "a secret of both servers, for their cursors"  # of these servers only
# What differs between any two answers.
DIFFERS = re.compile(rb"(?im)^(date|x-request-id): .*\r\n")
INSTANCE = re.compile(rb"urn:uuid:[0-9a-f-]{36}")
TARGETS = ("/articles/1", "/articles/1?fields=title", "/articles?limit=2", "/articles?q=touchstone&count=true")
FIELDS: tuple[tuple[str, ...], ...] = (
    (),
    ("Accept: application/xml",),
    ("Accept: text/csv",),
    ("Accept: image/png",),
    ("Origin: https://a.example",),
    ('If-None-Match: "v1"',),
    ("If-None-Match: *", "Accept: text/csv"),
    ("If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT",),
    ("Range: bytes=0-5",),
    ("X-Request-Id: mine", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("Touchstone-Fault: status;code=503",),
    ("Authorization: Basic am9objpqb2hu",),
    ("Authorization: Basic d3Jvbmc6d3Jvbmc=",),
    ("Cookie: visitor=1",),
)


@pytest.fixture(scope="module")
def both(migrated_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """A server with the cache and one without, on one database."""
    folder, url = tmp_path_factory.mktemp("cache"), migrated_database()
    settings = {"SECRET_KEY": SECRET, "LOG_LEVEL": "info", "TOUCHSTONE_ENV": "development"}
    servers = [Server(folder / name, "--database", url, ANSWER_CACHE=name, **settings) for name in ("true", "false")]
    # It is absent during the second of a change.
    wait_until(lambda: "Last-Modified" in httpx.get(f"{servers[0].url}/articles/1").headers, "Last-Modified")
    yield servers
    for server in servers:
        server.stop()


def raw(server: Server, method: str, target: str, fields: tuple[str, ...]) -> tuple[bytes, list[bytes]]:
    """An answer without the fields that always differ, and the lines of those fields."""
    lines = "".join(
        f"{each}\r\n" for each in (f"{method} {target} HTTP/1.1", "Host: touchstone.test", "Connection: close", *fields)
    )
    with Connection(server.port) as connection:
        connection.send(f"{lines}\r\n".encode())
        data = b""
        while piece := connection.socket.recv(65_536):
            data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    return DIFFERS.sub(b"", head + b"\r\n") + INSTANCE.sub(b"", body), DIFFERS.findall(head + b"\r\n")


@pytest.mark.parametrize("fields", FIELDS, ids=lambda fields: ", ".join(fields) or "none")
def test_each_answer_is_the_same_with_the_cache_and_without(both: list[Server], fields: tuple[str, ...]) -> None:
    for target in TARGETS:
        for method in ("GET", "HEAD"):
            answers = [raw(server, method, target, fields) for server in both for _ in range(3)]
            assert len(answers[0][1]) == 2, "the two fields that differ"
            assert {answer for answer, _ in answers} == {answers[0][0]}, (method, target)
            assert all(names == answers[0][1] for _, names in answers)


def counted(server: Server) -> dict[Any, float]:
    """The counts of requests and waits of a server, but not durations."""
    text = httpx.get(f"{server.url}/metrics", trust_env=False).raise_for_status().text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("touchstone_") and sample.name.endswith(("_count", "_total", "in_flight"))
    }


def test_the_log_and_the_metrics_are_the_same(both: list[Server]) -> None:
    told = []
    for server in both:
        before = counted(server)
        for number in range(5):
            raw(server, "GET", "/articles/1?fields=body", (f"X-Request-Id: log-{number}", "User-Agent: log"))
        after = counted(server)
        wait_until(lambda server=server: len(lines_of(server)) == 5, "the five lines")  # type: ignore[misc]  # bound at once
        told.append(
            (
                [without_times(line) for line in lines_of(server)],
                {key: count - before.get(key, 0) for key, count in after.items() if count != before.get(key, 0)},
            )
        )
    assert told[0] == told[1]


def lines_of(server: Server) -> list[dict[str, Any]]:
    return [line for line in server.lines() if str(line.get("request_id", "")).startswith("log-")]


def without_times(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in ("time", "duration_ms", "timestamp", "pid")}


@pytest.mark.parametrize("workers", [1, 4])
def test_a_read_after_an_answer_sees_the_change_on_every_worker(
    migrated_database: Callable[[], str], tmp_path: Path, workers: int
) -> None:
    server = Server(
        tmp_path / "log", "--workers", str(workers), "--database", migrated_database(), TOUCHSTONE_ENV="development"
    )
    changes, readers, rounds = threading.Barrier(4), 3, 25
    newest, wrong = [0], []

    def read() -> None:
        with httpx.Client(base_url=server.url, trust_env=False) as client:
            changes.wait()
            seen = 0
            while newest[0] < rounds:
                known = newest[0]
                title = client.get("/articles/1", headers={"Connection": "close"}).json()["title"]
                number = int(title) if title.isdigit() else 0
                if number < max(known, seen):
                    wrong.append((known, seen, number))
                seen = max(number, seen)

    threads = [threading.Thread(target=read) for _ in range(readers)]
    try:
        for thread in threads:
            thread.start()
        with httpx.Client(base_url=server.url, trust_env=False, auth=("admin", "secret")) as client:
            changes.wait()
            for number in range(1, rounds + 1):
                client.put(
                    "/articles/1", json={"title": str(number), "body": "b", "status": "published"}
                ).raise_for_status()
                newest[0] = number
        for thread in threads:
            thread.join()
    finally:
        newest[0] = rounds
        server.stop()
    assert not wrong


def test_a_draft_is_shown_to_its_author_only(both: list[Server]) -> None:
    server = both[0]
    draft = {"title": "Draft", "body": "Not yet", "status": "draft"}
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        place = client.post("/articles", json=draft, auth=JOHN).raise_for_status().headers["Location"]
        for _ in range(2):
            assert client.get(place).status_code == 404
            assert client.get(place, auth=JOHN).json()["title"] == "Draft"
