"""Fixtures of the contract's tests: an article of one's own, and what is stored."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.contract.routes import EXAMPLES


@pytest.fixture
def article(api: httpx.Client) -> dict[str, Any]:
    """A new article."""
    answer = api.post("/articles", json={"title": "An article", "body": "Its body", "tags": ["one"]})
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Gives the example URL of a route; an article is made where that names one."""

    def example(route: str) -> str:
        url = EXAMPLES[route]
        return url.format(article=request.getfixturevalue("article")["id"]) if "{article}" in url else url

    return example


@pytest.fixture
def stored(api: httpx.Client, article: dict[str, Any]) -> Callable[[], tuple[int, dict[str, Any]]]:
    """Gives what is stored: how many articles, and the test's own one as it is now."""

    def look() -> tuple[int, dict[str, Any]]:
        total = api.get("/articles", params={"limit": 1, "count": "true"}).json()["total"]
        return total, api.get(f"/articles/{article['id']}").json()

    return look
