"""The pytest plugin, in suites of others."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from tests.packaging.conftest import Suite
from tests.servers import Server, clean_environment
from tests.waiting import wait_until

pytestmark = pytest.mark.one_database

THEIRS = """
import sys, urllib.request, urllib.error, json
import api, config
import pytest

def post(space, title):
    request = urllib.request.Request(space.url + "/articles", json.dumps({"title": title, "body": ""}).encode(),
        {"Content-Type": "application/json", "Authorization": "Bearer " + space.token})
    return json.load(urllib.request.urlopen(request))

@pytest.mark.parametrize("number", range(8))
def test_each_writes_article_4(touchstone, touchstone_server, number):
    assert post(touchstone, "Mine")["id"] == 4
    with open("urls", "a") as file:
        file.write(touchstone_server.url + "\\n")

def test_their_modules_are_theirs():
    assert api.WHOSE == config.WHOSE == "theirs"
    assert not [name for name in sys.modules if name.startswith(("flask", "resources"))]

def test_a_lost_answer(touchstone):
    with touchstone.fault("POST", "/articles", cut="after", count=1) as fault:
        with pytest.raises(OSError):
            post(touchstone, "Lost")
    assert (fault.seen, fault.done) == (1, 1)
    assert touchstone.get("/articles?title=Lost&count=true")["total"] == 1

def test_its_own_requests_are_sent_once(touchstone):
    touchstone.request("GET", "/hello")
    with touchstone.fault("POST", "/articles", cut="after") as fault:
        with pytest.raises(OSError):
            touchstone.request("POST", "/articles", json={"title": "Lost", "body": ""})
        assert fault.seen == 1
    assert touchstone.get("/articles?title=Lost&count=true")["total"] == 1

def test_each_short_form(touchstone):
    for effects in ({"delay": 1}, {"status": 503}, {"cut": "before"}, {"hang": {"ms": 1}}, {"slow": 100000},
                    {"corrupt": "json"}, {"limit": {"requests": 0, "seconds": 1}}, {"twice": True}):
        with touchstone.fault("GET", "/hello", **effects) as fault:
            try:
                urllib.request.urlopen(touchstone.url + "/hello").read()
            except OSError:
                pass
            assert fault.done == 1, effects

def test_snapshots(touchstone):
    post(touchstone, "Kept")
    touchstone.snapshot("one")
    post(touchstone, "Gone")
    touchstone.restore("one")
    assert touchstone.get("/articles?count=true")["total"] == 4
    touchstone.reset()
    assert touchstone.get("/articles?count=true")["total"] == 3

@pytest.mark.touchstone(from_="empty", seed={"articles": [{"title": "Seeded", "body": "", "author": "admin"}]})
def test_a_seed(touchstone):
    assert [each["title"] for each in touchstone.get("/articles")["items"]] == ["Seeded"]

@pytest.mark.touchstone(collections="db.json", seed={"posts": [{"n": 2}]})
def test_own_data_of_a_file(touchstone):
    assert touchstone.get("/posts") == [{"id": 1, "n": 1}, {"id": 2, "n": 2}]
"""
FAILING = """
import urllib.request
import pytest

def test_a_fault_that_never_acted(touchstone):
    with touchstone.fault("DELETE", cut="after"):
        urllib.request.urlopen(touchstone.url + "/hello")

def test_their_own_failure_stays_the_failure(touchstone):
    with touchstone.fault("DELETE", cut="after"):
        assert 1 == 2

def test_what_was_received(touchstone):
    for number in range(25):
        urllib.request.urlopen(touchstone.url + f"/hello?name={number}")
    touchstone.received("GET", "/hello", count=26)

def test_a_bad_fault(touchstone):
    touchstone.fault("GET", status=200).__enter__()

def test_no_short_form(touchstone):
    touchstone.fault("GET", limit=3)

@pytest.mark.touchstone(collections="nowhere.json")
def test_no_such_file(touchstone):
    pass

@pytest.mark.touchstone(collections="bad.json")
def test_not_json(touchstone):
    pass
"""
HANGING = """
import time

def test_it_hangs(touchstone, touchstone_server):
    with open("url", "w") as file:
        file.write(touchstone_server.url)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def theirs(tmp_path: Path) -> None:
    """Modules with the names of the server's own."""
    for name in ("api.py", "config.py"):
        (tmp_path / name).write_text('WHOSE = "theirs"\n')


def test_spaces_faults_and_snapshots_with_one_server_for_all_workers(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "db.json").write_text('{"posts": [{"id": 1, "n": 1}]}')
    done = suite(THEIRS, "-n", "3")
    assert done.returncode == 0, done.stdout
    urls = (tmp_path / "urls").read_text().split()
    assert (len(urls), len(set(urls))) == (8, 1)
    with pytest.raises(httpx.ConnectError):
        httpx.get(urls[0])
    assert not [*tmp_path.glob("touchstone-*")]


def test_what_fails_says_why(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("[")
    told = suite(FAILING).stdout
    assert "5 failed" in told
    assert "2 errors" in told
    assert "There is no file nowhere.json in" in told
    assert "bad.json is not JSON: Expecting value" in told
    assert "Expected 26 of GET /hello, but 25 came" in told
    report = told.partition("-- touchstone: http://127.0.0.1:")[2]
    last = told.rpartition("/hello?name=24 → 200")[0]
    assert "/hello?name=5 → 200" in last
    assert "/hello?name=4 → 200" not in told
    assert report
    assert "never acted: 0 requests reached it" in told
    assert "assert 1 == 2" in told
    assert "TouchstoneError: POST /spaces/" in told
    assert "#/do/0/status/code" in told
    assert "There is no short form of limit" in told


def test_nothing_is_started_before_a_fixture_is_asked_for(suite: Suite) -> None:
    # With this setting no server can start.
    assert suite("def test_none(): pass", "-n", "2", TOUCHSTONE_ENV="nowhere").returncode == 0
    told = suite("def test_one(touchstone): pass", "-n", "2", TOUCHSTONE_ENV="nowhere").stdout
    assert "The server did not start. Touchstone: TOUCHSTONE_ENV is 'nowhere'" in told


def test_a_server_that_runs_is_used_and_keeps_its_spaces_on_request(suite: Suite, server: Server) -> None:
    text = "def test_url(touchstone): print(touchstone.id)"
    for arguments, environment in ((["--touchstone-url", server.url], {}), ([], {"TOUCHSTONE_URL": server.url})):
        done = suite(text, "-s", *arguments, **environment)
        assert done.returncode == 0, done.stdout
        made = re.search(r"\b[a-z2-7]{26}\b", done.stdout)
        assert made
        assert httpx.get(f"{server.url}/spaces/{made[0]}").status_code == 404
    done = suite(text, "-s", "--touchstone-keep", TOUCHSTONE_URL=server.url)
    made = re.search(r"\b[a-z2-7]{26}\b", done.stdout)
    assert made
    assert httpx.delete(f"{server.url}/spaces/{made[0]}").status_code == 204
    assert "No server answers at" in suite(text, TOUCHSTONE_URL="http://127.0.0.1:1").stdout


@pytest.mark.parametrize("arguments", [pytest.param([], marks=pytest.mark.slow), ["-n", "1"]])
def test_a_server_does_not_outlive_a_suite_that_is_killed(package: Path, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "test_theirs.py").write_text(HANGING)
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", *arguments],
        cwd=tmp_path,
        env=clean_environment(PYTHONPATH=str(package)),
        stdout=subprocess.DEVNULL,
    ) as process:
        url = wait_until(lambda: (tmp_path / "url").exists() and (tmp_path / "url").read_text(), "a server")
        [started] = [each for each in psutil.Process(process.pid).children() if "serve" in each.cmdline()]
        process.send_signal(signal.SIGKILL)
    wait_until(lambda: not started.is_running(), "the end of the server")
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
