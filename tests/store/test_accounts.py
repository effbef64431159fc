"""Sign-in by password and by token, and what ends it (CONTRACT §1, §9)."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from api.rules.clock import now, present, timestamp
from api.rules.tokens import new_token, token_digest
from api.store import accounts
from api.store.accounts import find_login, find_token, logins, taken, tokens, users
from api.store.database import Database, LostRace
from api.store.rows import Row, delete_row, insert_row, read_row
from resources.articles.table import articles

HASH = "the hash of a password"
SCOPES = ["articles:write", "admin"]


def add(db: sa.Connection, username: str, **members: str) -> Row:
    """Add an account with a password, and return its row."""
    row = {"username": username, "name": "A name", "email": f"{username}@mail.test", "role": "user", **members}
    return accounts.add_account(db, row, HASH)


def give_token(db: sa.Connection, user: Row, *, seconds: float = 60) -> bytes:
    """Give an account a token that expires in this many seconds, and return its digest."""
    digest = token_digest(new_token())
    assert digest is not None
    moment = now()
    row = {"user_id": user["id"], "digest": digest, "scopes": SCOPES, "created_at": timestamp(moment)}
    db.execute(tokens.insert().values(**row, expires_at=timestamp(moment + timedelta(seconds=seconds))))
    return digest


def rows(db: sa.Connection, table: sa.Table, user: Row) -> int:
    """The number of rows of an account in the table."""
    count = sa.select(sa.func.count()).select_from(table).where(table.c.user_id == user["id"])
    return db.execute(count).scalar_one()


def test_an_account_is_found_whatever_the_case_of_its_name(database: Database) -> None:
    with database.transaction() as db:
        ann = add(db, "Ann.B-9", role="admin")
    for typed in ("Ann.B-9", "ann.b-9", "ANN.B-9", "aNN.b-9"):
        with database.reading() as db:
            found = find_login(db, typed, well_known=False)
        assert found is not None, typed
        account, password_hash = found
        assert (account.id, account.username, account.role, account.token_id) == (ann["id"], "Ann.B-9", "admin", None)
        assert account.is_admin
        assert password_hash == HASH


def test_another_name_finds_nobody(database: Database) -> None:
    with database.transaction() as db:
        add(db, "ann")
    others = ("", "an", "ann ", " ann", "anna", "ann%", "_nn", "%", "ann@mail.test", "a'--", "\uff41nn", "x" * 10_000)
    for typed in others:
        with database.reading() as db:
            assert find_login(db, typed, well_known=True) is None, typed


def test_an_account_without_a_password_is_not_found(database: Database) -> None:
    with database.transaction() as db:
        insert_row(db, users, {"username": "ann", "name": "Ann", "email": "a@mail.test", "role": "user"})
        assert find_login(db, "ann", well_known=True) is None


def test_a_password_that_everybody_knows_opens_nothing_outside_development(seeded: Database) -> None:
    for username in ("admin", "john", "steve", "bill", "JOHN"):
        with seeded.reading() as db:
            assert find_login(db, username, well_known=True) is not None, username
            assert find_login(db, username, well_known=False) is None, username


def test_a_development_account_with_a_password_of_its_own_is_like_any_other(seeded: Database) -> None:
    with seeded.transaction() as db:
        john = find_login(db, "john", well_known=True)
        assert john is not None
        accounts.set_password(db, john[0].id, "another hash")
        found = find_login(db, "john", well_known=False)
    assert found == (john[0], "another hash")


def test_a_new_password_takes_the_place_of_the_old_one_and_ends_the_tokens(database: Database) -> None:
    with database.transaction() as db:
        ann, bob = add(db, "ann"), add(db, "bob")
        ended, kept = [give_token(db, ann), give_token(db, ann)], give_token(db, bob)
    with database.transaction() as db:
        accounts.set_password(db, ann["id"], "new hash")
    with database.reading() as db:
        found = find_login(db, "ann", well_known=False)
        assert found is not None
        assert found[1] == "new hash"
        assert rows(db, logins, ann) == 1
        assert [find_token(db, digest, present(), well_known=True) for digest in ended] == [None, None]
        others = find_login(db, "bob", well_known=False)
        assert others is not None
        assert others[1] == HASH
        assert find_token(db, kept, present(), well_known=True) is not None


def test_a_token_is_its_accounts_with_its_own_scopes(database: Database) -> None:
    with database.transaction() as db:
        ann = add(db, "ann", role="admin")
        digest = give_token(db, ann)
    with database.reading() as db:
        found = find_token(db, digest, present(), well_known=True)
        token_id = db.execute(sa.select(tokens.c.id).where(tokens.c.digest == digest)).scalar_one()
    assert found is not None
    account, noted = found
    assert (account.id, account.username, account.role) == (ann["id"], "ann", "admin")
    assert account.scopes == set(SCOPES)
    assert account.token_id == token_id
    assert not noted


def test_a_token_is_narrowed_to_what_the_role_is_now(database: Database) -> None:
    with database.transaction() as db:
        ann = add(db, "ann", role="admin")
        digest = give_token(db, ann)
        db.execute(users.update().where(users.c.id == ann["id"]).values(role="user"))
        found = find_token(db, digest, present(), well_known=True)
    assert found is not None
    assert found[0].scopes == {"articles:write"}


def test_a_token_is_good_until_it_expires(database: Database) -> None:
    with database.transaction() as db:
        ann = add(db, "ann")
        for seconds, good in ((60, True), (0, False), (-0.001, False), (-86_400 * 400, False)):
            digest = give_token(db, ann, seconds=seconds)
            assert (find_token(db, digest, present(), well_known=True) is not None) is good, seconds


def test_another_digest_finds_no_token(database: Database) -> None:
    with database.transaction() as db:
        digest = give_token(db, add(db, "ann"))
        for other in (b"", digest[:-1], digest + b"\0", digest[::-1], bytes(32)):
            assert find_token(db, other, present(), well_known=True) is None


def test_the_use_of_one_token_is_noted_on_that_one(database: Database) -> None:
    moment = present()
    with database.transaction() as db:
        ann = add(db, "ann")
        used, unused = give_token(db, ann), give_token(db, ann)
        found = find_token(db, used, present(), well_known=True)
        assert found is not None
        accounts.mark_used(db, found[0].token_id or 0, moment)
        assert find_token(db, used, moment, well_known=True) == (found[0], True)
        late = timestamp(datetime.fromisoformat(moment) + accounts.LAST_USED_EVERY)
        assert find_token(db, used, late, well_known=True) == (found[0], False)
        other = find_token(db, unused, present(), well_known=True)
    assert other is not None
    assert not other[1]


def test_tokens_that_are_ended_are_one_accounts(database: Database) -> None:
    with database.transaction() as db:
        ann, bob = add(db, "ann"), add(db, "bob")
        ended, kept = give_token(db, ann), give_token(db, bob)
        accounts.end_tokens(db, ann["id"])
        assert find_token(db, ended, present(), well_known=True) is None
        assert find_token(db, kept, present(), well_known=True) is not None
        assert find_login(db, "ann", well_known=False) is not None


def test_logins_and_tokens_are_deleted_with_their_account(database: Database) -> None:
    with database.transaction() as db:
        ann, bob = add(db, "ann"), add(db, "bob")
        gone, kept = give_token(db, ann), give_token(db, bob)
    with database.transaction() as db:
        assert delete_row(db, users, ann)
    with database.reading() as db:
        assert find_login(db, "ann", well_known=True) is None
        assert find_token(db, gone, present(), well_known=True) is None
        assert (rows(db, logins, ann), rows(db, tokens, ann)) == (0, 0)
        assert (rows(db, logins, bob), rows(db, tokens, bob)) == (1, 1)
        assert find_token(db, kept, present(), well_known=True) is not None


def test_a_password_for_a_missing_account_is_refused(database: Database) -> None:
    with pytest.raises(LostRace), database.transaction() as db:
        accounts.set_password(db, 42, HASH)


def test_a_name_and_an_email_address_belong_to_one_account_in_any_case(database: Database) -> None:
    with database.transaction() as db:
        ann = add(db, "ann")
    for username, email in (("ANN", "b@mail.test"), ("b", "ANN@mail.Test")):
        with pytest.raises(LostRace), database.transaction() as db:
            add(db, username, email=email)
    with database.reading() as db:
        assert db.execute(sa.select(users.c.id)).scalars().all() == [ann["id"]]
        assert db.execute(sa.select(logins.c.user_id)).scalars().all() == [ann["id"]]


def test_taken_members_are_reported_one_by_one_in_any_case(database: Database) -> None:
    with database.transaction() as db:
        ann = add(db, "ann")
        for username, email, members in (
            ("ann", "free@mail.test", {"username"}),
            ("ANN", "free@mail.test", {"username"}),
            ("free", "ann@mail.test", {"email"}),
            ("free", "Ann@Mail.TEST", {"email"}),
            ("Ann", "aNN@mail.test", {"username", "email"}),
            ("free", "free@mail.test", set()),
            ("ann%", "%@mail.test", set()),
            ("an_", "_nn@mail.test", set()),
        ):
            assert taken(db, username=username, email=email) == dict.fromkeys(members, ann["id"]), (username, email)


def test_each_member_names_the_account_that_has_it(database: Database) -> None:
    with database.transaction() as db:
        ann, bob = add(db, "ann"), add(db, "bob")
        found = taken(db, username="ann", email="bob@mail.test")
    assert found == {"username": ann["id"], "email": bob["id"]}


def test_the_members_of_an_account_are_not_taken_for_itself(database: Database) -> None:
    with database.transaction() as db:
        ann, bob = add(db, "ann"), add(db, "bob")
        assert taken(db, username="ANN", email="ann@mail.test", but=ann["id"]) == {}
        assert taken(db, username="ann", email="bob@mail.test", but=ann["id"]) == {"email": bob["id"]}


def test_the_database_refuses_exactly_the_members_reported_as_taken(database: Database) -> None:
    """Otherwise a registration would see the e-mail address as free each time, and fail each time."""
    pairs = [("J\u00dcRGEN", "J\u00dcRGEN"), ("\u0130", "\u0130"), ("\u039f\u03a3", "\u039f\u03a3"), ("ann", "ANN")]
    # Capitals outside ASCII. The lower case of the kelvin sign is k, but not the other way round.
    pairs += [
        ("J\u00d6RG", "j\u00f6rg"),
        ("k", "\u212a"),
        ("\u212aate", "kate"),
        ("stra\u00dfe", "STRASSE"),
        ("a", "b"),
    ]
    for number, (had, asked) in enumerate(pairs):
        with database.transaction() as db:
            add(db, f"first-{number}", email=f"{had}@mail.test")
            told = taken(db, username="free", email=f"{asked}@mail.test")
            try:
                with db.begin_nested():
                    add(db, f"second-{number}", email=f"{asked}@mail.test")
                refused = False
            except sa.exc.IntegrityError:
                refused = True
        assert bool(told) is refused, (had, asked)


def test_every_resource_acts_before_an_account_is_deleted(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "_departures", [*accounts._departures])  # undo this test's declarations at its end
    parted: list[tuple[str, bool]] = []

    def part(db: sa.Connection, user_id: int) -> None:
        parted.append(("first", read_row(db, users, user_id) is not None))

    assert accounts.when_deleted(order=9)(part) is part
    accounts.when_deleted(order=8)(lambda db, user_id: parted.append(("second", True)))
    with database.transaction() as db:
        accounts.leave(db, add(db, "ann")["id"])
    assert parted == [("second", True), ("first", True)]


def test_drafts_go_with_their_author_and_what_was_published_stays(database: Database) -> None:
    text = {"title": "A title", "body": "", "tags": []}
    with database.transaction() as db:
        ann, bob = add(db, "ann"), add(db, "bob")
        draft, article, other = (
            insert_row(db, articles, {**text, "status": status, "author_id": author["id"]})
            for status, author in (("draft", ann), ("published", ann), ("draft", bob))
        )
        accounts.leave(db, ann["id"])
        assert delete_row(db, users, ann)
        assert read_row(db, articles, draft["id"]) is None
        assert read_row(db, articles, other["id"]) == other
        left = read_row(db, articles, article["id"])
    assert left is not None
    assert (left["author_id"], left["version"]) == (None, article["version"] + 1)


def test_a_failure_after_the_departure_actions_undoes_them(database: Database) -> None:
    with database.transaction() as db:
        ann = add(db, "ann")
        digest = give_token(db, ann)
        row = {"title": "A title", "body": "", "tags": [], "status": "draft", "author_id": ann["id"]}
        draft = insert_row(db, articles, row)
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        accounts.leave(db, ann["id"])
        delete_row(db, users, ann)
        raise ZeroDivisionError
    with database.reading() as db:
        assert find_token(db, digest, present(), well_known=True) is not None
        assert find_login(db, "ann", well_known=False) is not None
        assert read_row(db, articles, draft["id"]) == draft
