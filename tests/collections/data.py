"""The data of the servers in this folder, spaces with it, and requests at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx

from tests.servers import Server

DATA: dict[str, Any] = {
    "posts": [
        {"id": 1, "title": "Hello", "views": 100, "author": {"name": "typicode"}, "tags": ["a", "b"], "open": True},
        {"id": 2, "title": "World", "views": 200, "author": {"name": "anna"}, "tags": ["api"], "open": False},
        {"id": 3, "title": "json server", "views": 150, "author": {"name": "Typicode"}, "tags": [], "rating": None},
    ],
    "comments": [
        {"id": 1, "body": "nice", "postId": 1},
        {"id": 2, "body": "bad", "postId": 1},
        {"id": 3, "body": "ok", "postId": 2},
    ],
    "countries": [{"id": "de", "name": "Deutschland"}, {"id": "São Tomé", "name": "São Tomé"}],
    "empty": [],
    "profile": {"name": "typicode", "deep": {"a": 1}},
}


def space_of(server: Server, content: Any = DATA, **body: Any) -> httpx.Client:
    """A client of a new space with this data."""
    made = httpx.put(f"{server.url}/spaces/{uuid4().hex}", json={"collections": content, **body}, trust_env=False)
    assert made.status_code == 201, made.text
    url = server.url + made.json()["url"]
    return httpx.Client(base_url=url, trust_env=False, timeout=20)


def at_once(count: int, act: Any) -> list[httpx.Response]:
    """Run `act(number)` so many times at the same moment."""
    barrier = threading.Barrier(count)

    def one(number: int) -> httpx.Response:
        barrier.wait()
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
