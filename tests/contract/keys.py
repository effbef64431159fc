"""Repeats requests with their Idempotency-Key on every route that accepts one, and counts their effects."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import httpx
import sqlalchemy as sa

from api.rules.problems import IdempotencyKeyReused, InvalidIdempotencyKey
from api.store.columns import metadata
from api.store.idempotency import keys
from api.web.declared import declared_by
from tests.contract.access import Account, basic, new_token, register, store_of
from tests.contract.routes import EXAMPLES, ROUTES, sound
from tests.servers import Server

# The treatment of a key: its answer is `kept`, or the key is `refused` or `ignored`. That of `spaces` is kept in the
# registry, and tested in tests/resources/spaces.
FATES = {
    ("/articles", "POST"): "kept",
    ("/articles/<id:article_id>", "PATCH"): "kept",
    ("/messages", "POST"): "kept",
    ("/users", "POST"): "kept",
    ("/users/<id:user_id>", "PATCH"): "kept",
    ("/users/me", "PATCH"): "kept",
    ("/spaces", "POST"): "spaces",
    ("/spaces/<space:space_id>", "PATCH"): "spaces",
    ("/spaces/<space:space_id>/reset", "POST"): "spaces",
    ("/spaces/<space:space_id>/seed", "POST"): "spaces",
    ("/spaces/<space:space_id>/faults", "POST"): "spaces",
    ("/spaces/<space:space_id>/faults/<id:n>", "PATCH"): "spaces",
    ("/spaces/<space:space_id>/journal/verify", "POST"): "ignored",
    ("/tokens", "POST"): "refused",
    ("/echo", "POST"): "ignored",
    ("/echo", "PATCH"): "ignored",
    ("/echo/<path:anything>", "POST"): "ignored",
    ("/echo/<path:anything>", "PATCH"): "ignored",
    ("/status/<int:code>", "POST"): "ignored",
    ("/status/<int:code>", "PATCH"): "ignored",
}
STORING, IGNORED = ([each for each, fate in FATES.items() if fate == wanted] for wanted in ("kept", "ignored"))
# The stored header fields, besides status and content.
FIELDS = ("Content-Type", "Location", "Content-Location", "ETag", "Last-Modified", "Preference-Applied")
REPLAYED = "Idempotent-Replayed"
ADMIN = basic("admin", "secret")


def declared_fate(route: str, method: str) -> str:
    """The treatment of a key, from the declared refusals of the method."""
    declared = declared_by(ROUTES[route], method)
    refuses = declared.refuses if declared else ()
    if IdempotencyKeyReused in refuses:
        return "spaces" if ROUTES[route].in_registry else "kept"
    return "refused" if InvalidIdempotencyKey in refuses else "ignored"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that can be repeated exactly; `fields` can change some header fields."""

    method: str
    url: str
    content: bytes = b""
    content_type: str = ""
    authorization: str = ADMIN
    fields: dict[str, str] = field(default_factory=dict)

    def send(self, http: httpx.Client, key: str | None = None, **changes: Any) -> httpx.Response:
        """Send it, with this key if one is given; `http` is a client without credentials."""
        asked = replace(self, **changes)
        named = {"Content-Type": asked.content_type, "Authorization": asked.authorization, "Idempotency-Key": key}
        headers = {name: value for name, value in named.items() if value}
        return http.request(asked.method, asked.url, content=asked.content, headers={**headers, **asked.fields})

    def raw(self, *keys: bytes, fields: bytes = b"", body: bytes | None = None) -> bytes:
        """The bytes of the request, with these lines of Idempotency-Key; `fields` frame the `body`."""
        lines = [f"{self.method} {self.url} HTTP/1.1", "Host: touchstone.test", f"Content-Type: {self.content_type}"]
        lines += [f"Authorization: {self.authorization}"] if self.authorization else []
        lines += [f"Content-Length: {len(self.content)}"] if body is None else []
        head = "\r\n".join(lines).encode() + b"\r\n" + b"".join(b"Idempotency-Key: %b\r\n" % key for key in keys)
        return head + fields + b"\r\n" + (self.content if body is None else body)


def new_key() -> str:
    return str(uuid4())


def new_request(http: httpx.Client, route: str, method: str) -> Asked:
    """A valid request of the administrator to a route, with newly created resources."""
    needed = sound(route, method)
    asked = Asked(method, EXAMPLES[route], needed["content"], needed["headers"]["Content-Type"])
    if "{article}" in asked.url:
        return replace(asked, url=asked.url.format(article=new_article(http)))
    if "{user}" in asked.url:
        return replace(asked, url=asked.url.format(user=register(http).id))
    if route == "/users/me":
        # A token stays valid when the account gets another user name.
        return replace(asked, authorization=new_token(http, register(http), ["users:write"])[1])
    return asked


def new_article(http: httpx.Client, account: Account | None = None) -> int:
    """Publish an article, and return its id."""
    by = {"Authorization": account.credentials if account else ADMIN}
    answer = http.post("/articles", json={"title": "A title", "body": "First"}, headers=by)
    assert answer.status_code == 201, answer.text
    made: int = answer.json()["id"]
    return made


def effects(server: Server) -> dict[str, int]:
    """The number of rows of each table except that of the keys, and the number of written versions."""
    with store_of(server) as store, store.reading() as db:
        tables = [table for table in metadata.sorted_tables if table is not keys]
        found = {table.name: db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in tables}
        versions = [
            db.execute(sa.select(sa.func.coalesce(sa.func.sum(table.c.version), 0))).scalar_one()
            for table in tables
            if "version" in table.c
        ]
    return {**found, "versions": sum(versions)}


def kept(server: Server, key: str) -> list[Any]:
    """The rows of a key, of any owner."""
    with store_of(server) as store, store.reading() as db:
        return list(db.execute(sa.select(keys).where(keys.c.key == key)).fetchall())


def expire(server: Server, key: str) -> None:
    """Set the expiry of a key to the past, because waiting would take a day."""
    with store_of(server) as store, store.transaction() as db:
        db.execute(keys.update().where(keys.c.key == key).values(expires_at="2026-01-01T00:00:00.000Z"))


def same_answer(first: httpx.Response, second: httpx.Response) -> None:
    """Assert that the second answer is a replay of the first."""
    assert REPLAYED not in first.headers
    assert second.headers[REPLAYED] == "true"
    assert (second.status_code, second.content) == (first.status_code, first.content)
    for name in FIELDS:
        assert second.headers.get(name) == first.headers.get(name), name
    assert second.headers["X-Request-Id"] != first.headers["X-Request-Id"]
