"""The duration of a failed login does not reveal why it failed (CONTRACT §9: in the same time)."""

import random
from base64 import b64encode
from collections.abc import Callable, Iterator
from itertools import combinations
from time import perf_counter

import httpx
import pytest

from tests.contract.access import Account, basic, register
from tests.contract.raw import HOST, Connection
from tests.servers import Server

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

TIMES = 60
# A limit in standard deviations: equal samples exceed it by chance once in 150,000 comparisons.
FAR = 4.5
RIGHT, WRONG_PASSWORD, WRONG_USER, MALFORMED = "right", "wrong password", "wrong user", "malformed"
FAILING = (WRONG_PASSWORD, WRONG_USER, MALFORMED)


@pytest.fixture(scope="module")
def server(migrated_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that hashes at full cost, unlike servers in testing."""
    log = tmp_path_factory.mktemp("timing") / "log"
    running = Server(log, "--database", migrated_database(), TOUCHSTONE_ENV="development")
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def durations(server: Server) -> dict[str, list[float]]:
    """The seconds of logins of each kind, in turn over one connection, so that disturbances affect all kinds."""
    with httpx.Client(base_url=server.url, trust_env=False) as anonymous:
        account = register(anonymous)
    kinds = sent_by(account)
    taken: dict[str, list[float]] = {kind: [] for kind in kinds}
    with Connection(server.port) as connection:
        # The first of each kind is slower; after it the right password is cached.
        for line in kinds.values():
            login(connection, line)
        for _ in range(TIMES):
            for kind in random.sample(sorted(kinds), len(kinds)):
                status, seconds = login(connection, kinds[kind])
                assert status == (200 if kind == RIGHT else 401)
                taken[kind].append(seconds)
    return taken


def sent_by(account: Account) -> dict[str, str]:
    """The Authorization values, all of the same length."""
    nobody = "x" * len(account.username)
    pair = f"{account.username}:{account.password}"
    return {
        RIGHT: account.credentials,
        WRONG_PASSWORD: basic(account.username, account.password[::-1]),
        WRONG_USER: basic(nobody, account.password),
        MALFORMED: "Basic " + b64encode(pair.replace(":", "-").encode()).decode(),
    }


def login(connection: Connection, credentials: str) -> tuple[int, float]:
    """Read `/hello` with these credentials; return the status, and the seconds until the answer."""
    request = b"GET /hello HTTP/1.1\r\n" + HOST + f"Authorization: {credentials}\r\n\r\n".encode()
    started = perf_counter()
    connection.send(request)
    answer = connection.answer()
    seconds = perf_counter() - started
    assert answer is not None
    return answer.status_code, seconds


def told_apart(one: list[float], other: list[float]) -> float:
    """The difference of two samples by rank, in standard deviations of its distribution by chance (Mann–Whitney)."""
    pairs = len(one) * len(other)
    above = sum((a > b) + (a == b) / 2 for a in one for b in other)
    chance = (pairs * (len(one) + len(other) + 1) / 12) ** 0.5
    return abs(above - pairs / 2) / chance


def test_failed_logins_have_the_same_duration(durations):
    for one, other in combinations(FAILING, 2):
        assert told_apart(durations[one], durations[other]) < FAR, (one, other)


def test_another_duration_is_detected(durations):
    """Checks that the test above can fail: a good login is cached, and needs no second hash."""
    for kind in FAILING:
        assert told_apart(durations[RIGHT], durations[kind]) > FAR, kind
