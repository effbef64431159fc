"""`run.py user add`: accounts, such as the first administrator's (CONTRACT §1, §9)."""

import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from api.app import find_loaders
from api.rules.passwords import fits
from api.store import migrating
from api.store.accounts import logins, users
from api.store.audit import audit
from api.store.database import Database
from tests import leaks
from tests.servers import ROOT, Server, clean_environment, run, run_process

SECRET = "a secret for tests, and none to keep"
PRODUCTION = {"TOUCHSTONE_ENV": "production", "SECRET_KEY": SECRET}
ANNA = ("anna", "--email", "anna@example.org")
Command = Callable[..., subprocess.CompletedProcess[str]]
# The prompts of a terminal for the two inputs of the password.
PROMPTS = ("Password: ", "Repeat for confirmation: ")


def add(
    *arguments: str, typed: str | bytes, url: str, start: Command = run, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `user add` with this standard input, and assert that it printed no password and no trace."""
    done = start("user", "add", *arguments, stdin=typed, DATABASE_URL=url, **environment)
    assert "Traceback" not in done.stderr
    assert leaks.findings([("said", done.stdout + done.stderr)]) == []
    return done


def refused(done: subprocess.CompletedProcess[str], status: int) -> str:
    """The error sentence of a refusal."""
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("Touchstone: ")
    assert sentence.endswith(".")
    return sentence


def rows(url: str, table: sa.Table) -> list[dict[str, Any]]:
    database = Database(url)
    try:
        with database.reading() as db:
            return [dict(row) for row in db.execute(sa.select(table)).mappings()]
    finally:
        database.close()


def new_password() -> str:
    return f"password-{uuid4().hex}"


def test_an_account_is_created_in_a_new_database(new_database: Callable[[], str]) -> None:
    url, password = new_database(), new_password()
    done = add(*ANNA, "--name", "Anna Lee", typed=f"{password}\n", url=url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Created anna, with the role user.\n", "")
    (user,), (login,), (entry,) = rows(url, users), rows(url, logins), rows(url, audit)
    members = ("username", "name", "email", "role", "version")
    assert [user[member] for member in members] == ["anna", "Anna Lee", "anna@example.org", "user", 1]
    assert (login["user_id"], login["well_known"]) == (user["id"], False)
    assert login["password_hash"].startswith("$argon2id$")
    assert fits(password, login["password_hash"])
    assert (entry["action"], entry["target"]) == ("create", f"/users/{user['id']}")
    assert (entry["user_id"], entry["username"], entry["request_id"]) == (None, None, None)
    assert leaks.findings(leaks.stored(url)) == []
    assert leaks.holding({"the password": password}, leaks.stored(url)) == set()


def test_it_migrates_an_older_database(new_database: Callable[[], str]) -> None:
    url = new_database()
    database = Database(url)
    find_loaders()
    migrating.upgrade(database, "0001")
    database.close()
    assert add(*ANNA, typed=new_password(), url=url).returncode == 0
    assert [user["username"] for user in rows(url, users)] == ["anna"]


@pytest.mark.parametrize(
    ("typed", "password"),
    [
        ("{}\r\n", "{}"),
        ("{}\nand another line\n", "{}"),
        ("  {} with spaces \n", "  {} with spaces "),
        ("{} é 🎉:\n", "{} é 🎉:"),
    ],
)
def test_the_password_is_the_first_line_of_standard_input(tmp_path: Path, typed: str, password: str) -> None:
    url, word = f"sqlite:///{tmp_path}/x.db", new_password()
    assert add(*ANNA, typed=typed.format(word), url=url).returncode == 0
    (login,) = rows(url, logins)
    assert fits(password.format(word), login["password_hash"])


def test_the_default_name_is_the_user_name(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    done = add(*ANNA, "--admin", typed=new_password(), url=url)
    assert done.stdout == "Created anna, with the role admin.\n"
    ((name, role),) = [(user["name"], user["role"]) for user in rows(url, users)]
    assert (name, role) == ("anna", "admin")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ANNA", "--email", "other@example.org"), "user name"),
        (("other", "--email", "Anna@Example.org"), "e-mail address"),
        (("anna", "--email", "anna@example.org"), "user name and this e-mail address"),
    ],
)
def test_a_taken_user_name_or_mailbox_is_refused_in_any_case(
    new_database: Callable[[], str], arguments: tuple[str, ...], says: str
) -> None:
    url = new_database()
    assert add(*ANNA, typed=new_password(), url=url).returncode == 0
    before = [rows(url, table) for table in (users, logins, audit)]
    sentence = refused(add(*arguments, typed=new_password(), url=url), 1)
    assert f"this {says}:" in sentence
    assert [rows(url, table) for table in (users, logins, audit)] == before


@pytest.mark.parametrize(
    ("arguments", "typed", "names"),
    [
        (("a", "--email", "a@example.org"), None, "username"),
        (("anna\n", "--email", "a@example.org"), None, "username"),
        (("anna", "--email", "a\udcff@example.org"), None, "email"),
        ((*ANNA, "--name", "\udcff"), None, "name"),
        (ANNA, "", "password"),
        (ANNA, "seven77\n", "password"),
        (ANNA, "long" * 65, "password"),
        (ANNA, b"\xff" * 12, "password"),
        # RFC 7617 §2 forbids this character in Basic credentials, so nobody could sign in with it.
        (ANNA, "a tab \t in it", "password"),
        (ANNA, "a NUL \0 in it", "password"),
    ],
)
def test_invalid_values_are_refused_before_anything_is_created(
    tmp_path: Path, arguments: tuple[str, ...], typed: str | bytes | None, names: str
) -> None:
    given = new_password() if typed is None else typed
    url = f"sqlite:///{tmp_path}/x.db"
    if isinstance(given, bytes):
        # A usual locale, in which Python decodes strictly.
        done = add(*arguments, typed=given, url=url, start=run_process, PYTHONIOENCODING="utf-8:strict")
    else:
        done = add(*arguments, typed=given, url=url)
    sentence = refused(done, 2)
    assert f"The {names} cannot be used" in sentence
    shown = given.decode("latin-1") if isinstance(given, bytes) else given
    assert not shown.strip() or shown.strip() not in sentence
    assert list(tmp_path.iterdir()) == []


def test_a_missing_flag_is_reported() -> None:
    done = run("user", "add", "anna")
    assert done.returncode == 2
    assert "--email" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unusable_database_is_reported() -> None:
    sentence = refused(add(*ANNA, typed=new_password(), url="sqlite:////missing/x.db"), 1)
    assert "/missing/x.db" in sentence


def test_help_has_an_example() -> None:
    for arguments in (("user", "--help"), ("user", "add", "--help")):
        done = run(*arguments)
        assert done.returncode == 0
        assert "Example: python run.py user add " in done.stdout


@pytest.mark.one_database
def test_the_first_administrator_of_production_signs_in(new_database: Callable[[], str], tmp_path: Path) -> None:
    url, password = new_database(), new_password()
    server = Server(tmp_path / "log", "--database", url, **PRODUCTION)
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        nobody = client.get("/users").json()
        kept = [rows(url, table) for table in (users, logins)]
        added = add(*ANNA, "--admin", typed=password, url=url, **PRODUCTION)
        me = client.get("/users/me", auth=("anna", password))
        trail = client.get("/admin/audit", auth=("anna", password))
        closed = client.post("/users", json={})
    assert server.stop() == 0
    assert (nobody, kept) == ({"items": [], "next": None}, [[], []])
    assert added.returncode == 0
    assert (me.status_code, me.json()["username"], me.json()["role"]) == (200, "anna", "admin")
    assert trail.status_code == 200
    (entry,) = trail.json()["items"]
    assert (entry["action"], entry["target"]) == ("create", f"/users/{me.json()['id']}")
    assert (entry["user_id"], entry["username"], entry["request_id"]) == (None, None, None)
    assert closed.status_code == 401
    assert [line["message"] for line in server.lines() if line["message"] != "migrated"] == ["answered"] * 4
    assert leaks.findings(leaks.logged([server.log])) == []


def test_in_production_it_requires_the_secret_as_the_server_does(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    sentence = refused(add(*ANNA, typed=new_password(), url=url, TOUCHSTONE_ENV="production"), 2)
    assert "SECRET_KEY" in sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "typed", "status", "prompts"),
    [
        (ANNA, ["{}", "{}"], 0, [0, 1]),
        (ANNA, ["{}", "{} with a slip", "{}", "{}"], 0, [0, 1, 0, 1]),
        (ANNA, ["seven77", "seven77"], 2, [0, 1]),
    ],
)
def test_on_a_terminal_the_password_is_asked_for_twice_and_not_shown(
    tmp_path: Path, arguments: tuple[str, ...], typed: list[str], status: int, prompts: list[int]
) -> None:
    url, word = f"sqlite:///{tmp_path}/x.db", new_password()
    answers = [(PROMPTS[prompt], each.format(word)) for prompt, each in zip(prompts, typed, strict=True)]
    returncode, said = on_a_terminal("user", "add", *arguments, answers=answers, DATABASE_URL=url)
    assert returncode == status, said
    assert "Traceback" not in said
    assert word not in said
    assert "seven77" not in said
    if status == 0:
        (login,) = rows(url, logins)
        assert fits(word, login["password_hash"])
    else:
        assert list(tmp_path.iterdir()) == []


def on_a_terminal(
    *arguments: str, answers: list[tuple[str, str]], echo: bool = False, **environment: str
) -> tuple[int, str]:
    """Run a command on a new terminal, type each answer after its prompt, and return its status and its output.

    `echo`: the prompts show what is typed.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", TERMINAL, "run.py", *arguments],
        cwd=ROOT,
        env=clean_environment(**environment),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said, deadline = b"", monotonic() + 30
    try:
        for prompt, answer in answers:
            before = len(said)
            # Wait until the terminal no longer shows typed text: earlier input is discarded.
            while prompt.encode() not in said[before:] or (not echo and termios.tcgetattr(ours)[3] & termios.ECHO):
                said += _heard(ours, deadline)
            os.write(ours, answer.encode() + b"\n")
        with suppress(OSError):  # Linux reports this when the other end is closed
            while True:
                said += _heard(ours, deadline)
        return process.wait(30), said.decode()
    finally:
        process.kill()
        process.wait()
        os.close(ours)


# Makes the terminal the controlling terminal of this session, as a login does.
TERMINAL = "import fcntl, runpy, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); \
sys.argv = sys.argv[1:]; runpy.run_path('run.py', run_name='__main__')"


def _heard(terminal: int, deadline: float) -> bytes:
    assert monotonic() < deadline, "nothing more was said"
    readable, _, _ = select.select([terminal], [], [], 0.05)
    if not readable:
        return b""
    if not (piece := os.read(terminal, 4096)):
        raise OSError("the end")
    return piece
