"""Short functions for requests to a server whose database fails, and for its answers."""

import httpx

from tests.servers import JOHN
from tests.waiting import PATIENCE

# More than the threads of two workers, so each of them most likely gets a request.
MANY = 24
LARGE = 300_000


def client(url: str, *credentials: str) -> httpx.Client:
    """A client that is signed in, by default as john."""
    return httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False, verify=False, auth=credentials or JOHN)


def stranger(url: str) -> httpx.Client:
    """A client that is not signed in."""
    return httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False, verify=False)


def publish(http: httpx.Client, title: str, body: str = "", **fields: str) -> httpx.Response:
    """POST an article; `_` in the names of fields is `-`."""
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    return http.post("/articles", json={"title": title, "body": body}, headers=headers)


def post_large(http: httpx.Client, title: str, **fields: str) -> httpx.Response:
    """POST a message of two pieces, which needs more disk space."""
    headers = {"Content-Type": "text/plain", "Content-Disposition": f'attachment; filename="{title}"'}
    headers |= {name.replace("_", "-"): value for name, value in fields.items()}
    return http.post("/messages", content=title.ljust(LARGE, "."), headers=headers)


def unavailable(answer: httpx.Response) -> None:
    """Assert that this is 503 with Retry-After: nothing was done, try again later (CONTRACT §10)."""
    assert answer.status_code == 503, f"{answer.status_code} {answer.text[:300]}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert int(answer.headers["Retry-After"]) >= 1
    document = answer.json()
    assert (document["status"], document["type"]) == (503, "/problems/unavailable")
    # The database's error text is only in the log.
    assert not any(word in answer.text.lower() for word in ("sqlite", "postgres", "psycopg", "disk", "select", "/tmp"))
