"""Concurrent writers: no update is lost (CONTRACT §7, 22; RFC 9110 §13.1.1)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from tests.resources.making import MERGE, make, path, read
from tests.servers import JOHN, Server

ROUNDS = 20
WRITERS = 8


def at_once(server: Server, *acts: Callable[[httpx.Client], Any]) -> list[Any]:
    """Run the acts at the same moment, each over an open connection."""
    barrier = Barrier(len(acts), timeout=20)

    def run(act: Callable[[httpx.Client], Any]) -> Any:
        with httpx.Client(base_url=server.url, timeout=20, verify=False, auth=JOHN) as client:
            client.get("/hello")
            barrier.wait()
            return act(client)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def put(article: dict, title: str, **fields: str) -> Callable[[httpx.Client], httpx.Response]:
    return lambda client: client.put(path(article), json={"title": title, "body": ""}, headers=fields)


def delete(article: dict) -> Callable[[httpx.Client], httpx.Response]:
    return lambda client: client.delete(path(article))


def test_22_two_puts_at_once_with_the_same_tag_are_one_200_and_one_412(server: Server, api: httpx.Client) -> None:
    for _ in range(ROUNDS):
        article = make(api)
        tag = {"If-Match": '"v1"'}
        answers = at_once(server, put(article, "one", **tag), put(article, "other", **tag))
        assert sorted(answer.status_code for answer in answers) == [200, 412]
        winner = next(answer for answer in answers if answer.status_code == 200)
        loser = next(answer for answer in answers if answer.status_code == 412)
        assert read(api, article) == winner.json()
        assert winner.json()["version"] == 2
        assert loser.json()["current_etag"] == '"v2"'


def test_two_deletes_at_once_are_one_204_and_one_404(server: Server, api: httpx.Client) -> None:
    for _ in range(ROUNDS // 2):
        article = make(api)
        answers = at_once(server, delete(article), delete(article))
        assert sorted(answer.status_code for answer in answers) == [204, 404]


def test_a_put_and_a_delete_at_once_leave_nothing(server: Server, api: httpx.Client) -> None:
    for _ in range(ROUNDS // 2):
        article = make(api)
        changed, deleted = at_once(server, put(article, "late"), delete(article))
        assert (changed.status_code in (200, 404), deleted.status_code) == (True, 204)
        assert api.get(path(article)).status_code == 404


@pytest.mark.parametrize("rounds", range(3))
def test_concurrent_writers_without_a_tag_each_create_a_version(server: Server, api: httpx.Client, rounds: int) -> None:
    article = make(api)
    acts = [
        lambda client, number=number: client.patch(path(article), json={"body": str(number)}, headers=MERGE)
        for number in range(WRITERS)
    ]
    answers = at_once(server, *acts)
    assert [answer.status_code for answer in answers] == [200] * WRITERS
    assert sorted(answer.json()["version"] for answer in answers) == list(range(2, WRITERS + 2))
    last = max(answers, key=lambda answer: answer.json()["version"])
    assert read(api, article) == last.json()


def test_increments_by_get_and_put_lose_nothing(server: Server, api: httpx.Client) -> None:
    article = make(api, body="0")
    times = 10

    def count_up(client: httpx.Client) -> int:
        done = tries = 0
        while done < times:
            seen = client.get(path(article))
            sent = {"title": "counter", "body": str(int(seen.json()["body"]) + 1)}
            answer = client.put(path(article), json=sent, headers={"If-Match": seen.headers["ETag"]})
            assert answer.status_code in (200, 412), answer.text
            done += answer.status_code == 200
            tries += 1
        return tries

    at_once(server, *[count_up] * WRITERS)
    counted = read(api, article)
    assert (counted["body"], counted["version"]) == (str(WRITERS * times), 1 + WRITERS * times)
