"""`run.py backup` and `run.py restore`: no answered write is lost, and nothing is restored by half."""

import os
import shutil
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from api.app import find_loaders
from api.store import loading, migrating
from api.store.database import Database
from tests.postgres import Postgres
from tests.servers import JOHN, Server, run
from tests.store.test_migrating import contents, fill
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def programs(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets commands find PostgreSQL's programs."""
    monkeypatch.setenv("PATH", f"{postgres.binaries}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture(scope="module")
def template(migrated_database: Callable[[], str]) -> str:
    """A database of each kind, with rows in every table."""
    return filled(migrated_database())


@pytest.fixture
def url(template: str, copy_database: Callable[[str], str]) -> str:
    """A copy of it."""
    return copy_database(template)


@pytest.fixture
def dumped(postgres: Postgres) -> str:
    """A PostgreSQL database, for tests of its programs."""
    return filled(postgres.create(f"dumped_{uuid4().hex}"))


def filled(url: str) -> str:
    """Put rows into every table, and return the URL."""
    with closing(Database(url)) as database:
        find_loaders()
        migrating.upgrade(database)
        loading.seed(database, find_loaders())
        fill(database)
    return url


@pytest.fixture
def backup(url: str, tmp_path: Path) -> Path:
    """A backup of it."""
    file = tmp_path / "a.backup"
    done("backup", str(file), "--database", url)
    return file


def done(*arguments: str) -> str:
    """The output of a command that succeeds."""
    ended = run(*arguments)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def refused(*arguments: str, **environment: str) -> str:
    """The error sentence of a command that fails."""
    ended = run(*arguments, **environment)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("Touchstone: "), ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr.removeprefix("Touchstone: ")


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of a database."""
    with closing(Database(url)) as database:
        return contents(database)


# Its content


def test_everything_is_restored_into_an_empty_database(url: str, backup: Path, new_database: Callable[[], str]) -> None:
    other = new_database()
    assert done("restore", str(backup), "--database", other) == f"Restored {backup}, of revision {migrating.head()}.\n"
    assert rows(other) == rows(url)


def test_a_restore_replaces_later_changes(url: str, backup: Path) -> None:
    before = rows(url)
    with closing(Database(url)) as database, database.transaction() as db:
        db.execute(sa.text("UPDATE articles SET title = 'changed'"))
        db.execute(sa.text("DELETE FROM messages"))
    done("restore", str(backup), "--replace", "--database", url)
    assert rows(url) == before


def test_a_backup_during_writes_has_all_earlier_answers(new_database: Callable[[], str], tmp_path: Path) -> None:
    url, restored, file = new_database(), new_database(), tmp_path / "a.backup"
    server = Server(tmp_path / "log", "--workers", "2", "--database", url)
    answered: list[tuple[int, str]] = []
    seeded = total(server)
    with writing(server, answered):
        await_some(answered)
        before = list(answered)
        done("backup", str(file), "--database", url)
        during = len(answered) - len(before)
    assert server.stop() == 0
    assert during > 0
    done("restore", str(file), "--database", restored)
    server = Server(tmp_path / "log", "--database", restored)
    with httpx.Client(base_url=server.url, auth=JOHN, timeout=20) as john:
        for number, title in before:
            assert john.get(f"/articles/{number}").json()["title"] == title
        kept = total(server)
        made = john.post("/articles", json={"title": "after", "body": ""})
        assert made.status_code == 201
        # No id is used twice.
        assert made.json()["id"] > max(number for number, _ in before)
    assert server.stop() == 0
    # It is the state at one moment: every article has its words, and its line in the audit trail.
    with closing(Database(restored)) as database, database.reading() as db:
        assert db.execute(sa.text("SELECT count(*) FROM articles_words")).scalar() == kept + 1
        lines = sa.text("SELECT count(*) FROM audit WHERE action = 'create' AND target LIKE '/articles/%'")
        assert db.execute(lines).scalar() == kept + 1 - seeded


def total(server: Server) -> int:
    """The number of articles."""
    number: int = httpx.get(f"{server.url}/articles?count=true&limit=1").json()["total"]
    return number


@contextmanager
def writing(server: Server, answered: list[tuple[int, str]]) -> Iterator[None]:
    """Clients create articles within this context; each answer goes into `answered`."""
    over = threading.Event()

    def write(writer: int) -> None:
        with httpx.Client(base_url=server.url, auth=JOHN, timeout=20) as john:
            for number in count():
                if over.is_set():
                    return
                title = f"by {writer}, {number}"
                made = john.post("/articles", json={"title": title, "body": "b"})
                assert made.status_code == 201
                answered.append((made.json()["id"], title))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def await_some(answered: list[tuple[int, str]]) -> None:
    """Wait until clients have got some answers."""
    wait_until(lambda: len(answered) >= 20, "answers")


def test_a_backup_of_an_older_revision_is_migrated(url: str, tmp_path: Path) -> None:
    before, file, older = rows(url), tmp_path / "a.backup", migrating.revisions()[-2]
    done("db", "downgrade", older, "--database", url)
    assert f"revision {older}" in done("backup", str(file), "--database", url)
    done("db", "upgrade", "--database", url)
    done("restore", str(file), "--replace", "--database", url)
    assert rows(url) == before


def test_only_the_owner_can_read_a_backup(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert list(backup.parent.glob(".*")) == []


def test_a_password_is_not_passed_as_an_argument(dumped: str, tmp_path: Path) -> None:
    """Otherwise any user who lists the processes would see it."""
    seen = tmp_path / "seen"
    program = tmp_path / "pg_dump"
    program.write_text(f'#!/bin/sh\nprintf "%s " "$@" > {seen}\nprintf "%s" "$PGPASSWORD" >> {seen}\n')
    program.chmod(0o700)
    parts = urlsplit(dumped)
    secret = parts._replace(netloc=f"postgres:p%40ss@{parts.hostname}:{parts.port}").geturl()
    run("backup", str(tmp_path / "b"), "--database", secret, PATH=f"{tmp_path}:/usr/bin:/bin")
    assert seen.read_text().endswith("p@ss")
    assert "p%40ss" not in seen.read_text()


# Refusals that protect data


def test_a_database_with_rows_is_replaced_only_on_request(url: str, backup: Path) -> None:
    before = rows(url)
    assert "--replace" in refused("restore", str(backup), "--database", url)
    assert rows(url) == before


def test_an_existing_file_is_not_overwritten(url: str, backup: Path) -> None:
    before = backup.read_bytes()
    assert "already exists" in refused("backup", str(backup), "--database", url)
    assert backup.read_bytes() == before


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_half_a_backup_changes_nothing(url: str, backup: Path, share: float) -> None:
    with closing(Database(url)) as database, database.transaction() as db:
        db.execute(sa.text("UPDATE articles SET title = 'changed since'"))
    before, content = rows(url), backup.read_bytes()
    backup.write_bytes(content[: int(len(content) * share)])
    refused("restore", str(backup), "--replace", "--database", url)
    assert rows(url) == before


def test_a_program_that_fails_halfway_changes_nothing(dumped: str, tmp_path: Path) -> None:
    backup = tmp_path / "a.backup"
    done("backup", str(backup), "--database", dumped)
    before, real = rows(dumped), shutil.which("pg_restore")
    program = tmp_path / "pg_restore"
    program.write_text(f'#!/bin/sh\ncase "$1" in --data-only) exec {real} "$@";; esac\necho "SELECT 1;"; exit 1\n')
    program.chmod(0o700)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    assert "nothing was changed" in refused("restore", str(backup), "--replace", "--database", dumped, PATH=path)
    assert rows(dumped) == before


def test_a_file_that_is_not_a_backup_changes_nothing(url: str, tmp_path: Path) -> None:
    before, file = rows(url), tmp_path / "file"
    file.write_bytes(b"SQLite format 3\0" + b"x" * 4096 if url.startswith("sqlite") else b"PGDMP" + b"x" * 4096)
    refused("restore", str(file), "--replace", "--database", url)
    file.write_bytes(b"{}")
    assert "not a backup" in refused("restore", str(file), "--replace", "--database", url)
    file.unlink()
    assert "cannot be read" in refused("restore", str(file), "--replace", "--database", url)
    assert rows(url) == before


def test_a_backup_of_a_newer_version_changes_nothing(url: str, tmp_path: Path, new_database: Callable[[], str]) -> None:
    file, other = tmp_path / "newer", new_database()
    with closing(Database(url)) as database, database.engine.begin() as db:
        db.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    done("backup", str(file), "--database", url)
    assert "newer" in refused("restore", str(file), "--database", other)
    with closing(Database(other)) as database:
        assert migrating.current(database) is None


def test_a_database_that_is_empty_or_absent_is_not_backed_up(new_database: Callable[[], str], tmp_path: Path) -> None:
    assert "no database" in refused("backup", str(tmp_path / "b"), "--database", f"sqlite:///{tmp_path}/none.db")
    assert not (tmp_path / "none.db").exists()
    url = new_database()
    if not url.startswith("sqlite"):
        assert "empty" in refused("backup", str(tmp_path / "b"), "--database", url)


def test_a_missing_folder_is_reported(url: str, tmp_path: Path) -> None:
    assert "cannot be written" in refused("backup", str(tmp_path / "none" / "b"), "--database", url)


def test_missing_programs_are_reported(dumped: str, tmp_path: Path) -> None:
    said = refused("backup", str(tmp_path / "b"), "--database", dumped, PATH=str(tmp_path))
    assert "postgresql-client" in said
    assert list(tmp_path.iterdir()) == []
