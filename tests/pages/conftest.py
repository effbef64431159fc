"""Fixtures: an account of one's own, and people with a browser."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.store.database import Database
from tests.contract.access import store_of
from tests.pages.visitors import Visitor, new_account
from tests.servers import Server


@pytest.fixture(scope="session")
def store(server: Server) -> Iterator[Database]:
    """The database of the server, for what no request can make."""
    with store_of(server) as found:
        yield found


@pytest.fixture
def account(anonymous: httpx.Client) -> dict[str, Any]:
    """A new account; the password stands beside what it was registered with."""
    return new_account(anonymous)


@pytest.fixture
def stranger(server: Server) -> Iterator[Visitor]:
    """Somebody who is not signed in."""
    visitor = Visitor(server)
    yield visitor
    visitor.http.close()


@pytest.fixture
def visitor(server: Server, account: dict[str, Any]) -> Iterator[Visitor]:
    """Somebody who is signed in, to the new account."""
    found = Visitor(server)
    assert found.sign_in(account["username"], account["password"]).status_code == 303
    yield found
    found.http.close()


@pytest.fixture
def article(anonymous: httpx.Client, account: dict[str, Any]) -> dict[str, Any]:
    """A new article of that account's."""
    sent = {"title": "A title", "body": "First\nsecond", "tags": ["one", "two"]}
    answer = anonymous.post("/articles", json=sent, auth=(account["username"], account["password"]))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture(scope="module")
def things(server: Server) -> dict[str, Any]:
    """One of each thing that routes name, of John's."""
    with httpx.Client(base_url=server.url, auth=("john", "john"), trust_env=False) as http:
        files = {"file": ("a.txt", b"0123456789", "text/plain")}
        http.put("/secrets/browsed", json={"value": "sesame"})
        return {
            "article": http.post("/articles", json={"title": "Browsed", "body": "b", "tags": ["one"]}).json()["id"],
            "user": http.get("/users/me").json()["id"],
            "token": http.post("/tokens", json={}).json()["id"],
            "secret": "browsed",
            "message": http.post("/messages", files=files).json()["id"],
        }


@pytest.fixture(scope="module")
def john(server: Server) -> Iterator[Visitor]:
    """John with a browser."""
    visitor = Visitor(server)
    visitor.sign_in("john", "john")
    yield visitor
    visitor.http.close()


@pytest.fixture(scope="module")
def chief(server: Server) -> Iterator[Visitor]:
    """An administrator with a browser."""
    visitor = Visitor(server)
    visitor.sign_in("admin", "secret")
    yield visitor
    visitor.http.close()
