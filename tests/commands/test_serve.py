"""`run.py serve`: one line when it is ready, a clean end, and one sentence if it cannot start."""

import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.forks import Fork
from tests.servers import JOHN, ROOT, Server, clean_environment, run, run_fork
from tests.waiting import PATIENCE, wait_until

SECRET = "a secret for tests, and none to keep"


def refused(*arguments: str, status: int = 1, **environment: str) -> str:
    """The error sentence of a command that fails."""
    # A server that has read its settings configures the log of its process.
    start = run_fork if arguments[0] == "serve" and status == 1 else run
    done = start(*arguments, **environment)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert "ready" not in done.stdout
    (sentence,) = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert sentence.startswith("Touchstone: ")
    return sentence


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_clean_and_ephemeral_leaves_nothing(tmp_path: Path, how: int) -> None:
    server = Server(tmp_path / "log", "--ephemeral", "--workers", "2", TMPDIR=str(tmp_path))
    assert len(list(tmp_path.glob("touchstone-*"))) == 3  # for the database, the workers' counters, and the spaces
    assert httpx.get(server.url).status_code == 200
    assert server.stop(how) == 0
    assert list(tmp_path.glob("touchstone-*")) == []


STARTER = """
import subprocess, sys
server = subprocess.Popen([sys.executable, "run.py", "serve", "--port", "0", "--ephemeral", "--until-eof"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
print(server.pid, server.stdout.readline(), flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("how", ["ends", "is killed"])
def test_a_server_does_not_outlive_the_program_that_started_it(tmp_path: Path, how: str) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER],
        cwd=ROOT,
        env=clean_environment(TMPDIR=str(tmp_path)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert starter.stdout
    pid, *ready = starter.stdout.readline().split()
    assert httpx.get(ready[-1]).status_code == 200
    if how == "ends":
        starter.communicate("\n", timeout=PATIENCE)
    else:
        starter.kill()
        starter.communicate()
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the end of the server")
    assert list(tmp_path.glob("touchstone-*")) == []


def test_a_stop_before_it_is_ready_leaves_nothing_either(tmp_path: Path) -> None:
    for _ in range(3):
        process = Fork(
            *("serve", "--port", "0", "--ephemeral"),
            log=tmp_path / "log",
            environment=clean_environment(TMPDIR=str(tmp_path)),
        )
        with process.stdout:
            wait_until(lambda: list(tmp_path.glob("touchstone-*")), "a folder", pause=0.001)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        assert list(tmp_path.glob("touchstone-*")) == []


@pytest.mark.parametrize("which", [1, 2])
def test_a_stop_while_a_folder_is_created_leaves_nothing_either(which: int, tmp_path: Path) -> None:
    stopped_at = (
        "import os, signal, sys, tempfile, run\n"
        "real, made = tempfile.mkdtemp, []\n"
        "def mkdtemp(*args, **kwargs):\n"
        "    made.append(real(*args, **kwargs))\n"
        f"    if len(made) == {which}: os.kill(os.getpid(), signal.SIGTERM)\n"
        "    return made[-1]\n"
        "tempfile.mkdtemp = mkdtemp\n"
        "run.main(['serve', '--port', '0', '--ephemeral'])\n"
    )
    environment = clean_environment(TMPDIR=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", stopped_at], cwd=ROOT, env=environment, timeout=60, check=False)
    assert done.returncode == 0
    assert list(tmp_path.glob("touchstone-*")) == []


def test_without_a_command_it_serves(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "run.py")],
        cwd=tmp_path,
        env=clean_environment(PORT="0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout
        assert process.stdout.readline().startswith("Touchstone is ready on http://127.0.0.1:")
        process.terminate()
    assert process.returncode == 0
    assert (tmp_path / "touchstone.db").exists()


def test_an_ipv6_address_is_shown_in_brackets(tmp_path: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    server = Server(tmp_path / "log", "--ephemeral", "--host", "[::1]")
    assert server.url.startswith("http://[::1]:")
    assert httpx.get(server.url).status_code == 200
    assert server.stop() == 0


def test_development_starts_with_accounts_and_a_published_article(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    for _ in range(2):
        server = Server(tmp_path / "log", "--database", url, TOUCHSTONE_ENV="development")
        article = httpx.get(f"{server.url}/articles/1").json()
        users = {user["username"] for user in httpx.get(f"{server.url}/users").json()["items"]}
        count = httpx.get(f"{server.url}/articles?count=true").json()["total"]
        assert server.stop() == 0
        assert article["status"] == "published"
        assert users == {"admin", "john", "steve", "bill"}
        assert count == 3


def test_a_missing_login_limit_is_logged_once(tmp_path: Path) -> None:
    def said(name: str, **environment: str) -> list[str]:
        server = Server(tmp_path / name, "--ephemeral", "--workers", "2", **environment)
        assert server.stop() == 0
        return [line["level"] for line in server.lines() if "LOGIN_LIMIT" in line["message"]]

    assert said("development", TOUCHSTONE_ENV="development") == ["warning"]
    assert said("limited", TOUCHSTONE_ENV="development", LOGIN_LIMIT="5/minute") == []


def test_production_starts_with_an_empty_database(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral", TOUCHSTONE_ENV="production", SECRET_KEY=SECRET)
    assert httpx.get(f"{server.url}/users").json() == {"items": [], "next": None}
    assert httpx.get(f"{server.url}/articles").json() == {"items": [], "next": None}
    assert server.stop() == 0


def test_workers_accept_each_others_cursors(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral", "--workers", "4", TOUCHSTONE_ENV="development")
    link = httpx.get(f"{server.url}/articles?limit=1").links["next"]["url"]
    statuses = {httpx.get(server.url + link).status_code for _ in range(40)}
    assert server.stop() == 0
    assert statuses == {200}


def test_links_start_with_the_public_url(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral", PUBLIC_URL="https://api.example.org/v/")
    made = httpx.post(
        f"{server.url}/articles", json={"title": "a", "body": ""}, headers={"Host": "evil.test"}, auth=JOHN
    )
    problem = httpx.get(f"{server.url}/nowhere").json()
    missing_host = httpx.get(f"{server.url}/", headers={"Host": "a b"}).json()
    assert server.stop() == 0
    assert made.headers["Location"] == f"https://api.example.org/v/articles/{made.json()['id']}"
    assert problem["type"] == "https://api.example.org/v/problems/not-found"
    assert missing_host["type"] == "https://api.example.org/v/problems/invalid-host"


def test_a_port_in_use_is_reported_and_the_database_is_not_touched(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sentence = refused("serve", "--port", str(port), "--database", f"sqlite:///{tmp_path}/x.db")
    assert str(port) in sentence
    assert list(tmp_path.iterdir()) == []


def test_a_second_server_cannot_share_the_port(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral")
    assert str(server.port) in refused("serve", "--port", str(server.port), "--ephemeral")
    assert server.stop() == 0


def test_a_locked_database_is_reported(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as other:
        other.execute("CREATE TABLE t (a)")
        other.execute("BEGIN EXCLUSIVE")
        sentence = refused("serve", "--port", "0", "--database", f"sqlite:///{tmp_path}/x.db", LOCK_TIMEOUT="0.1")
    assert "locked by another process" in sentence


@pytest.mark.parametrize(
    ("arguments", "environment", "status", "says"),
    [
        (("serve", "--port", "http"), {}, 2, "--port"),
        (("serve", "--port", "70000"), {}, 2, "--port"),
        (("serve", "--workers", "0"), {}, 2, "--workers"),
        (("serve", "--database", "oracle://x"), {}, 2, "--database|DATABASE_URL"),
        (("serve",), {"TOUCHSTONE_ENV": "production"}, 2, "SECRET_KEY"),
        (("serve",), {"TOUCHSTONE_ENV": "live"}, 2, "TOUCHSTONE_ENV"),
        (("serve", "--port", "0", "--host", "256.0.0.1"), {}, 1, "256.0.0.1"),
        (("serve", "--port", "0", "--ephemeral", "--load", "/missing/file.json"), {}, 1, "/missing/file.json"),
        (("serve", "--port", "0", "--database", "sqlite:////missing/x.db"), {}, 1, "/missing/x.db"),
        (("serve", "--port", "0", "--ephemeral"), {"LOG_FILE": "/missing/log"}, 1, "LOG_FILE"),
        (("serve", "--port", "0", "--database", "postgresql://postgres:secret@127.0.0.1:1/x"), {}, 1, "PostgreSQL"),
        (("load", "README.md", "--database", "sqlite:////missing/x.db"), {}, 1, "/missing/x.db"),
        (("db", "upgrade", "9999"), {}, 1, "9999"),
        (("db", "downgrade", "0001"), {}, 1, "nothing to downgrade"),
    ],
)
def test_a_failed_start_gives_its_reason_in_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], status: int, says: str
) -> None:
    import re

    defaults = {"DATABASE_URL": f"sqlite:///{tmp_path}/x.db"}
    sentence = refused(*arguments, status=status, **{**defaults, **environment})
    assert re.search(says, sentence)
    assert "secret@" not in sentence
    assert ":secret" not in sentence


def test_a_file_that_is_not_a_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("This is a letter, not a database. " * 10)
    sentence = refused("serve", "--port", "0", "--database", f"sqlite:///{tmp_path}/x.db")
    assert "x.db" in sentence


def test_an_unknown_command_or_flag_is_reported() -> None:
    for arguments in (("sevre",), ("serve", "--prot", "1")):
        done = run(*arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
