"""Keys and their stored answers, in one transaction with the effect (CONTRACT §6)."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from api.app import find_loaders
from api.rules.clock import now, timestamp
from api.rules.idempotency import KEPT
from api.rules.problems import IdempotencyInProgress, Unavailable
from api.store import accounts, idempotency, migrating
from api.store.database import Database
from api.store.idempotency import BATCH, Kept, claim, keep, keys, owner_of, recall, sweep, sweep_all
from tests.postgres import Postgres

ANN = owner_of(7, "/articles")
BOB = owner_of(8, "/articles")
FIELDS = [("Content-Type", "application/json"), ("Location", "/articles/1"), ("ETag", '"v1"')]
ANSWER = Kept(b"print", 201, FIELDS, b'{"id": 1}')
PAST = timestamp(now() - timedelta(hours=1))


def claimed(database: Database, owner: str, key: str, fingerprint: bytes = b"print") -> Kept | None:
    with database.transaction() as db:
        return claim(db, owner, key, fingerprint)


def answered(database: Database, owner: str = ANN, key: str = "a", answer: Kept = ANSWER) -> None:
    """Claim a key and store an answer for it, like a request."""
    with database.transaction() as db:
        assert claim(db, owner, key, answer.fingerprint) is None
        keep(db, owner, key, answer.status, answer.headers, answer.content)


def recalled(database: Database, owner: str = ANN, key: str = "a") -> Kept | None:
    with database.reading() as db:
        return recall(db, owner, key)


def rows(database: Database) -> int:
    with database.reading() as db:
        return db.execute(sa.select(sa.func.count()).select_from(keys)).scalar_one()


def expire(database: Database, key: str = "a", moment: str = PAST) -> None:
    with database.transaction() as db:
        db.execute(keys.update().where(keys.c.key == key).values(expires_at=moment))


def put_in_expired(database: Database, count: int) -> None:
    """Insert expired keys directly, because so many claims would take longer."""
    old = {"owner": ANN, "fingerprint": b"", "expires_at": PAST, "status": 201, "headers": [], "content": b""}
    with database.transaction() as db:
        db.execute(keys.insert(), [{**old, "key": f"old {number}"} for number in range(count)])


def test_a_stored_answer_is_recalled_and_claimed_unchanged(database: Database) -> None:
    answered(database)
    assert recalled(database) == ANSWER
    assert claimed(database, ANN, "a") == ANSWER
    assert rows(database) == 1


def test_a_claim_with_another_fingerprint_gets_the_first_one_and_changes_nothing(database: Database) -> None:
    answered(database)
    assert claimed(database, ANN, "a", b"other") == ANSWER
    assert recalled(database) == ANSWER


@pytest.mark.parametrize("content", [b"", b"\x00\xff\r\n", bytes(range(256)) * 4096])
def test_content_is_kept_byte_for_byte(database: Database, content: bytes) -> None:
    answer = Kept(bytes(range(32)), 200, [("ETag", '"é"'), ("ETag", "")], content)
    answered(database, answer=answer)
    assert recalled(database) == answer


def test_a_key_is_its_owners_alone(database: Database) -> None:
    answered(database)
    assert recalled(database, BOB) is None
    assert claimed(database, BOB, "a") is None
    assert claimed(database, owner_of(None, "/articles"), "a") is None
    assert recalled(database) == ANSWER
    assert rows(database) == 3


def test_keys_differ_by_every_character(database: Database) -> None:
    answered(database)
    for key in ("A", "a ", " a", "a\x7e", "b", "a" * 255):
        assert claimed(database, ANN, key) is None
    assert rows(database) == 7


def test_keys_belong_to_the_account_or_to_the_path() -> None:
    assert owner_of(7, "/articles") == owner_of(7, "/messages")
    assert owner_of(None, "/users") != owner_of(None, "/messages")
    owners = {owner_of(7, ""), owner_of(77, ""), owner_of(None, "7"), owner_of(None, ""), owner_of(None, "user 7")}
    assert len(owners) == 5


def test_a_key_is_kept_for_24_hours(database: Database) -> None:
    before = now()
    answered(database)
    with database.reading() as db:
        found = db.execute(sa.select(keys.c.expires_at)).scalar_one()
    assert timedelta(hours=24) == KEPT
    assert timestamp(before + KEPT) <= found <= timestamp(now() + KEPT)


def test_a_key_that_has_expired_has_no_answer_any_more(database: Database) -> None:
    answered(database)
    expire(database)
    assert recalled(database) is None


def test_a_key_that_has_expired_is_claimed_again_and_its_old_answer_is_gone(database: Database) -> None:
    answered(database)
    expire(database)
    with database.transaction() as db:
        assert claim(db, ANN, "a", b"other") is None
        found = db.execute(sa.select(keys)).one()
    assert (found.fingerprint, found.status, found.headers, found.content) == (b"other", None, None, None)
    assert datetime.fromisoformat(found.expires_at) > now() + KEPT - timedelta(minutes=1)


def test_a_claim_that_is_rolled_back_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        claim(db, ANN, "a", b"print")
        keep(db, ANN, "a", 201, FIELDS, b"")
        raise ZeroDivisionError
    assert rows(database) == 0
    assert claimed(database, ANN, "a") is None


def test_an_expired_key_that_is_claimed_and_rolled_back_is_as_it_was(database: Database) -> None:
    answered(database)
    expire(database)
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        claim(db, ANN, "a", b"other")
        raise ZeroDivisionError
    expire(database, moment=timestamp(now() + KEPT))
    assert recalled(database) == ANSWER


def test_a_claim_is_not_visible_before_its_answer_is_committed(database: Database) -> None:
    with database.transaction() as db:
        claim(db, ANN, "a", b"print")
        assert recalled(database) is None
        keep(db, ANN, "a", 201, FIELDS, b"")
        assert recalled(database) is None
    assert recalled(database) is not None


def test_a_claim_waits_for_the_first_and_gives_its_answer(database: Database) -> None:
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as db:
            claim(db, ANN, "a", b"print")
            second = pool.submit(claimed, database, ANN, "a")
            keep(db, ANN, "a", ANSWER.status, ANSWER.headers, ANSWER.content)
            assert not second.done()
        assert second.result(20) == ANSWER


def test_a_claim_that_waited_for_one_that_was_rolled_back_has_the_key(database: Database) -> None:
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(ZeroDivisionError), database.transaction() as db:
            claim(db, ANN, "a", b"print")
            second = pool.submit(claimed, database, ANN, "a", b"other")
            raise ZeroDivisionError
        assert second.result(20) is None
    assert rows(database) == 1


def test_of_claims_at_once_one_has_the_key(database: Database) -> None:
    """Also if it has expired: of two requests that see this at the same time, only one may get it."""
    for number in range(10):
        key = str(number)
        if number % 2:
            answered(database, key=key)
            expire(database, key)
        barrier = threading.Barrier(4, timeout=20)

        def work(_: int, key: str = key, barrier: threading.Barrier = barrier) -> Kept | None:
            barrier.wait()
            with database.transaction() as db:
                found = claim(db, ANN, key, b"new")
                if found is None:
                    keep(db, ANN, key, 200, [], key.encode())
            return found

        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(work, range(4)))
        assert sorted(found, key=bool) == [None] + [Kept(b"new", 200, [], key.encode())] * 3


@contextmanager
def impatient_one(url: str) -> Iterator[Database]:
    """A database whose writes wait only a short time for others."""
    found = Database(url, lock_timeout=0.05)
    find_loaders()
    migrating.upgrade(found)
    yield found
    found.close()


@pytest.fixture
def impatient(new_database: Callable[[], str]) -> Iterator[Database]:
    with impatient_one(new_database()) as found:
        yield found


@pytest.fixture
def many_writers(postgres: Postgres) -> Iterator[Database]:
    """A PostgreSQL database, where several transactions write at once."""
    with impatient_one(postgres.create(f"keys_{uuid4().hex}")) as found:
        yield found


def test_a_claim_that_waits_too_long_is_in_progress_or_busy(impatient: Database) -> None:
    """SQLite has one writer at a time, whose key is unknown. There it is Unavailable."""
    refusal = Unavailable if impatient.sqlite else IdempotencyInProgress
    with ThreadPoolExecutor(1) as pool, impatient.transaction() as db:
        claim(db, ANN, "a", b"print")
        with pytest.raises(refusal) as caught:
            pool.submit(claimed, impatient, ANN, "a").result(20)
    assert int(dict(caught.value.headers)["Retry-After"]) > 0


def test_another_key_waits_for_nobody(many_writers: Database) -> None:
    with ThreadPoolExecutor(1) as pool, many_writers.transaction() as db:
        claim(db, ANN, "a", b"print")
        assert pool.submit(claimed, many_writers, ANN, "b").result(20) is None
        assert pool.submit(claimed, many_writers, BOB, "a").result(20) is None


def test_a_sweep_deletes_what_has_expired_and_leaves_the_rest(database: Database) -> None:
    answered(database)
    put_in_expired(database, 3)
    with database.transaction() as db:
        assert sweep(db) == 3
        assert sweep(db) == 0
    assert recalled(database) == ANSWER
    assert rows(database) == 1


def test_a_sweep_deletes_a_batch_at_a_time(database: Database) -> None:
    put_in_expired(database, BATCH + 3)
    with database.transaction() as db:
        assert sweep(db) == BATCH
    assert rows(database) == 3


def test_all_that_has_expired_is_swept_out_at_once_before_a_server_starts(database: Database) -> None:
    answered(database)
    put_in_expired(database, BATCH + 3)
    sweep_all(database)
    assert rows(database) == 1


def test_a_sweep_leaves_what_another_transaction_holds(many_writers: Database) -> None:
    put_in_expired(many_writers, 3)
    with ThreadPoolExecutor(1) as pool, many_writers.transaction() as db:
        assert claim(db, ANN, "old 1", b"print") is None

        def swept() -> int:
            with many_writers.transaction() as other:
                return sweep(other)

        assert pool.submit(swept).result(20) == 2
        keep(db, ANN, "old 1", 201, [], b"")
    assert recalled(many_writers, key="old 1") == Kept(b"print", 201, [], b"")


def test_claims_sweep_out_what_has_expired_faster_than_they_add(database: Database) -> None:
    assert BATCH > idempotency.SWEEP_EVERY
    put_in_expired(database, 3)
    for number in range(idempotency.SWEEP_EVERY):
        claimed(database, ANN, f"new {number}")
    assert rows(database) == idempotency.SWEEP_EVERY


def test_with_an_account_go_its_keys_and_no_others(database: Database) -> None:
    answered(database, owner_of(7, "/articles"))
    for other in (owner_of(77, "/articles"), owner_of(None, "/users"), owner_of(None, "7")):
        answered(database, other)
    with database.transaction() as db:
        accounts.leave(db, 7)
    assert recalled(database, owner_of(7, "/messages")) is None
    assert rows(database) == 3
