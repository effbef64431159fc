"""A cache of whole answers, which are sent again without running the application (docs/decisions/0021-answer-cache.md).

It holds answers that depend only on their request and the database, until the next commit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIEnvironment

from api.front.answers import Answer
from api.rules import environ_keys

# Bytes of an answer with its request, and of all of them in one worker.
LARGEST = 64 * 1024
MOST = 8 * 1024 * 1024
# Bytes that Python takes for an entry beside its texts, about.
ENTRY = 4096
# Fields that differ from request to request. The answer depends on X-Request-Id only by its own field.
EACH = ("x-request-id", "traceparent", "tracestate")
REQUEST_ID = b"x-request-id"
# Requests with one of these are never answered from the cache.
NEVER = frozenset({"HTTP_AUTHORIZATION", "HTTP_COOKIE", environ_keys.ENTRY, environ_keys.FAULT, environ_keys.WATCH})


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer in the cache: `version` is that of the database, `line` the place of X-Request-Id in `headers`."""

    version: object
    status: int
    headers: list[tuple[bytes, bytes]]
    line: int
    body: bytes
    content_type: str
    route: str
    size: int


class Repeated(Answer):
    """A stored answer for another request."""

    __slots__ = ("content_type",)

    def __init__(self, stored: Stored, request_id: str) -> None:
        """Nothing is called; there is nothing to close."""
        self.status, self.body, self.whole = stored.status, stored.body, True
        self.headers = stored.headers.copy()
        self.headers[stored.line] = (REQUEST_ID, request_id.encode("latin-1"))
        self.content_type = stored.content_type
        self._iterable = ()


@dataclass(frozen=True, slots=True)
class Lookup:
    """A request that the cache may answer: `version` is that of the database, `found` the answer if it is stored."""

    environ: WSGIEnvironment
    key: tuple[Any, ...]
    version: object
    found: Repeated | None


class AnswerCache:
    """The answers to recent GET requests without credentials, for the event loop of one worker.

    The key is everything that was sent, so no answer is found for a request that differs in any field. `version`
    returns a value that differs after each commit of any process. An answer is kept only if that value is the same
    before and after it was made, and if the application marked it (`environ_keys.CACHEABLE`).
    """

    def __init__(self, version: Callable[[], object]) -> None:
        self._version = version
        self._stored: OrderedDict[tuple[Any, ...], Stored] = OrderedDict()
        self._size = 0

    def lookup(self, environ: WSGIEnvironment) -> Lookup | None:
        """Look for the answer to a request; None if its answer is not cached in any case."""
        if environ["REQUEST_METHOD"] != "GET" or not NEVER.isdisjoint(environ):
            return None
        if environ[environ_keys.HAS_BODY] or environ[environ_keys.LARGE_HEAD]:
            return None
        key = (
            environ["REQUEST_URI"],
            environ["REMOTE_ADDR"],
            environ["SERVER_PROTOCOL"],
            environ["wsgi.url_scheme"],
            *[line for line in environ[environ_keys.FIELDS] if line[0] not in EACH],
        )
        version = self._version()
        stored = self._stored.get(key)
        if stored is None:
            return Lookup(environ, key, version, None)
        if stored.version != version:
            self._drop(key)
            return Lookup(environ, key, version, None)
        self._stored.move_to_end(key)
        environ[environ_keys.ROUTE] = stored.route
        return Lookup(environ, key, version, Repeated(stored, environ[environ_keys.REQUEST_ID]))

    def keep(self, lookup: Lookup, answer: Answer) -> None:
        """Keep the answer to a request, if it may be kept."""
        environ = lookup.environ
        if environ_keys.CACHEABLE not in environ or not answer.whole or self._version() != lookup.version:
            return
        size = ENTRY + len(answer.body) + sum(len(name) + len(value) for name, value in answer.headers)
        if size > LARGEST:
            return
        fields = dict(answer.headers)
        self._drop(lookup.key)
        self._stored[lookup.key] = Stored(
            lookup.version,
            answer.status,
            answer.headers.copy(),
            [name for name, _ in answer.headers].index(REQUEST_ID),
            answer.body,
            fields.get(b"content-type", b"").decode("latin-1"),
            environ[environ_keys.ROUTE],
            size,
        )
        self._size += size
        while self._size > MOST:
            self._drop(next(iter(self._stored)))

    def _drop(self, key: tuple[Any, ...]) -> None:
        stored = self._stored.pop(key, None)
        if stored is not None:
            self._size -= stored.size
