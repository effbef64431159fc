"""The home page: what to try first, and the resources by their purpose."""

from collections.abc import Callable, Mapping
from typing import Any

# The first segments of paths, by purpose; all other resources hold content. The last group is for operators.
PURPOSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Content: create, read, change, delete", ()),
    ("Accounts and access", ("users", "tokens", "sign-in")),
    ("Tests of your client", ("spaces", "hello", "echo", "status")),
    ("Documents", ("docs", "openapi.json", "openapi.yaml", "postman", "problems", ".well-known")),
    ("Operation of the server", ("admin", "metrics", "livez", "readyz", "favicon.ico")),
)
TOUR = "/postman/tour.json"


def groups(links: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """The links of the home document by purpose, in the order above."""
    named = {word for _, words in PURPOSES for word in words}
    content = [word for word in links if word not in named]
    found = [(title, [links[word] for word in words or content if word in links]) for title, words in PURPOSES]
    return [(title, places) for title, places in found if places]


def documents(prefix: str, leads: Callable[[str], bool]) -> list[tuple[str, str]]:
    """The names and links of the documents that this server has; `leads` says whether a path exists."""
    known = (
        ("Reference: try each request", "/docs"),
        ("Postman: a tour", TOUR),
        ("Postman: every request", "/postman/collection.json"),
        ("Postman: the environment", "/postman/environment.json"),
        ("OpenAPI in JSON", "/openapi.json"),
        ("OpenAPI in YAML", "/openapi.yaml"),
        ("Every refusal, explained", "/problems"),
    )
    return [(name, prefix + path) for name, path in known if leads(path)]
