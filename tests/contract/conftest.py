"""Fixtures of the contract's tests: new resources, valid requests, and stored rows."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract.routes import EXAMPLES, make, sound


@pytest.fixture(scope="session")
def api(admin: httpx.Client) -> httpx.Client:
    """A client of an administrator, so that requests are refused only for what a test is about."""
    return admin


@pytest.fixture
def article(api: httpx.Client) -> dict[str, Any]:
    """A new article."""
    answer = api.post("/articles", json={"title": "An article", "body": "Its body", "tags": ["one"]})
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture
def user(api: httpx.Client) -> dict[str, Any]:
    """A new account: its representation, with the password."""
    sent = sound("/users", "POST")
    answer = api.post("/users", **sent)
    assert answer.status_code == 201
    return {**answer.json(), "password": json.loads(sent["content"])["password"]}


@pytest.fixture
def token(api: httpx.Client) -> dict[str, Any]:
    """A new token."""
    answer = api.post("/tokens", json={})
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture
def secret(api: httpx.Client) -> dict[str, Any]:
    """A new secret; its name is its id."""
    name = uuid4().hex
    answer = api.put(f"/secrets/{name}", json={"value": "sesame"})
    assert answer.status_code == 201
    return {**answer.json(), "id": name}


@pytest.fixture
def message(api: httpx.Client) -> dict[str, Any]:
    """A new message, with one part."""
    answer = api.post("/messages", files={"file": ("a.txt", b"0123456789", "text/plain")})
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Returns the example URL of a route, with resources created for the test."""

    made: dict[str, str] = {}

    def example(route: str) -> str:
        url = EXAMPLES[route]
        name = url.partition("{")[2].partition("}")[0]
        if name == "made":
            if route not in made:
                made[route] = make(request.getfixturevalue("api"), route)
            return url.format(made=made[route])
        return url.format(**{name: request.getfixturevalue(name)["id"]}) if name else url

    return example


@pytest.fixture
def send(
    request: pytest.FixtureRequest, api: httpx.Client, place: Callable[[str], str]
) -> Callable[..., httpx.Response]:
    """Sends a valid request to a route, optionally with a query, other content, or more header fields."""

    def sent(route: str, method: str, query: str = "", content: bytes | None = None, **fields: str) -> httpx.Response:
        needed = sound(route, method)
        if content is not None:
            needed = {"headers": {"Content-Type": "application/json"}, **needed, "content": content}
        headers = {**needed.pop("headers", {}), **{name.replace("_", "-"): value for name, value in fields.items()}}
        if route == "/users/me":
            # The request may change or delete it, so it must not be the account that all tests share.
            account = request.getfixturevalue("user")
            needed["auth"] = (account["username"], account["password"])
        return api.request(method, place(route) + query, headers=headers, **needed)

    return sent


@pytest.fixture
def stored(api: httpx.Client, article: dict[str, Any]) -> Callable[[], tuple[int, dict[str, Any]]]:
    """Returns the number of stored articles, and the current version of the test's own one."""

    def look() -> tuple[int, dict[str, Any]]:
        total = api.get("/articles", params={"limit": 1, "count": "true"}).json()["total"]
        return total, api.get(f"/articles/{article['id']}").json()

    return look
