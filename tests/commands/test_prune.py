"""`run.py prune`: deletes old messages, on both databases, while a server runs (decision 0007)."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from api.rules.clock import now, timestamp
from api.store.database import Database
from resources.messages.table import OVERHEAD, contents, messages, room_of, take_room, usage
from tests.servers import JOHN, Server, run
from tests.store.test_pieces import insert

QUOTA = 10_000
# These databases have no marks, no idempotency keys and no sessions.
KEYS = "marks of the auth lab: 0 deleted\nended sessions: 0 deleted\nexpired idempotency keys: 0 deleted\n"
AGES = {"minutes": timedelta(minutes=30), "hours": timedelta(hours=5), "days": timedelta(days=40)}


@pytest.fixture
def url(migrated_database: Callable[[], str]) -> str:
    """A database with an anonymous message of each age, and a new one."""
    found = migrated_database()
    with closing(Database(found)) as database:
        for name, age in {**AGES, "new": timedelta()}.items():
            with database.transaction() as db:
                insert(db, name, b"x" * 10)
                take_room(db, room_of(10, 0), QUOTA)
                made = messages.update().where(messages.c.id == name)
                db.execute(made.values(created_at=timestamp(now() - age)))
    return found


@pytest.fixture
def look(url: str) -> Iterator[Callable[[], set[str]]]:
    """Returns the ids of the remaining messages."""
    with closing(Database(url)) as database:

        def ids() -> set[str]:
            with database.reading() as db:
                left = set(db.execute(sa.select(messages.c.id)).scalars())
                pieces = set(db.execute(sa.select(contents.table.c.owner_id)).scalars())
                taken = db.execute(sa.select(usage.c.bytes)).scalar_one()
            assert pieces == left
            assert taken == len(left) * (10 + OVERHEAD)
            return left

        yield ids


@pytest.mark.parametrize(
    ("age", "left"),
    [
        ("41d", {"new", "minutes", "hours", "days"}),
        ("39d", {"new", "minutes", "hours"}),
        ("6h", {"new", "minutes", "hours"}),
        ("4h", {"new", "minutes"}),
        ("31m", {"new", "minutes"}),
        ("29m", {"new"}),
        ("0d", set()),
        ("99999d", {"new", "minutes", "hours", "days"}),
    ],
)
def test_older_messages_are_deleted_with_their_content_and_quota(
    url: str, look: Callable[[], set[str]], age: str, left: set[str]
) -> None:
    done = run("prune", "--older-than", age, "--database", url)
    assert (done.returncode, done.stdout) == (0, f"{KEYS}messages: {4 - len(left)} deleted\n"), done.stderr
    assert look() == left


def test_it_is_safe_to_repeat(url: str, look: Callable[[], set[str]]) -> None:
    said = [run("prune", "--older-than", "1d", DATABASE_URL=url).stdout for _ in range(2)]
    assert said == [f"{KEYS}messages: {count} deleted\n" for count in (1, 0)]
    assert look() == {"new", "minutes", "hours"}


@pytest.mark.parametrize(
    "age", ["", "30", "d", "-1d", "+1d", "1.5d", "30 d", " 30d", "1w", "1D", "1d1h", "1e3d", "٣d", "100000d", "1d\n"]
)
def test_an_invalid_age_is_one_sentence_and_deletes_nothing(url: str, look: Callable[[], set[str]], age: str) -> None:
    done = run("prune", "--older-than", age, "--database", url)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Touchstone: ")
    assert "--older-than" in done.stderr
    assert "30d, 12h or 90m" in done.stderr
    assert "Traceback" not in done.stderr
    assert look() == {"new", *AGES}


def test_without_an_age_nothing_is_deleted(url: str, look: Callable[[], set[str]]) -> None:
    done = run("prune", "--database", url)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--older-than" in done.stderr
    assert look() == {"new", *AGES}


def test_a_new_database_has_nothing_to_delete(new_database: Callable[[], str]) -> None:
    done = run("prune", "--older-than", "1d", "--database", new_database())
    assert (done.returncode, done.stdout) == (0, f"{KEYS}messages: 0 deleted\n"), done.stderr


def test_an_unusable_database_is_one_sentence(tmp_path: Path) -> None:
    done = run("prune", "--older-than", "1d", "--database", f"sqlite:///{tmp_path}/missing/x.db")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Touchstone: The database ")
    assert "Traceback" not in done.stderr


def test_a_running_server_continues_and_has_the_quota_back(url: str, tmp_path: Path) -> None:
    text = {"Content-Type": "text/plain"}
    room = QUOTA - 4 * (10 + OVERHEAD)
    server = Server(tmp_path / "log", "--database", url, "--workers", "2", ANONYMOUS_QUOTA=str(QUOTA))
    with httpx.Client(base_url=server.url, timeout=20, trust_env=False) as client:
        place = client.post("/messages", content=b"x" * (room - OVERHEAD), headers=text).headers["Location"]
        mine = client.post("/messages", content=b"mine", headers=text, auth=JOHN).headers["Location"]
        assert client.post("/messages", content=b"x", headers=text).status_code == 507
        assert run("prune", "--older-than", "10m", "--database", url).stdout == f"{KEYS}messages: 3 deleted\n"
        assert client.post("/messages", content=b"x" * 1000, headers=text).status_code == 201
        assert [client.get(each).status_code for each in (place, mine)] == [200, 200]
        assert run("prune", "--older-than", "0m", "--database", url).stdout == f"{KEYS}messages: 4 deleted\n"
        assert [client.get(each).status_code for each in (place, mine)] == [404, 404]
        assert client.get("/messages", auth=JOHN).json() == {"items": [], "next": None}
    assert server.stop() == 0
