"""The limits of requests and of failed logins, shared by workers and instances (CONTRACT §2, §9)."""

import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import httpx
import pytest

from tests.contract.access import Account, basic, new_token, register
from tests.contract.expect import refused
from tests.servers import Server

pytestmark = pytest.mark.skipif(
    sys.platform == "darwin", reason="each test is a client by its own address, and macOS has one of loopback only"
)

REQUESTS, FAILURES, WIDER = 30, 2, 10
HIGHEST = REQUESTS - 1
LIMITS = {"RATE_LIMIT": f"{REQUESTS}/hour", "LOGIN_LIMIT": f"{FAILURES}/15 minutes"}
FIELD = re.compile(r'"requests";r=([0-9]+);t=([0-9]+)')
NAMES = ("RateLimit", "RateLimit-Policy", "Retry-After")
# All addresses of 127.0.0.0/8 are this machine (RFC 1122 §3.2.1.3).
addresses = (f"127.0.{number // 250}.{number % 250 + 2}" for number in count())


@pytest.fixture(scope="module")
def limited(migrated_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of two workers with both limits, on each kind of database."""
    log = tmp_path_factory.mktemp("limited") / "log"
    running = Server(log, "--workers", "2", "--database", migrated_database(), **LIMITS)
    yield running
    assert running.stop() == 0
    told = [line for line in running.lines() if line["message"] != "answered"]
    assert not [line for line in told if line["level"] in ("warning", "error", "critical")]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers with both limits, for one test."""
    started: list[Server] = []

    def one(*arguments: str) -> Server:
        started.append(Server(tmp_path / f"log-{len(started)}", *arguments, **LIMITS))
        return started[-1]

    yield one
    assert [running.stop() for running in started] == [0] * len(started)


@pytest.fixture
def client(limited) -> Iterator[httpx.Client]:
    """A client with its own address."""
    with client_of(limited) as found:
        yield found


@pytest.fixture
def account(limited) -> Account:
    """A new account, registered from another address."""
    with client_of(limited) as maker:
        return register(maker)


def client_of(server: Server, address: str = "") -> httpx.Client:
    # Without TLS, because loading its certificates takes 25 ms.
    transport = httpx.HTTPTransport(local_address=address or next(addresses), verify=False)
    return httpx.Client(base_url=server.url, transport=transport, timeout=20)


def storm(servers: list[Server], times: int, address: str) -> list[httpx.Response]:
    """Send so many requests from one address at once, each on a new connection, to the servers in turn."""

    def one(number: int) -> httpx.Response:
        with client_of(servers[number % len(servers)], address) as fresh:
            return fresh.get("/hello")

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(one, range(times)))


def left(answer: httpx.Response) -> tuple[int, int]:
    """The remaining requests and seconds in the answer."""
    assert answer.headers["RateLimit-Policy"] == f'"requests";q={REQUESTS};w=3600'
    found = FIELD.fullmatch(answer.headers["RateLimit"])
    assert found, answer.headers["RateLimit"]
    return int(found[1]), int(found[2])


def check_limit(answers: list[httpx.Response]) -> None:
    """Assert that exactly the allowed number was served, each with another remaining number."""
    served = [answer for answer in answers if answer.status_code == 200]
    assert sorted(left(answer)[0] for answer in served) == list(range(REQUESTS))
    rest = [answer for answer in answers if answer.status_code != 200]
    assert len(rest) == len(answers) - REQUESTS
    for answer in rest:
        refused(answer, 429, "rate-limited")
        remaining, seconds = left(answer)
        assert remaining == 0
        assert 0 < seconds <= 3600
        assert answer.headers["Retry-After"] == str(seconds)


# Requests


def test_all_workers_share_the_limit(limited):
    check_limit(storm([limited], 2 * REQUESTS, next(addresses)))


def test_two_instances_on_one_database_share_the_limit(postgres, start):
    url = postgres.create("shared_limit")
    check_limit(storm([start("--database", url), start("--database", url)], 2 * REQUESTS, next(addresses)))


def test_one_worker_keeps_the_limit_too(start):
    check_limit(storm([start("--ephemeral")], 2 * REQUESTS, next(addresses)))


def test_another_address_has_its_own_count(limited, client):
    storm([limited], REQUESTS + 1, next(addresses))
    assert left(client.get("/hello"))[0] == HIGHEST


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/hello", {}, 200),
        ("HEAD", "/articles", {}, 200),
        ("GET", "/hello", {"If-None-Match": "*"}, 304),
        ("GET", "/articles?x=1", {}, 400),
        ("GET", "/users/me", {}, 401),
        ("GET", "/hello", {"Authorization": "Bearer x"}, 401),
        ("GET", "/admin/audit", {"Authorization": basic("john", "john")}, 403),
        ("GET", "/articles/999999999", {}, 404),
        ("GET", "/articles/1", {"If-Match": '"v0"'}, 412),
        ("POST", "/echo", {"Content-Encoding": "br", "Content-Length": "1"}, 415),
        ("GET", "/status/99", {}, 422),
        ("GET", "/status/503", {}, 503),
    ],
)
def test_every_limited_answer_has_the_remaining_number(client, method, path, headers, status):
    for remaining in (HIGHEST, HIGHEST - 1):
        answer = client.request(method, path, headers=headers, content=b"x" if method == "POST" else None)
        assert answer.status_code == status
        assert left(answer)[0] == remaining
        assert 0 < left(answer)[1] <= 3600


def test_answers_before_the_limit_are_neither_counted_nor_limited(client):
    def unlimited() -> None:
        for method, path, headers, status in (
            ("OPTIONS", "/hello", {}, 204),
            ("OPTIONS", "/x", {"Origin": "https://app.example.org", "Access-Control-Request-Method": "PUT"}, 204),
            ("GET", "/nothing", {}, 404),
            ("PUT", "/hello", {}, 405),
            ("GET", "/hello", {"Accept": "image/png"}, 406),
            ("BREW", "/hello", {}, 501),
        ):
            answer = client.request(method, path, headers=headers)
            assert answer.status_code == status
            assert not {name for name in NAMES if name in answer.headers}

    unlimited()
    assert left(client.get("/hello"))[0] == HIGHEST
    for _ in range(REQUESTS):
        last = client.get("/hello")
    refused(last, 429, "rate-limited")
    unlimited()


def test_a_server_without_limits_sends_no_ratelimit_fields(api, anonymous):
    for answer in (anonymous.get("/hello"), api.get("/nothing"), anonymous.get("/users/me")):
        assert not {name for name in NAMES if name in answer.headers}


# Logins that fail


def sign_in(client: httpx.Client, username: str, password: str) -> httpx.Response:
    return client.get("/users/me", headers={"Authorization": basic(username, password)})


def test_after_too_many_failed_logins_the_right_password_is_429_too(client, account):
    for _ in range(FAILURES):
        refused(sign_in(client, account.username, "wrong"), 401, "unauthenticated")
    for username in (account.username, account.username.upper()):
        for password in (account.password, "wrong"):
            answer = sign_in(client, username, password)
            refused(answer, 429, "rate-limited")
            assert 0 < int(answer.headers["Retry-After"]) <= 900
            assert "WWW-Authenticate" not in answer.headers


def test_a_429_names_the_limit_that_was_reached(client, account):
    for _ in range(FAILURES):
        sign_in(client, account.username, "wrong")
    answer = sign_in(client, account.username, account.password)
    assert f'"logins";q={FAILURES};w=900' in answer.headers["RateLimit-Policy"].split(", ")
    assert f'"logins";r=0;t={answer.headers["Retry-After"]}' in answer.headers["RateLimit"].split(", ")


def test_other_accounts_addresses_and_tokens_are_not_touched(limited, client, account):
    with client_of(limited) as another:
        _, token = new_token(another, account, [])
        for _ in range(FAILURES + 1):
            sign_in(client, account.username, "wrong")
        assert sign_in(client, account.username, account.password).status_code == 429
        assert sign_in(client, "john", "john").status_code == 200
        assert client.get("/users/me", headers={"Authorization": token}).status_code == 200
        assert client.get("/hello").status_code == 200
        assert sign_in(another, account.username, account.password).status_code == 200


def test_a_login_that_succeeds_is_not_counted(client, account):
    for _ in range(3 * FAILURES):
        assert sign_in(client, account.username, account.password).status_code == 200
    sign_in(client, account.username, "wrong")
    assert sign_in(client, account.username, account.password).status_code == 200


def test_concurrent_guesses_have_the_same_limit(limited, account):
    address = next(addresses)
    guesses = 16
    barrier = Barrier(guesses, timeout=30)

    def guess(number: int) -> int:
        with client_of(limited, address) as fresh:
            fresh.get("/hello")  # the connection is there before the guess
            barrier.wait()
            return sign_in(fresh, account.username, f"wrong-{number}").status_code

    with ThreadPoolExecutor(guesses) as threads:
        statuses = list(threads.map(guess, range(guesses)))
    assert sorted(statuses) == [401] * FAILURES + [429] * (guesses - FAILURES)


def test_an_unknown_account_has_the_same_limit(client):
    for _ in range(FAILURES):
        refused(sign_in(client, "nobody-of-that-name", "wrong"), 401, "unauthenticated")
    refused(sign_in(client, "nobody-of-that-name", "wrong"), 429, "rate-limited")


def test_an_address_that_fails_with_many_accounts_is_limited(limited, client):
    for number in range(FAILURES * WIDER):
        refused(sign_in(client, f"nobody-{number}", "wrong"), 401, "unauthenticated")
    refused(sign_in(client, "steve", "steve"), 429, "rate-limited")
    with client_of(limited) as another:
        assert sign_in(another, "steve", "steve").status_code == 200


def test_guesses_of_a_password_by_its_key_are_limited(client):
    """A wrong password with the key is 422 and the right one is a replay, so this is limited like a login."""
    mark = uuid4().hex[:12]
    account = {"username": mark, "name": "A", "email": f"{mark}@example.org", "password": f"password-{mark}"}
    key = {"Idempotency-Key": f"register-{mark}"}
    assert client.post("/users", json=account, headers=key).status_code == 201
    for number in range(FAILURES):
        guess = client.post("/users", json=account | {"password": f"password-{number}"}, headers=key)
        refused(guess, 422, "idempotency-key-reused")
    for password in ("password-guess", account["password"]):
        refused(client.post("/users", json=account | {"password": password}, headers=key), 429, "rate-limited")


def test_repeating_a_registration_is_not_limited(client):
    mark = uuid4().hex[:12]
    account = {"username": mark, "name": "A", "email": f"{mark}@example.org", "password": f"password-{mark}"}
    for _ in range(3 * FAILURES):
        answer = client.post("/users", json=account, headers={"Idempotency-Key": mark})
        assert answer.status_code == 201
