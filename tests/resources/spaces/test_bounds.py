"""What bounds spaces: their number, their size, their time; and what is left behind: nothing."""

import os
import resource
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.rules.clock import now, timestamp
from api.store.database import Database
from api.store.space_files import JOURNAL, REGISTRY
from api.store.spaces import spaces
from tests.resources.making import refused
from tests.servers import Server, run_fork, workers
from tests.waiting import wait_until

pytestmark = pytest.mark.one_database

Start = Callable[..., tuple[Server, httpx.Client]]


@pytest.fixture
def start(migrated_database: Callable[[], str], tmp_path: Path) -> Any:
    """Starts a server whose spaces are in the folder `spaces`."""
    started: list[tuple[Server, httpx.Client]] = []

    def begin(*arguments: str, **environment: str) -> tuple[Server, httpx.Client]:
        settings = {"SPACES_DIR": str(tmp_path / "spaces"), **environment}
        server = Server(tmp_path / "log", "--database", migrated_database(), *arguments, **settings)
        started.append((server, httpx.Client(base_url=server.url, trust_env=False)))
        return started[-1]

    yield begin
    for server, client in started:
        client.close()
        server.stop()


def files(folder: Path) -> list[str]:
    """The stores in the folder of spaces."""
    return sorted(path.name for path in (folder / "spaces").glob("*.db") if path.name not in (REGISTRY, JOURNAL))


def test_a_space_too_many_is_507_and_one_that_is_deleted_makes_room(start: Start, tmp_path: Path) -> None:
    _, client = start(SPACES_MOST="2")
    made = [client.post("/spaces", json={}).json()["id"] for _ in range(2)]
    refused(client.post("/spaces", json={}), 507, "insufficient-storage")
    refused(client.put("/spaces/third"), 507, "insufficient-storage")
    assert len(files(tmp_path)) == 2
    assert client.delete(f"/spaces/{made[0]}").status_code == 204
    assert client.put("/spaces/third").status_code == 201


def test_a_space_that_is_full_is_507_and_keeps_what_it_has(start: Start) -> None:
    _, client = start(SPACE_BYTES=str(1024 * 1024))
    place = client.post("/spaces", json={}).json()["url"]
    sent = {"title": "Large", "body": "x" * 100_000}
    answers = [client.post(f"{place}/articles", json=sent, auth=("john", "john")) for _ in range(12)]
    stored = [answer for answer in answers if answer.status_code == 201]
    assert 4 <= len(stored) < 12
    document = answers[-1].json()
    assert (answers[-1].status_code, document["type"]) == (507, f"{place}/problems/insufficient-storage")
    assert client.get(f"{place}/articles?count=true").json()["total"] == 3 + len(stored)
    assert client.post(f"{place.replace('/in/', '/spaces/')}/reset", json={}).status_code == 200
    assert client.post(f"{place}/articles", json=sent, auth=("john", "john")).status_code == 201


def test_without_room_a_reset_is_507_and_the_space_stays_as_it_was(start: Start, tmp_path: Path) -> None:
    server, client = start()
    place = client.post("/spaces", json={}).json()["url"]
    assert client.post(f"{place}/articles", json={"title": "A", "body": ""}, auth=("john", "john")).status_code == 201
    [worker] = workers(server.process)
    # No file can grow beyond this, as on a full disk.
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (64 * 1024, resource.RLIM_INFINITY))
    refused(client.post(f"{place.replace('/in/', '/spaces/')}/reset", json={}), 507, "insufficient-storage")
    assert client.get(f"{place}/articles/4").status_code == 200
    assert len(files(tmp_path)) == 1


def test_a_space_that_nobody_uses_expires(start: Start, tmp_path: Path) -> None:
    _, client = start()
    used, unused = (client.post("/spaces", json={"idle_minutes": 1}).json() for _ in range(2))
    long_ago = timestamp(now().replace(year=2020))
    with closing(Database.of_space(tmp_path / "spaces" / REGISTRY)) as registry, registry.transaction() as db:
        db.execute(spaces.update().where(spaces.c.id == unused["id"]).values(last_used_at=long_ago))
    assert client.get(f"{unused['url']}/articles").json()["type"] == "/problems/no-such-space"
    refused(client.get(f"/spaces/{unused['id']}"), 404, "not-found")
    assert client.get(f"{used['url']}/articles").status_code == 200
    assert [each["id"] for each in client.get("/spaces").json()["items"]] == [used["id"]]
    assert len(files(tmp_path)) == 1
    assert client.put(f"/spaces/{unused['id']}").status_code == 201


def test_nothing_is_left_in_a_temporary_folder(migrated_database: Callable[[], str], tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    server = Server(tmp_path / "log", "--database", migrated_database(), "--workers", "2", TMPDIR=str(folder))
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        place = client.post("/spaces", json={}).json()["url"]
        assert client.post(f"{place}/articles", json={"title": "A", "body": ""}, auth=("john", "john")).is_success
    assert list(folder.iterdir())
    assert server.stop() == 0
    assert list(folder.iterdir()) == []


def test_a_worker_that_dies_takes_no_space_with_it(start: Start, tmp_path: Path) -> None:
    server, client = start("--workers", "2")
    made = [client.post("/spaces", json={}).json()["url"] for _ in range(4)]
    for place in made:
        sent = client.post(f"{place}/articles", json={"title": "A", "body": ""}, auth=("john", "john"))
        assert sent.status_code == 201
    for worker in workers(server.process):
        os.kill(worker, signal.SIGKILL)
    client.close()
    with httpx.Client(base_url=server.url, trust_env=False, transport=httpx.HTTPTransport(retries=5)) as again:
        wait_until(lambda: again.get("/readyz").status_code == 200, "a worker")
        for place in made:
            assert again.get(f"{place}/articles/4").json()["title"] == "A"
    assert len(files(tmp_path)) == 4


def test_a_named_folder_keeps_the_spaces_and_files_without_a_row_go(start: Start, tmp_path: Path) -> None:
    server, client = start()
    place = client.post("/spaces", json={}).json()["url"]
    orphan = tmp_path / "spaces" / "orphan.1.0000000000000000.db"
    orphan.write_bytes(b"")
    os.utime(orphan, (1, 1))
    assert server.stop() == 0
    _, client = start()
    assert client.get(f"{place}/articles/1").status_code == 200
    assert client.get("/spaces").status_code == 200
    assert not orphan.exists()


def test_spaces_of_an_earlier_version_end_with_it(start: Start, tmp_path: Path) -> None:
    server, client = start()
    made = client.post("/spaces", json={}).json()
    assert server.stop() == 0
    with closing(Database.of_space(tmp_path / "spaces" / REGISTRY)) as registry, registry.transaction() as db:
        db.execute(spaces.update().values(revision="0001"))
    _, client = start()
    assert client.get(f"{made['url']}/articles").json()["type"] == "/problems/no-such-space"
    assert client.put(f"/spaces/{made['id']}").status_code == 201
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE spaces DROP COLUMN accounts",
        "ALTER TABLE spaces ADD COLUMN later",
        "ALTER TABLE snapshots DROP COLUMN generation",
        "UPDATE alembic_version SET version_num = '9999'",
    ],
)
def test_a_registry_of_another_layout_is_made_anew(start: Start, tmp_path: Path, change: str) -> None:
    server, client = start()
    made = client.post("/spaces", json={}).json()
    assert server.stop() == 0
    with closing(sqlite3.connect(tmp_path / "spaces" / REGISTRY)) as registry, registry:
        registry.execute(change)
    server, client = start("--workers", "2")
    assert client.get(f"{made['url']}/articles").json()["type"] == "/problems/no-such-space"
    assert client.get("/spaces").json()["items"] == []
    assert client.put(f"/spaces/{made['id']}").status_code == 201
    assert client.get(f"{made['url']}/articles/1").status_code == 200
    assert [line for line in server.lines() if line["level"] in ("error", "critical")] == []


def test_few_stores_stay_open_and_all_answer(start: Start, tmp_path: Path) -> None:
    server, client = start(SPACES_OPEN="3")
    made = [client.post("/spaces", json={}).json()["url"] for _ in range(8)]
    for _ in range(3):
        for place in made:
            assert client.get(f"{place}/articles/1").status_code == 200
    [worker] = workers(server.process)
    held = [str(each.readlink()) for each in Path(f"/proc/{worker}/fd").iterdir() if each.exists()]
    stores = {Path(each).name.partition(".db")[0] for each in held if "/spaces/" in each}
    assert len(stores - {Path(REGISTRY).stem, Path(JOURNAL).stem}) <= 3


@pytest.mark.parametrize(("value", "status"), [("off", 404), ("admins", 401)])
def test_spaces_may_be_off_or_for_administrators(start: Start, value: str, status: int) -> None:
    _, client = start(SPACES=value)
    assert client.post("/spaces", json={}).status_code == status
    assert client.get("/spaces").status_code == status
    assert client.put("/spaces/named").status_code == status
    if value == "off":
        assert client.get("/in/x/articles").json()["type"] == "/problems/not-found"
        assert "/spaces" not in client.get("/openapi.json").json()["paths"]
        return
    for account, wanted in ((("john", "john"), 403), (("admin", "secret"), 201)):
        answer = client.post("/spaces", json={}, auth=account)
        assert answer.status_code == wanted
    space_id, token = answer.json()["id"], answer.json()["token"]
    place = f"/spaces/{space_id}"
    assert client.get(place).status_code == 401
    refused(client.get(place, auth=("john", "john")), 403, "forbidden")
    assert client.get(place, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    other = client.post("/spaces", json={}, auth=("admin", "secret")).json()["token"]
    refused(client.get(place, headers={"Authorization": f"Bearer {other}"}), 403, "forbidden")
    refused(client.get(place, headers={"Authorization": "Bearer tst_" + "a" * 43}), 401, "invalid-token")
    assert client.get(f"/in/{space_id}/articles").status_code == 200


def test_production_has_no_spaces_unless_it_is_told(start: Start) -> None:
    production = {"TOUCHSTONE_ENV": "production", "SECRET_KEY": "k3Jx8sQv0ZrT5wYb1nMc7pLd9fGh2aUe"}
    _, client = start(**production)
    assert client.post("/spaces", json={}).status_code == 404


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run_fork("serve", "--port", "0", "--ephemeral", SPACES_DIR=str(tmp_path / "file" / "spaces"))
    assert done.returncode == 1
    assert "SPACES_DIR" in done.stderr
    assert "Traceback" not in done.stderr
