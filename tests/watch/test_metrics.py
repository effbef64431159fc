"""Counts of all workers together, including dead ones, under few labels regardless of the requests."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.contract.raw import ask
from tests.servers import JOHN, ROOT, Server, clean_environment, workers
from tests.waiting import wait_until
from tests.watch.credentials import locked

pytestmark = pytest.mark.one_database

COUNT = "touchstone_http_request_duration_seconds_count"
Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def url(migrated_database: Callable[[], str]) -> str:
    return migrated_database()


@pytest.fixture
def counting(url: str, tmp_path: Path) -> Iterator[Server]:
    """A server of two workers that only this test uses."""
    server = Server(tmp_path / "log", "--workers", "2", "--database", url)
    try:
        yield server
    finally:
        assert server.stop() == 0


def samples(server: Server) -> Samples:
    """Every sample, by name and labels."""
    text = httpx.get(f"{server.url}/metrics", trust_env=False).raise_for_status().text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def in_flight(server: Server) -> float:
    return value(samples(server), "touchstone_http_requests_in_flight")


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


def answered(server: Server, route: str, method: str = "GET", status: str = "2xx") -> float:
    return value(samples(server), COUNT, route=route, method=method, status=status, space="no")


def ask_often(server: Server, path: str, count: int) -> None:
    """Send each request on a new connection, so that both workers get some."""
    for _ in range(count):
        httpx.get(server.url + path, trust_env=False)


def test_every_answer_is_counted_by_route_method_and_status(counting: Server) -> None:
    ask_often(counting, "/hello", 40)
    ask_often(counting, "/articles/1", 3)
    ask_often(counting, "/articles/2", 4)
    ask_often(counting, "/articles/999999999", 2)
    found = samples(counting)
    assert value(found, COUNT, route="/hello", method="GET", status="2xx", space="no") == 40
    assert value(found, COUNT, route="/articles/<id:article_id>", method="GET", status="2xx", space="no") == 7
    assert value(found, COUNT, route="/articles/<id:article_id>", method="GET", status="4xx", space="no") == 2
    assert value(found, "touchstone_problems_total", problem="not-found") == 2
    assert value(found, "touchstone_http_requests_in_flight") == 1  # this one
    assert len({labels for name, labels in found if name == "process_cpu_seconds_total"}) == 3


def test_labels_stay_few_for_any_requests(counting: Server) -> None:
    before = set(samples(counting))
    for number in range(20):
        ask(counting.port, "GET", f"/nowhere/{number}")
        ask(counting.port, f"BREW{number}", "/hello")
        ask(counting.port, "PROPFIND", f"/articles/{number + 1}")
        ask(counting.port, "GET", f"/echo/{number}?a={number}")
        ask(counting.port, "GET", f"/{number}" + "a" * 9000)
        ask(counting.port, "GET", "/hello", b"Host: a b\r\n")
    new = {
        dict(labels).get("route", "") + " " + dict(labels).get("method", "")
        for _, labels in set(samples(counting)) - before
    }
    assert new == {" ", "none GET", "none other", "/echo/<path:anything> GET", "/metrics GET"}
    assert answered(counting, "none", status="4xx") == 60


def test_replays_and_waits_for_a_transaction_are_counted(counting: Server) -> None:
    for _ in range(3):
        headers = {"Idempotency-Key": "counted"}
        httpx.post(f"{counting.url}/articles", json={"title": "a", "body": ""}, headers=headers, auth=JOHN)
    found = samples(counting)
    assert value(found, "touchstone_replays_total") == 2
    assert value(found, "touchstone_transaction_wait_seconds_count") >= 1
    assert (
        value(found, "touchstone_thread_wait_seconds_count")
        == value(found, COUNT, route="/articles", method="POST", status="2xx", space="no") + 1
    )


def test_waiting_requests_are_in_flight(counting: Server, url: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        with locked(url):
            sent = pool.submit(httpx.put, f"{counting.url}/secrets/a", json={"value": "a"}, auth=JOHN, trust_env=False)
            wait_until(lambda: sent.done() or in_flight(counting) == 2, "two in flight")
            assert not sent.done()
        assert sent.result().status_code in (201, 503)


def test_requests_of_a_killed_worker_are_not_in_flight(counting: Server, url: str) -> None:
    with ThreadPoolExecutor(1) as pool, locked(url):
        sent = pool.submit(httpx.put, f"{counting.url}/secrets/a", json={"value": "a"}, auth=JOHN, trust_env=False)
        wait_until(lambda: in_flight(counting) == 2, "two in flight")
        first = workers(counting.process)
        for victim in first:
            os.kill(victim, signal.SIGKILL)
        assert isinstance(sent.exception(), httpx.TransportError)
        wait_until(
            lambda: not first & workers(counting.process) and len(workers(counting.process)) == 2, "other workers"
        )
        assert in_flight(counting) == 1


def test_counts_of_a_killed_worker_stay(counting: Server) -> None:
    ask_often(counting, "/hello", 40)
    first = workers(counting.process)
    # Each of the two workers has then counted answers and requests in flight.
    assert len({labels for name, labels in samples(counting) if name == "process_cpu_seconds_total"}) == 3
    for victim in first:
        os.kill(victim, signal.SIGKILL)
        wait_until(
            lambda victim=victim: victim not in workers(counting.process) and len(workers(counting.process)) == 2,
            "a worker in the place of the one that was killed",
        )
    assert not first & workers(counting.process)

    def answered_again() -> Samples | None:
        with suppress(httpx.TransportError):
            return samples(counting)
        return None

    found = wait_until(answered_again, "an answer")
    assert value(found, COUNT, route="/hello", method="GET", status="2xx", space="no") == 40
    assert value(found, "touchstone_http_requests_in_flight") == 1
    alive = {dict(labels)["pid"] for name, labels in found if name == "process_cpu_seconds_total"}
    assert not {str(pid) for pid in first} & alive
    ask_often(counting, "/hello", 5)
    assert answered(counting, "/hello") == 45


def test_the_shared_folder_is_new_and_deleted_with_the_server(tmp_path: Path) -> None:
    for _ in range(2):
        server = Server(tmp_path / "log", "--ephemeral", TMPDIR=str(tmp_path))
        assert answered(server, "/hello") == 0
        ask_often(server, "/hello", 1)
        (folder,) = tmp_path.glob("touchstone-metrics-*")
        assert folder.stat().st_mode & 0o077 == 0
        assert server.stop() == 0
        assert not folder.exists()


OTHER = """
from wsgiref.simple_server import make_server
import run
server = make_server("127.0.0.1", 0, run.app)
print(server.server_port, flush=True)
server.serve_forever()
"""


def test_another_wsgi_server_counts_per_process(url: str, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", OTHER],
            cwd=ROOT,
            env=clean_environment(DATABASE_URL=url),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdout
        port = int(process.stdout.readline())
        for _ in range(2):
            assert httpx.get(f"http://127.0.0.1:{port}/hello", trust_env=False).status_code == 200
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        assert f'{COUNT}{{method="GET",route="/hello",space="no",status="2xx"}} 2.0' in text
        assert f'process_resident_memory_bytes{{pid="{process.pid}"}}' in text
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
