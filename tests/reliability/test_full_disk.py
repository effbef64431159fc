"""A full disk: writes are 503, reads continue, nothing is lost, and no restart is needed (CONTRACT §6, §10)."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from api.store.database import Database
from api.store.space_files import JOURNAL, REGISTRY
from tests.postgres import Postgres
from tests.reliability.answers import client, post_large, publish, stranger, unavailable
from tests.reliability.disks import SmallDisk
from tests.reliability.wholeness import check_halves
from tests.servers import JOHN, Server

# Room for an empty PostgreSQL database (8 MiB) and some messages.
SIZE = "24m"
MIB = 1024 * 1024


def fill_by_messages(http: httpx.Client) -> list[str]:
    """Post messages until there is no space; return the Locations of those that were answered 201."""
    places = []
    while (answer := post_large(http, "a file")).status_code == 201:
        places.append(answer.headers["Location"])
    unavailable(answer)
    return places


def check_a_full_disk(server: Server, disk: SmallDisk, place: str, token: str) -> None:
    """Assert the behaviour while the disk is full, and the recovery afterwards."""
    with client(server.url) as http, stranger(server.url) as anonymous:
        aside = disk.put_aside(4 * MIB)
        places = [place, *fill_by_messages(http)]
        disk.fill()
        for _ in range(10):
            unavailable(post_large(http, "one more", Idempotency_Key="full"))
        for each in places:
            assert anonymous.get(each).status_code == 200
        assert http.get("/articles", params={"q": "early"}).json()["items"]
        # The token's last use cannot be stored, but its requests are not refused.
        assert anonymous.get("/users/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        aside.unlink()
        assert http.delete(places[-1]).status_code == 204
        done = post_large(http, "one more", Idempotency_Key="full")
        assert (done.status_code, done.headers.get("Idempotent-Replayed")) == (201, None)
        assert post_large(http, "one more", Idempotency_Key="full").headers["Idempotent-Replayed"] == "true"
        assert [anonymous.get(each).status_code for each in places] == [200] * (len(places) - 1) + [404]


def prepare(server: Server) -> tuple[str, str]:
    """Create an article, and a token that was never used."""
    with client(server.url) as http:
        made = publish(http, "early", "there before")
        token = http.post("/tokens", json={})
    assert (made.status_code, token.status_code) == (201, 201)
    return made.headers["Location"], token.json()["token"]


@pytest.mark.slow
def test_a_full_disk_under_sqlite(tmp_path: Path) -> None:
    with SmallDisk(tmp_path, SIZE) as disk:
        file = disk.path / "full.db"
        server = Server(
            tmp_path / "log", "--workers", "2", "--database", f"sqlite:///{file}", root=disk.entrance(tmp_path)
        )
        try:
            check_a_full_disk(server, disk, *prepare(server))
        finally:
            server.stop()
        # The last process to close the database has copied the write-ahead log into the file.
        copy = tmp_path / "copy.db"
        shutil.copy(disk.seen / "full.db", copy)
    database = Database(f"sqlite:///{copy}")
    assert check_halves(database).all() == []
    database.close()
    assert [line for line in server.lines() if line["level"] in ("error", "critical")] == []


def no_room(answer: httpx.Response) -> None:
    """Check that a request failed because there is no room, as a problem."""
    assert answer.status_code in (503, 507), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] in ("/problems/unavailable", "/problems/insufficient-storage")


def stores(folder: Path) -> list[str]:
    """The files in a folder of spaces, without the registry, the journal, the templates and the lock."""
    found = (path.name for path in folder.iterdir() if path.suffix in (".db", ".new"))
    return sorted(name for name in found if name not in (JOURNAL, REGISTRY))


@pytest.mark.slow
@pytest.mark.one_database
@pytest.mark.parametrize("first", [True, False], ids=["before the first space", "after some spaces"])
def test_a_space_that_is_made_on_a_full_disk_is_refused_whole(tmp_path: Path, first: bool) -> None:
    with SmallDisk(tmp_path, "4m") as disk:
        folder = disk.seen / "spaces"
        folder.mkdir()
        folder.chmod(0o777)
        arguments = ("--workers", "2", "--database", f"sqlite:///{tmp_path}/main.db")
        spaces = {"SPACES_DIR": str(disk.path / "spaces")}
        aside = disk.put_aside(MIB)
        if first:
            disk.fill()
        server = Server(tmp_path / "log", *arguments, root=disk.entrance(tmp_path), **spaces)
        try:
            with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as http:
                made: list[str] = []
                while (answer := http.put(f"/spaces/s{len(made)}")).status_code == 201:
                    made.append(answer.json()["url"])
                    # A store that was opened once needs no more room for reading.
                    assert http.get(f"{made[-1]}/articles/1").status_code == 200
                no_room(answer)
                assert first == (not made)
                if not first:
                    disk.fill()
                for _ in range(5):
                    no_room(http.post("/spaces", json={}))
                    no_room(http.put("/spaces/another", headers={"Idempotency-Key": "full"}))
                for place in made:
                    no_room(http.put(f"{place.replace('/in/', '/spaces/')}/snapshots/full"))
                    no_room(http.post(f"{place.replace('/in/', '/spaces/')}/reset", json={}))
                    assert http.get(f"{place}/articles/1").status_code == 200
                assert len(stores(folder)) == len(made)
                aside.unlink()
                assert {each["url"] for each in http.get("/spaces").json()["items"]} == set(made)
                place = http.put("/spaces/another").json()["url"]
                assert http.post(f"{place}/articles", json={"title": "a", "body": ""}, auth=JOHN).status_code == 201
                assert len(stores(folder)) == len(made) + 1
        finally:
            server.stop()
    assert [line for line in server.lines() if line["level"] in ("error", "critical")] == []


class PostgresWithDisk(Postgres):
    """A PostgreSQL server that sees a small disk, and can have databases on it."""

    def __init__(self, disk: SmallDisk) -> None:
        self.disk = disk
        super().__init__()

    def create(self, name: str) -> str:
        """Create an empty database on the small disk, and return its URL."""
        place = self.disk.seen / "tablespace"
        place.mkdir()
        shutil.chown(place, self.user)
        self._run(
            "psql",
            "-d",
            self.url + "/postgres",
            "-c",
            f"CREATE TABLESPACE small LOCATION '{self.disk.path / 'tablespace'}'",
            "-c",
            f'CREATE DATABASE "{name}" TABLESPACE small',
        )
        return f"{self.url}/{name}"

    def _command(self, program: str, *arguments: str) -> list[str | Path]:
        assert self.user
        entering = [*self.disk.entering, f"--wd={self.folder}", "setpriv", f"--reuid={self.user}", "--clear-groups"]
        return [*entering, *super()._command(program, *arguments)]

    def _place(self) -> dict[str, Any]:
        # Only root can enter the disk's namespace; the process changes its account afterwards.
        return {**super()._place(), "user": None, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}}


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account can read, because the folders of tests are private."""
    with TemporaryDirectory(prefix="disk-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.slow
def test_a_full_disk_under_postgresql(open_folder: Path, tmp_path: Path) -> None:
    with SmallDisk(open_folder, SIZE) as disk:
        if "-r" in disk.flags:
            pytest.skip("PostgreSQL refuses to run as the root of a namespace, and another account needs a real one")
        postgres = PostgresWithDisk(disk)
        try:
            url = postgres.create("full")
            server = Server(tmp_path / "log", "--workers", "2", "--database", url)
            try:
                check_a_full_disk(server, disk, *prepare(server))
            finally:
                server.stop()
            database = Database(url)
            assert check_halves(database).all() == []
            database.close()
        finally:
            postgres.stop()
    assert [line for line in server.lines() if line["level"] in ("error", "critical")] == []
