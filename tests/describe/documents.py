"""Reading OpenAPI documents, and servers."""

from collections.abc import Iterator
from typing import Any

import httpx

from tests.servers import Server

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def resolved(document: dict[str, Any], thing: dict[str, Any]) -> dict[str, Any]:
    """The target of a reference; anything else unchanged."""
    while "$ref" in thing:
        found: Any = document
        for word in thing["$ref"].removeprefix("#/").split("/"):
            found = found[word]
        thing = found
    return thing


def published(server: Server, path: str) -> Any:
    """Read a document of the server."""
    return httpx.get(f"{server.url}{path}", trust_env=False).json()


def held(server: Server) -> list[int]:
    """The number of resources of each kind."""
    lists = ("/articles", "/users", "/tokens", "/secrets", "/messages")
    with httpx.Client(base_url=server.url, auth=("admin", "secret"), trust_env=False) as client:
        return [client.get(path, params={"count": "true"}).json()["total"] for path in lists]
