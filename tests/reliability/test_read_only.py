"""A temporarily read-only database: writes are 503, reads continue, and no restart is needed (CONTRACT §10)."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from tests.postgres import Postgres
from tests.reliability.answers import MANY, client, post_large, publish, stranger, unavailable
from tests.reliability.disks import SmallDisk
from tests.servers import Server

# Attempts until a write must succeed: each of a worker's connections may fail once.
TRIES = 5


def check_while_read_only(
    server: Server, article: str, token: str, make_read_only: Callable[[], None], make_writable: Callable[[], None]
) -> None:
    """Assert the behaviour while the database is read-only, and the recovery afterwards."""
    change = {"headers": {"Content-Type": "application/merge-patch+json"}, "json": {"title": "changed"}}
    with client(server.url) as http, stranger(server.url) as anonymous:
        make_read_only()
        for _ in range(MANY // 4):
            unavailable(publish(http, "refused", Idempotency_Key="refused"))
            unavailable(post_large(http, "refused"))
            unavailable(http.patch(article, **change))
            unavailable(http.delete(article))
            assert anonymous.get(article).json()["title"] == "early"
            assert anonymous.get("/articles").status_code == 200
            assert http.get("/messages").json()["items"] == []
            # The token's last use cannot be stored, but its requests are not refused.
            assert anonymous.get("/users/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        make_writable()
        # Each connection may fail once more, with Retry-After, and then no more.
        assert [publish_patiently(server, number) for number in range(MANY)] == [201] * MANY
        done = publish(http, "refused", Idempotency_Key="refused")
        assert (done.status_code, done.headers.get("Idempotent-Replayed")) == (201, None)
        assert http.patch(article, **change).status_code == 200
        assert http.delete(article).status_code == 204
    assert [line for line in server.lines() if line["level"] in ("error", "critical")] == []


def publish_patiently(server: Server, number: int) -> int:
    """The status of a write, repeated after a 503."""
    with client(server.url) as http:
        for _ in range(TRIES):
            answer = publish(http, f"taken {number}")
            if answer.status_code == 201:
                break
            unavailable(answer)
        return answer.status_code


def test_a_sqlite_file_on_a_read_only_disk(tmp_path: Path) -> None:
    with SmallDisk(tmp_path, "16m") as disk:
        file = disk.view / "kept.db"
        root = disk.entrance(tmp_path)
        first = Server(tmp_path / "first", "--database", f"sqlite:///{file}", root=root)
        article, token = prepare(first.url)
        assert first.stop() == 0
        other = reader(disk, disk.path / "kept.db")
        # Before the first request no file is open for writing; otherwise the disk could not become read-only.
        server = Server(tmp_path / "log", "--workers", "2", "--database", f"sqlite:///{file}", root=root)
        try:
            check_while_read_only(server, article, token, lambda: disk.make_view("ro"), lambda: disk.make_view("rw"))
        finally:
            server.stop()
            other.communicate(timeout=20)


def reader(disk: SmallDisk, file: Path) -> subprocess.Popen[str]:
    """A process that has the file open by its other name, as a backup would, so the shared files of WAL exist.

    It must run inside the namespace, because outside SQLite would resolve the name to another file.
    """
    script = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1])\n"
        "print(db.execute('SELECT count(*) FROM articles').fetchone()[0], flush=True)\n"
        "sys.stdin.read()\n"
        "db.close()\n"
    )
    command = [*disk.entering, sys.executable, "-c", script, file]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert int(process.stdout.readline()) > 0
    return process


def test_a_postgresql_database_that_defaults_to_read_only(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.create("read_only")
    server = Server(tmp_path / "log", "--workers", "2", "--database", url)
    operator = sa.create_engine(
        f"postgresql+psycopg{postgres.url.removeprefix('postgresql')}/postgres", isolation_level="AUTOCOMMIT"
    )

    def set_read_only(value: str) -> None:
        # An operator ends the sessions, because each keeps the default that it started with.
        with operator.connect() as db:
            db.execute(sa.text(f"ALTER DATABASE read_only SET default_transaction_read_only = {value}"))
            db.execute(sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'read_only'"))

    try:
        article, token = prepare(server.url)
        check_while_read_only(server, article, token, lambda: set_read_only("on"), lambda: set_read_only("off"))
    finally:
        server.stop()
        operator.dispose()


def prepare(url: str) -> tuple[str, str]:
    """The path of an article, and a token that was never used."""
    with client(url) as http:
        made = publish(http, "early")
        token = http.post("/tokens", json={})
    assert (made.status_code, token.status_code) == (201, 201)
    return made.headers["Location"], token.json()["token"]
