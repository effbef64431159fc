"""Fixtures: a new account, and visitors with a browser."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.store.database import Database
from tests.contract.access import store_of
from tests.contract.routes import make
from tests.pages.visitors import Visitor, new_account
from tests.servers import Server


@pytest.fixture(scope="session")
def store(server: Server) -> Iterator[Database]:
    """The database of the server, for changes that no request can make."""
    with store_of(server) as found:
        yield found


@pytest.fixture
def account(anonymous: httpx.Client) -> dict[str, Any]:
    """A new account, with its password."""
    return new_account(anonymous)


@pytest.fixture
def stranger(server: Server) -> Iterator[Visitor]:
    """A visitor who is not signed in."""
    visitor = Visitor(server)
    yield visitor
    visitor.http.close()


@pytest.fixture
def visitor(server: Server, account: dict[str, Any]) -> Iterator[Visitor]:
    """A visitor who is signed in with the new account."""
    found = Visitor(server)
    assert found.sign_in(account["username"], account["password"]).status_code == 303
    yield found
    found.http.close()


@pytest.fixture
def article(anonymous: httpx.Client, account: dict[str, Any]) -> dict[str, Any]:
    """A new article of that account."""
    sent = {"title": "A title", "body": "First\nsecond", "tags": ["one", "two"]}
    answer = anonymous.post("/articles", json=sent, auth=(account["username"], account["password"]))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture(scope="module")
def things(server: Server) -> dict[str, Any]:
    """A resource of john for each parameter of routes."""
    with httpx.Client(base_url=server.url, auth=("john", "john"), trust_env=False) as http:
        files = {"file": ("a.txt", b"0123456789", "text/plain")}
        http.put("/secrets/browsed", json={"value": "sesame"})
        return {
            "article": http.post("/articles", json={"title": "Browsed", "body": "b", "tags": ["one"]}).json()["id"],
            "user": http.get("/users/me").json()["id"],
            "token": http.post("/tokens", json={}).json()["id"],
            "secret": "browsed",
            "message": http.post("/messages", files=files).json()["id"],
            "made": make(http, "/spaces/<space:space_id>/snapshots/<space:snapshot_name>"),
        }


@pytest.fixture(scope="module")
def john(server: Server) -> Iterator[Visitor]:
    """The account john with a browser."""
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
