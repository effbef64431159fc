"""Stored sessions: found by a digest until they end. They end with their account and its password."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from api.rules.accounts import SCOPES, account_of
from api.rules.clock import now, timestamp
from api.rules.tokens import new_token, token_digest
from api.store import accounts
from api.store.accounts import sessions, users
from api.store.database import Database
from api.store.housekeeping import BATCH
from api.store.rows import Row, delete_row
from api.store.sessions import LONGEST, end_session, find_session, mark_session_used, prune_sessions, start_session

IDLE = timedelta(minutes=30)


def add(db: sa.Connection, username: str, role: str = "user", *, well_known: bool = False) -> Row:
    values = {"username": username, "name": username, "email": f"{username}@mail.test", "role": role}
    made = accounts.add_account(db, values, "a hash")
    if well_known:
        accounts.set_password(db, made["id"], "a hash", well_known=True)
    return made


def start(db: sa.Connection, user: Row, **ago: timedelta) -> bytes:
    """A session that was started, or last used, this long ago."""
    account = account_of(db.execute(sa.select(users).where(users.c.id == user["id"])).one())
    digest = token_digest(new_token()) or b""
    start_session(db, account, digest)
    moments = {name: timestamp(now() - time) for name, time in ago.items()}
    if moments:
        db.execute(sessions.update().where(sessions.c.digest == digest).values(**moments))
    return digest


def is_good(db: sa.Connection, digest: bytes, *, well_known: bool = True) -> bool:
    return find_session(db, digest, IDLE, well_known=well_known) is not None


def test_a_session_is_its_accounts_with_all_that_the_role_allows_and_is_no_password(database: Database) -> None:
    with database.transaction() as db:
        for role in ("user", "admin"):
            user = add(db, f"a-{role}", role)
            found = find_session(db, start(db, user), IDLE, well_known=True)
            assert found is not None
            account, _ = found
            assert (account.id, account.role, account.scopes) == (user["id"], role, set(SCOPES[role]))
            assert (account.by_session, account.by_password, account.token_id) == (True, False, None)


def test_it_is_good_until_it_is_idle_or_too_old(database: Database) -> None:
    second = timedelta(seconds=1)
    with database.transaction() as db:
        ann = add(db, "ann")
        for ago, good in (
            ({}, True),
            ({"last_used_at": IDLE - second}, True),
            ({"last_used_at": IDLE}, False),
            ({"created_at": LONGEST - second}, True),
            ({"created_at": LONGEST}, False),
        ):
            assert is_good(db, start(db, ann, **ago)) is good, ago


def test_another_digest_finds_none(database: Database) -> None:
    with database.transaction() as db:
        digest = start(db, add(db, "ann"))
        for other in (b"", digest[:-1], digest[::-1], bytes(32)):
            assert not is_good(db, other)


def test_those_of_development_accounts_are_good_only_where_they_may_sign_in(database: Database) -> None:
    with database.transaction() as db:
        digest = start(db, add(db, "dev", well_known=True))
        assert is_good(db, digest)
        assert not is_good(db, digest, well_known=False)


def test_the_use_of_one_is_noted_on_that_one(database: Database) -> None:
    moment = timestamp(now() + timedelta(seconds=5))
    with database.transaction() as db:
        ann = add(db, "ann")
        used, other = start(db, ann), start(db, ann)
        mark_session_used(db, used, moment)
        found = {each.digest: each.last_used_at for each in db.execute(sa.select(sessions))}
    assert found[used] == moment
    assert found[other] < moment


def test_one_ends_alone_and_once(database: Database) -> None:
    with database.transaction() as db:
        ann = add(db, "ann")
        ended, kept = start(db, ann), start(db, ann)
        assert end_session(db, ended)
        assert not end_session(db, ended)
        assert (is_good(db, ended), is_good(db, kept)) == (False, True)


@pytest.mark.parametrize("end", ["a new password", "its tokens end", "it is deleted"])
def test_all_of_an_account_end_where_its_tokens_do_and_no_others(database: Database, end: str) -> None:
    with database.transaction() as db:
        ann, bob = add(db, "ann"), add(db, "bob")
        ended, kept = [start(db, ann), start(db, ann)], start(db, bob)
    with database.transaction() as db:
        match end:
            case "a new password":
                accounts.set_password(db, ann["id"], "another hash")
            case "its tokens end":
                accounts.end_tokens(db, ann["id"])
            case _:
                assert delete_row(db, users, ann)
    with database.reading() as db:
        assert [is_good(db, digest) for digest in ended] == [False, False]
        assert is_good(db, kept)
        assert db.execute(sa.select(sa.func.count()).select_from(sessions)).scalar_one() == 1


def test_ended_sessions_are_deleted_in_small_batches(database: Database) -> None:
    with database.transaction() as db:
        ann = add(db, "ann")
        kept = start(db, ann, created_at=LONGEST - timedelta(seconds=5))
        old = timestamp(now() - LONGEST)
        rows = [
            {"digest": bytes([1, n]), "user_id": ann["id"], "created_at": old, "last_used_at": old} for n in range(150)
        ]
        db.execute(sessions.insert(), rows)
    counts = []
    while not counts or counts[-1]:
        with database.transaction() as db:
            counts.append(prune_sessions(db, "2020-01-01T00:00:00.000Z"))
    assert counts == [BATCH, 50, 0]
    with database.reading() as db:
        assert is_good(db, kept)


def test_each_that_starts_sweeps_some_that_have_ended(database: Database) -> None:
    with database.transaction() as db:
        ann = add(db, "ann")
        start(db, ann, created_at=LONGEST)
        new = start(db, ann)
        assert [each.digest for each in db.execute(sa.select(sessions))] == [new]
