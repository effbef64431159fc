"""The caps of messages, and the quota of anonymous ones (CONTRACT §1, §2, §8; decision 0007)."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api.rules.clock import present
from api.store import housekeeping
from api.store.database import Database
from resources.messages.table import OVERHEAD, messages, usage
from tests.contract.access import store_of
from tests.contract.raw import HOST, ask
from tests.resources.making import refused
from tests.resources.messages.messages import (
    BINARY,
    FORM,
    JSON,
    TEXT,
    XML,
    Message,
    form,
    make,
    part,
    place,
    send,
    stored,
)
from tests.servers import Server

MAX_BODY, MAX_JSON_BODY, QUOTA = 100_000, 1_000, 50_000
ADMIN, JOHN = ("admin", "secret"), ("john", "john")


@pytest.fixture(scope="module")
def capped(migrated_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of two workers with small caps and a small quota."""
    settings = {"MAX_BODY": str(MAX_BODY), "MAX_JSON_BODY": str(MAX_JSON_BODY), "ANONYMOUS_QUOTA": str(QUOTA)}
    log = tmp_path_factory.mktemp("capped") / "log"
    running = Server(log, "--workers", "2", "--database", migrated_database(), **settings)
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def its_store(capped: Server) -> Iterator[Database]:
    with store_of(capped) as found:
        yield found


@pytest.fixture
def http(capped: Server, its_store: Database) -> Iterator[httpx.Client]:
    """An anonymous client of a server without messages."""
    housekeeping.prune(its_store, "9999")
    assert (stored(its_store), used(its_store)) == ((0, 0), 0)
    with httpx.Client(base_url=capped.url, timeout=20, trust_env=False) as client:
        yield client


def used(store: Database) -> int:
    """The counted bytes."""
    with store.reading() as db:
        return db.execute(sa.select(usage.c.bytes)).scalar_one()


def taken(store: Database) -> int:
    """The bytes of all anonymous messages."""
    each = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(messages.c.size), 0))
    with store.reading() as db:
        count, size = db.execute(each.where(messages.c.sender_id.is_(None))).one()
    return count * OVERHEAD + int(size)


def in_two(content: bytes) -> Iterator[bytes]:
    return iter([content[:500], content[500:]])


# Caps


def whole(kind: str, size: int) -> bytes:
    """A valid body of this type and size."""
    if kind == FORM:
        return form(part("a", b"x" * (size - len(form(part("a", b""))))))
    return {JSON: b'"%b"', XML: b"<a>%b</a>"}.get(kind, b"%b") % (b"x" * (size - {JSON: 2, XML: 7}.get(kind, 0)))


@pytest.mark.parametrize("framed", [bytes, in_two], ids=["declared", "chunked"])
@pytest.mark.parametrize(
    ("kind", "cap"), [(TEXT, MAX_BODY), (BINARY, MAX_BODY), (JSON, MAX_JSON_BODY), (XML, MAX_JSON_BODY)]
)
def test_a_body_as_large_as_the_cap_is_stored_and_one_byte_more_is_413(
    http: httpx.Client, its_store: Database, kind: str, cap: int, framed: Callable[[bytes], Any]
) -> None:
    http.auth = JOHN
    assert refused(send(http, framed(whole(kind, cap + 1)), kind), 413, "content-too-large")["limit"] == cap
    assert stored(its_store) == (0, 0)
    message = make(http, framed(whole(kind, cap)), kind)
    assert message["size"] == cap
    assert http.get(place(message)).content == whole(kind, cap)


@pytest.mark.parametrize("framed", [bytes, in_two], ids=["declared", "chunked"])
def test_a_form_has_its_own_cap(http: httpx.Client, its_store: Database, framed: Callable[[bytes], Any]) -> None:
    http.auth = JOHN
    refused(send(http, framed(whole(FORM, 3 * MAX_BODY)), FORM), 413, "content-too-large")
    assert stored(its_store) == (0, 0)
    message = make(http, framed(whole(FORM, MAX_BODY)), FORM)
    assert http.get(place(message)).content == whole(FORM, MAX_BODY)


def test_a_length_above_every_cap_is_refused_before_the_body(capped: Server, its_store: Database) -> None:
    before = stored(its_store)
    for kind in (TEXT, JSON, FORM, "image/png"):
        fields = f"Content-Type: {kind}\r\nContent-Length: 1000000000000\r\nExpect: 100-continue\r\n".encode()
        refused(ask(capped.port, "POST", "/messages", HOST + fields), 413, "content-too-large")
    assert stored(its_store) == before


def test_between_the_caps_the_type_is_checked_first(http: httpx.Client) -> None:
    refused(send(http, b"x" * (MAX_JSON_BODY + 1), "image/png"), 415, "unsupported-media-type")
    refused(send(http, b"x" * (MAX_JSON_BODY + 1), JSON), 413, "content-too-large")


# Quota


def test_the_quota_can_be_filled_to_the_last_byte(http: httpx.Client, its_store: Database) -> None:
    first = make(http, b"x" * 10_000)
    rest = QUOTA - 10_000 - 2 * OVERHEAD
    answer = send(http, b"x" * (rest + 1))
    refused(answer, 507, "insufficient-storage")
    assert "Retry-After" not in answer.headers  # waiting does not help
    assert stored(its_store) == (1, 1)
    second = make(http, b"x" * rest)
    assert used(its_store) == taken(its_store) == QUOTA
    refused(send(http, b"x"), 507, "insufficient-storage")
    # Stored messages stay unchanged and readable.
    for message, size in ((first, 10_000), (second, rest)):
        assert http.get(place(message)).content == b"x" * size
    assert stored(its_store) == (2, 2)


def test_a_message_larger_than_the_quota_is_507(http: httpx.Client, its_store: Database) -> None:
    refused(send(http, b"x" * (QUOTA - OVERHEAD + 1)), 507, "insufficient-storage")
    assert (stored(its_store), used(its_store)) == ((0, 0), 0)
    assert send(http, b"x" * (QUOTA - OVERHEAD)).status_code == 201


def test_each_message_counts_for_more_than_its_content(http: httpx.Client, its_store: Database) -> None:
    statuses = [send(http, b"x").status_code for _ in range(QUOTA // (OVERHEAD + 1) + 1)]
    assert statuses == [201] * (QUOTA // (OVERHEAD + 1)) + [507]
    assert used(its_store) == taken(its_store)


def test_messages_of_accounts_do_not_count_for_the_quota(http: httpx.Client, its_store: Database) -> None:
    make(http, b"x" * (QUOTA - OVERHEAD))
    for auth in (JOHN, ADMIN):
        answer = http.post("/messages", content=b"x" * MAX_BODY, headers={"Content-Type": TEXT}, auth=auth)
        assert answer.status_code == 201
        assert http.delete(answer.headers["Location"], auth=auth).status_code == 204
    assert used(its_store) == QUOTA
    refused(send(http, b"x"), 507, "insufficient-storage")


def test_a_deletion_frees_the_quota(http: httpx.Client, its_store: Database) -> None:
    kept, gone = make(http, b"x"), make(http, b"x" * (QUOTA - 1 - 2 * OVERHEAD))
    refused(send(http, b"x"), 507, "insufficient-storage")
    assert http.delete(place(gone), auth=ADMIN).status_code == 204
    assert used(its_store) == taken(its_store) == 1 + OVERHEAD
    make(http, b"x" * (QUOTA - 1 - 2 * OVERHEAD))
    assert http.get(place(kept)).status_code == 200


def test_pruning_frees_the_quota(http: httpx.Client, its_store: Database) -> None:
    make(http, b"x" * (QUOTA - OVERHEAD))
    housekeeping.prune(its_store, "2000-01-01T00:00:00.000Z")
    refused(send(http, b"x"), 507, "insufficient-storage")
    with its_store.transaction() as db:
        db.execute(messages.update().values(created_at="1999-12-31T00:00:00.000Z"))
    assert housekeeping.prune(its_store, present())["messages"] == 1
    assert used(its_store) == 0
    assert send(http, b"x" * (QUOTA - OVERHEAD)).status_code == 201


def test_refused_messages_do_not_count_for_the_quota(http: httpx.Client, its_store: Database) -> None:
    for content, kind, fields in (
        (b"<a>", XML, {}),
        (b"{", JSON, {}),
        (b"\xff", "text/plain; charset=utf-8", {}),
        (b"--frontier", FORM, {}),
        (b"x", TEXT, {"Content-Digest": "sha-256=:" + "A" * 43 + "=:"}),
        (b"x", "image/png", {}),
        (b"x" * (MAX_BODY + 1), TEXT, {}),
    ):
        assert send(http, content, kind, **fields).status_code in (400, 413, 415), kind
    assert (stored(its_store), used(its_store)) == ((0, 0), 0)


# Eight clients at once


def at_once(count: int, act: Callable[[httpx.Client], httpx.Response], url: str) -> list[int]:
    """Run the same act with so many clients at the same moment; return the sorted statuses."""
    barrier = threading.Barrier(count, timeout=30)

    def one(_: int) -> int:
        with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
            client.get("/hello")  # connect before the act
            barrier.wait()
            return act(client).status_code

    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(one, range(count)))


@pytest.mark.parametrize("fitting", [1, 3, 7])
def test_eight_uploads_at_once_do_not_exceed_the_quota(
    http: httpx.Client, capped: Server, its_store: Database, fitting: int
) -> None:
    size = QUOTA // fitting - OVERHEAD
    statuses = at_once(8, lambda client: send(client, b"x" * size), capped.url)
    assert statuses == [201] * fitting + [507] * (8 - fitting)
    assert used(its_store) == taken(its_store) <= QUOTA
    assert stored(its_store) == (fitting, fitting)


def test_eight_deletions_at_once_free_the_quota_once(http: httpx.Client, capped: Server, its_store: Database) -> None:
    gone: Message = make(http, b"x" * 1000)
    make(http, b"x" * 2000)
    statuses = at_once(8, lambda client: client.delete(place(gone), auth=ADMIN), capped.url)
    assert statuses == [204] + [404] * 7
    assert used(its_store) == taken(its_store) == 2000 + OVERHEAD
