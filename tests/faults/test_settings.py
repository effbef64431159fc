"""Where faults act, by the setting FAULTS, and under other WSGI servers."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.resources.making import refused
from tests.resources.spaces.making import spaces
from tests.servers import ROOT, Server, clean_environment

pytestmark = pytest.mark.one_database

Start = Callable[..., Server]
ORDER = {"Touchstone-Fault": "status;code=418"}
RULE = {"do": [{"status": {"code": 418}}]}
ADMIN = ("admin", "secret")


@pytest.fixture
def start(tmp_path: Path, migrated_database: Callable[[], str]) -> Iterator[Start]:
    """Starts servers with these settings, and stops them at the end."""
    started: list[Server] = []

    def start(**settings: str) -> Server:
        started.append(Server(tmp_path / "log", "--database", migrated_database(), **settings))
        return started[-1]

    yield start
    for each in started:
        assert each.stop() == 0


def test_faults_are_off(start: Start) -> None:
    with spaces(start(FAULTS="off"), 1) as [space]:
        refused(space.control.get(f"{space.place}/faults"), 404, "not-found")
        refused(space.control.post(f"{space.place}/faults", json=RULE), 404, "not-found")
        for http in (space.anonymous, space.control):
            answer = http.get("/hello", headers=ORDER)
            assert answer.status_code == 400
            assert "nowhere on this server (setting FAULTS)" in answer.json()["errors"][0]["detail"]


def test_faults_in_spaces_alone(start: Start) -> None:
    with spaces(start(FAULTS="spaces"), 1) as [space]:
        assert space.control.post(f"{space.place}/faults", json=RULE).status_code == 201
        assert space.anonymous.get("/hello").status_code == 418
        assert space.anonymous.get("/hello", headers={"Touchstone-Fault": "status;code=410"}).status_code == 410
        errors = refused(space.control.get("/hello", headers=ORDER), 400, "invalid-header")["errors"]
        assert "only in spaces" in errors[0]["detail"]
        for answer in (space.control.get("/spaces/root/faults"), space.control.post("/spaces/root/faults", json=RULE)):
            refused(answer, 404, "not-found")


def test_faults_of_the_server_itself_are_for_administrators_unless_spaces_are_open(start: Start) -> None:
    server = start(SPACES="admins", FAULTS="everywhere")
    with httpx.Client(base_url=server.url) as http:
        for auth, status in ((None, 401), (("john", "john"), 403), (ADMIN, 201)):
            assert http.post("/spaces/root/faults", json=RULE, auth=auth).status_code == status
        answer = http.get("/articles/1")
        assert (answer.status_code, answer.headers["Touchstone-Fault"]) == (418, "1")
        assert http.get("/livez").status_code == 200
        assert http.get("/spaces/root/faults/1", auth=ADMIN).json()["done"] == 1
        assert http.delete("/spaces/root/faults/1", auth=ADMIN).status_code == 204
        assert http.get("/articles/1").status_code == 200


def test_without_spaces_the_field_still_acts(start: Start) -> None:
    with httpx.Client(base_url=start(SPACES="off").url) as http:
        assert http.get("/hello", headers=ORDER).status_code == 418
        assert http.get("/spaces/root/faults").status_code == 404


def test_root_has_faults_and_nothing_else(server: Server) -> None:
    with httpx.Client(base_url=server.url) as http:
        made = http.post("/spaces/root/faults", json={"match": {"path": "/of-this-test"}, **RULE})
        assert made.status_code == 201
        assert http.get("/of-this-test").status_code == 418
        assert http.delete(made.headers["Location"]).status_code == 204
        assert http.get("/of-this-test").status_code == 404
        for path in ("/spaces/root", "/spaces/root/snapshots", "/in/root", "/in/root/hello"):
            assert http.get(path).status_code == 404, path


def test_another_wsgi_server_refuses_them(tmp_path: Path) -> None:
    code = (
        "from werkzeug.serving import make_server; from run import app\n"
        "with make_server('127.0.0.1', 0, app, threaded=True) as server:\n"
        "    print(server.port, flush=True)\n"
        "    server.serve_forever()"
    )
    log = tmp_path / "log"
    Server.logs.add(log)
    environment = clean_environment(DATABASE_URL=f"sqlite:///{tmp_path}/a.db")
    subprocess.run([sys.executable, "run.py", "db", "upgrade"], cwd=ROOT, env=environment, check=True)
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
    try:
        assert process.stdout
        base = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        with httpx.Client(base_url=base) as http:
            assert http.get("/hello").status_code == 200
            space = http.post("/spaces", json={}).json()
            assert http.get(f"{space['url']}/hello").status_code == 200
            refused(http.get("/hello", headers=ORDER), 501, "not-implemented")
            assert http.get(f"{space['url']}/hello", headers=ORDER).status_code == 501
            refused(http.post(f"/spaces/{space['id']}/faults", json=RULE), 501, "not-implemented")
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()
