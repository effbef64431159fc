"""The cache of answers: what is sent again without the application, and until when."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import pytest

from api.front import cache
from api.front.answers import Answer
from api.front.cache import AnswerCache
from api.front.front import Front, Hooks
from api.rules import environ_keys

Asks = tuple[str, str, dict[str, str], bytes]


class Counting:
    """An application that counts its calls; `version` is that of its database."""

    def __init__(self, *, marks: bool = True, commits: bool = False) -> None:
        self.calls = self.version = 0
        self._marks = marks
        self._commits = commits

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.calls += 1
        if self._commits:
            self.version += 1
        environ[environ_keys.ROUTE] = "/things"
        if self._marks:
            environ[environ_keys.CACHEABLE] = True
        body = b"%d" % self.calls
        fields = [
            ("Content-Type", "text/plain"),
            ("Content-Length", str(len(body))),
            ("X-Request-Id", environ[environ_keys.REQUEST_ID]),
        ]
        start_response("200 OK", fields)
        return [body]


def ask(app: Counting, *requests: Asks, between: Callable[[], None] = lambda: None) -> list[httpx.Response]:
    async def asked() -> list[httpx.Response]:
        front: Any = Front(app, hooks=Hooks(version=lambda: app.version))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(front), base_url="http://touchstone.test") as client:
            answers = []
            for method, path, headers, body in requests:
                answers.append(await client.request(method, path, headers=headers, content=body))
                between()
            return answers

    return asyncio.run(asked())


def get(**fields: str) -> Asks:
    return "GET", "/things?a=1", {name.replace("_", "-"): value for name, value in fields.items()}, b""


def test_the_same_request_is_answered_once_by_the_application() -> None:
    app = Counting()
    answers = ask(app, get(), get(), get())
    assert [each.text for each in answers] == ["1", "1", "1"]
    assert app.calls == 1


def test_each_answer_has_the_id_of_its_own_request() -> None:
    app = Counting()
    first, second, third = ask(app, get(x_request_id="one"), get(x_request_id="two"), get())
    assert app.calls == 1
    assert (first.headers["x-request-id"], second.headers["x-request-id"]) == ("one", "two")
    assert third.headers["x-request-id"] not in ("one", "two")
    assert len(third.headers.get_list("x-request-id")) == 1


@pytest.mark.parametrize(
    "other",
    [
        get(accept="text/csv"),
        get(origin="https://a.example"),
        get(if_none_match='"v1"'),
        get(user_agent="another"),
        get(range="bytes=0-1"),
        ("GET", "/things?a=2", {}, b""),
        ("GET", "/things", {}, b""),
    ],
)
def test_a_request_that_differs_in_anything_is_not_answered_from_it(other: Asks) -> None:
    app = Counting()
    assert [each.text for each in ask(app, get(), other)] == ["1", "2"]


@pytest.mark.parametrize(
    "request_",
    [
        get(authorization="Bearer x"),
        get(cookie="a=b"),
        ("HEAD", "/things", {}, b""),
        ("POST", "/things", {}, b"x"),
        ("GET", "/things", {}, b"x"),
    ],
)
def test_credentials_bodies_and_other_methods_are_never_cached(request_: Asks) -> None:
    app = Counting()
    ask(app, request_, request_)
    assert app.calls == 2


def test_a_commit_ends_all_answers() -> None:
    app = Counting()

    def commit() -> None:
        app.version += 1

    assert [each.text for each in ask(app, get(), get(), between=commit)] == ["1", "2"]


def test_an_answer_made_during_a_commit_is_not_kept() -> None:
    app = Counting(commits=True)
    assert [each.text for each in ask(app, get(), get())] == ["1", "2"]


def test_an_answer_without_the_mark_is_not_kept() -> None:
    app = Counting(marks=False)
    assert [each.text for each in ask(app, get(), get())] == ["1", "2"]


def made(length: int, number: int = 0) -> tuple[Answer, dict[str, Any]]:
    """An answer of so many bytes, and its environment, which differs by a number."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": f"/things/{number}",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        environ_keys.FIELDS: [("host", "a")],
        environ_keys.HAS_BODY: False,
        environ_keys.LARGE_HEAD: False,
        environ_keys.CACHEABLE: True,
        environ_keys.ROUTE: "/things",
        environ_keys.REQUEST_ID: "x",
    }

    def app(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("X-Request-Id", "x")])
        return [bytes(length)]

    return Answer(app, environ), environ


def keep(kept: AnswerCache, length: int, number: int = 0) -> None:
    answer, environ = made(length, number)
    lookup = kept.lookup(environ)
    assert lookup
    kept.keep(lookup, answer)


def found(kept: AnswerCache, number: int = 0) -> bool:
    lookup = kept.lookup(made(1, number)[1])
    assert lookup
    return lookup.found is not None


def test_the_answers_that_nobody_asks_for_leave_when_the_cache_is_full() -> None:
    kept = AnswerCache(lambda: 0)
    beyond = cache.MOST // 30_000
    for number in range(beyond):
        keep(kept, 30_000, number)
        assert found(kept)
    rest = [number for number in range(beyond) if found(kept, number)]
    assert rest == [0, *range(beyond - len(rest) + 1, beyond)]
    assert 0 < beyond - len(rest) < beyond / 4


def test_a_large_answer_is_not_kept() -> None:
    kept = AnswerCache(lambda: 0)
    keep(kept, cache.LARGEST)
    assert not found(kept)
