"""Spaces for the tests, each with clients of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.servers import Server
from tests.waiting import PATIENCE


class Space:
    """A space of a server: its representation, and clients of its API and of its control routes."""

    def __init__(self, server: Server, **sent: Any) -> None:
        self.control = httpx.Client(base_url=server.url, trust_env=False, timeout=PATIENCE)
        answer = self.control.post("/spaces", json=sent)
        assert answer.status_code == 201, answer.text
        self.shown: dict[str, Any] = answer.json()
        self.id: str = self.shown["id"]
        self.place = f"/spaces/{self.id}"
        self.prefix: str = self.shown["url"]
        self.token: str = self.shown["token"]
        self.url = server.url + self.prefix
        self.clients = [self.control]
        self.anonymous = self.client()
        self.john = self.client("john")
        self.admin = self.client("admin", "secret")

    def client(self, name: str = "", password: str = "", **options: Any) -> httpx.Client:
        """A client of the space's API; signed in as this account, if one is named."""
        auth = (name, password or name) if name else None
        self.clients.append(httpx.Client(base_url=self.url, auth=auth, trust_env=False, timeout=PATIENCE, **options))
        return self.clients[-1]

    def close(self) -> None:
        """Delete the space."""
        self.control.delete(self.place)
        for each in self.clients:
            each.close()


@contextmanager
def spaces(server: Server, count: int, **sent: Any) -> Iterator[list[Space]]:
    """As many new spaces, deleted at the end."""
    made: list[Space] = []
    try:
        made.extend(Space(server, **sent) for _ in range(count))
        yield made
    finally:
        for each in made:
            each.close()
