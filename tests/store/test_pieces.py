"""Large contents in pieces: every byte is returned, and only the requested pieces are read (decision 0007)."""

import io
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.rules.clock import present
from api.store.accounts import users
from api.store.database import Database, LostRace
from api.store.pieces import PIECE, ContentLost
from api.store.rows import Row, insert_row
from resources.messages.table import contents, messages, room_of

SIZES = {"one-byte": 1, "one-less": PIECE - 1, "one-piece": PIECE, "one-more": PIECE + 1, "several": 3 * PIECE + 7}
CONTENT = {name: random.Random(size).randbytes(size) for name, size in SIZES.items()}
SEVERAL = CONTENT["several"]


def message(message_id: str, size: int, sender_id: int | None = None) -> Row:
    """A row for a message of this size."""
    return {
        "id": message_id,
        "content_type": "application/octet-stream",
        "media_type": "application/octet-stream",
        "size": size,
        "sha256": "",
        "sender_id": sender_id,
        "created_at": present(),
        "filename": None,
        "parts": [],
        "starts": [],
        "room": 0 if sender_id else room_of(size, 0),
    }


def insert(db: sa.Connection, message_id: str, content: bytes, sender_id: int | None = None) -> None:
    """Insert a message and its content."""
    db.execute(messages.insert(), message(message_id, len(content), sender_id))
    contents.write(db, message_id, io.BytesIO(content))


def pieces(database: Database, message_id: str) -> list[tuple[int, int]]:
    """The number and length of each piece of a content."""
    table = contents.table
    asked = sa.select(table.c.number, sa.func.length(table.c.content)).where(table.c.owner_id == message_id)
    with database.reading() as db:
        return [tuple(row) for row in db.execute(asked.order_by(table.c.number))]


def read(database: Database, message_id: str, start: int, stop: int) -> bytes:
    return b"".join(contents.read(database, message_id, start, stop))


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The statements executed inside the block."""
    seen: list[str] = []

    def note(connection, cursor, statement, *_: object) -> None:
        seen.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def kept(migrated_database: Callable[[], str]) -> Iterator[Database]:
    """A database with each of the contents, by name."""
    database = Database(migrated_database())
    for name, content in CONTENT.items():
        with database.transaction() as db:
            insert(db, name, content)
    yield database
    database.close()


@pytest.mark.parametrize("name", SIZES)
def test_a_content_comes_back_byte_for_byte(kept: Database, name: str) -> None:
    assert read(kept, name, 0, SIZES[name]) == CONTENT[name]


@pytest.mark.parametrize("name", SIZES)
def test_a_content_is_kept_in_full_pieces_and_a_rest(kept: Database, name: str) -> None:
    whole, rest = divmod(SIZES[name], PIECE)
    assert pieces(kept, name) == list(enumerate([PIECE] * whole + [rest] * bool(rest)))


# Any position, most often around the border of two pieces.
places = st.one_of(
    st.integers(0, len(SEVERAL)),
    st.builds(lambda piece, off: min(max(piece * PIECE + off, 0), len(SEVERAL)), st.integers(0, 3), st.integers(-3, 3)),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places, places)
def test_any_range_is_that_slice(kept: Database, one: int, other: int) -> None:
    start, stop = sorted((one, other))
    assert read(kept, "several", start, stop) == SEVERAL[start:stop]


@pytest.mark.parametrize(
    ("start", "stop", "count"),
    [
        (0, len(SEVERAL), 4),
        (0, 1, 1),
        (0, PIECE, 1),
        (0, PIECE + 1, 2),
        (PIECE - 1, PIECE, 1),
        (PIECE - 1, PIECE + 1, 2),
        (PIECE, 2 * PIECE, 1),
        (PIECE, 3 * PIECE, 2),
        (2 * PIECE + 5, 2 * PIECE + 6, 1),
        (3 * PIECE, len(SEVERAL), 1),
        (3 * PIECE + 6, len(SEVERAL), 1),
        (0, 0, 0),
        (PIECE, PIECE, 0),
    ],
)
def test_a_range_reads_the_pieces_that_hold_it_and_no_others(kept: Database, start: int, stop: int, count: int) -> None:
    with statements(kept) as seen:
        assert read(kept, "several", start, stop) == SEVERAL[start:stop]
    assert len(seen) == count, seen


def test_a_piece_is_read_when_it_is_asked_for_and_not_before(kept: Database) -> None:
    with statements(kept) as seen:
        reading = contents.read(kept, "several", 0, len(SEVERAL))
        assert seen == []
        assert next(reading) == SEVERAL[:PIECE]
        assert len(seen) == 1


def test_two_contents_that_are_read_by_turns_do_not_mix(kept: Database) -> None:
    one, other = (contents.read(kept, name, 0, SIZES[name]) for name in ("several", "one-more"))
    assert [next(one), next(other), next(one), next(other)] == [
        SEVERAL[:PIECE],
        CONTENT["one-more"][:PIECE],
        SEVERAL[PIECE : 2 * PIECE],
        CONTENT["one-more"][PIECE:],
    ]


def test_a_file_is_written_from_its_start_wherever_it_stands(database: Database) -> None:
    file = io.BytesIO(SEVERAL)
    file.seek(0, 2)
    with database.transaction() as db:
        insert(db, "first", b"x")
        db.execute(contents.table.delete())
        contents.write(db, "first", file)
    assert read(database, "first", 0, len(SEVERAL)) == SEVERAL


def test_a_transaction_that_fails_halfway_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        insert(db, "lost", SEVERAL)
        raise ZeroDivisionError
    assert pieces(database, "lost") == []
    with pytest.raises(ContentLost):
        read(database, "lost", 0, 1)


def test_a_content_without_its_row_is_not_kept(database: Database) -> None:
    with pytest.raises(LostRace), database.transaction() as db:
        contents.write(db, "nobody", io.BytesIO(b"x"))
    assert pieces(database, "nobody") == []


def test_a_content_goes_with_its_row_and_others_stay(database: Database) -> None:
    with database.transaction() as db:
        insert(db, "gone", SEVERAL)
        insert(db, "stays", SEVERAL)
    with database.transaction() as db:
        db.execute(messages.delete().where(messages.c.id == "gone"))
    assert pieces(database, "gone") == []
    assert read(database, "stays", 0, len(SEVERAL)) == SEVERAL


def test_a_content_goes_with_its_senders_account(seeded: Database) -> None:
    account = {"username": "gone", "name": "", "email": "gone@example.org", "role": "user"}
    with seeded.transaction() as db:
        sender = insert_row(db, users, account)
        insert(db, "theirs", SEVERAL, sender["id"])
        insert(db, "nobodys", b"x")
    with seeded.transaction() as db:
        db.execute(users.delete().where(users.c.id == sender["id"]))
    assert pieces(seeded, "theirs") == []
    assert pieces(seeded, "nobodys") == [(0, 1)]


def test_a_content_that_is_deleted_while_it_is_read_is_lost_and_not_short(database: Database) -> None:
    with database.transaction() as db:
        insert(db, "doomed", SEVERAL)
    reading = contents.read(database, "doomed", 0, len(SEVERAL))
    assert next(reading) == SEVERAL[:PIECE]
    with database.transaction() as db:
        db.execute(messages.delete().where(messages.c.id == "doomed"))
    with pytest.raises(ContentLost):
        next(reading)


def test_a_reader_halfway_holds_no_writer_up(database: Database) -> None:
    with database.transaction() as db:
        insert(db, "slowly", SEVERAL)
    reading = contents.read(database, "slowly", 0, len(SEVERAL))
    begun = next(reading)
    with database.transaction() as db:
        insert(db, "meanwhile", b"x")
    assert begun + b"".join(reading) == SEVERAL
