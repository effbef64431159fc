"""`run.py user list`, `passwd` and `delete` (CONTRACT §1, §9)."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests import leaks
from tests.commands.test_user import ANNA, add, new_password, on_a_terminal, refused
from tests.servers import Server, run


@pytest.fixture
def password() -> str:
    """Anna's password."""
    return new_password()


@pytest.fixture
def url(migrated_database: Callable[[], str], password: str) -> str:
    """A database with the account anna."""
    found = migrated_database()
    assert add(*ANNA, typed=password, url=found).returncode == 0
    return found


@pytest.fixture
def api(url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a server with two workers on that database."""
    server = Server(tmp_path / "log", "--database", url, "--workers", "2", TOUCHSTONE_ENV="testing")
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        yield client
    assert server.stop() == 0


def test_the_accounts_are_listed_without_passwords(url: str) -> None:
    assert add("bob", "--email", "bob@example.org", "--admin", typed=new_password(), url=url).returncode == 0
    done = run("user", "list", "--database", url)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[1:] for line in lines] == [["anna", "user", "anna@example.org"], ["bob", "admin", "bob@example.org"]]
    found = json.loads(run("user", "list", "--json", "--database", url).stdout)
    assert [each["username"] for each in found] == ["anna", "bob"]
    assert set(found[0]) == {"id", "username", "role", "name", "email", "created_at"}


def test_an_empty_list_is_an_empty_array(migrated_database: Callable[[], str]) -> None:
    done = run("user", "list", "--json", "--database", migrated_database())
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


def test_a_new_password_ends_the_old_one_and_all_tokens(api: httpx.Client, url: str, password: str) -> None:
    old, new = ("anna", password), ("anna", new_password())
    token = api.post("/tokens", auth=old, json={}).json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    before = api.get("/users/me", headers=bearer)
    done = run("user", "passwd", "ANNA", "--database", url, stdin=f"{new[1]}\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Changed the password of ANNA, and ended its tokens and sessions.\n"
    for _ in range(4):  # both workers
        assert api.get("/users/me", headers=bearer).status_code == 401
        assert api.get("/users/me", auth=old).status_code == 401
    after = api.get("/users/me", auth=new)
    assert after.json()["version"] == before.json()["version"] + 1
    assert leaks.findings(leaks.stored(url)) == []


@pytest.mark.parametrize("typed", ["", "seven77\n", "a tab \t in it\n"])
def test_an_invalid_password_is_refused_and_changes_nothing(url: str, password: str, typed: str) -> None:
    before = run("user", "list", "--json", "--database", url).stdout
    sentence = refused(run("user", "passwd", "anna", "--database", url, stdin=typed), 2)
    assert "The password cannot be used" in sentence
    assert run("user", "list", "--json", "--database", url).stdout == before


def test_a_deletion_ends_the_account_and_its_drafts(api: httpx.Client, url: str, password: str) -> None:
    anna = ("anna", password)
    me = api.get("/users/me", auth=anna).json()["id"]
    draft, article = (
        api.post("/articles", auth=anna, json={"title": "x", "body": "", "status": status}).headers["Location"]
        for status in ("draft", "published")
    )
    done = run("user", "delete", "anna", "--yes", "--database", url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Deleted anna.\n", "")
    assert api.get("/users/me", auth=anna).status_code == 401
    assert [api.get(path).status_code for path in (f"/users/{me}", draft, article)] == [404, 404, 200]
    assert api.get(article).json()["author_id"] is None
    assert "anna" not in run("user", "list", "--database", url).stdout


def test_the_audit_has_what_the_command_line_did(api: httpx.Client, url: str) -> None:
    admin = ("root", new_password())
    assert add("root", "--email", "r@example.org", "--admin", typed=admin[1], url=url).returncode == 0
    assert run("user", "passwd", "anna", "--database", url, stdin=f"{new_password()}\n").returncode == 0
    assert run("user", "delete", "anna", "--yes", "--database", url).returncode == 0
    entries = api.get("/admin/audit", auth=admin).json()["items"]
    assert [(each["action"], each["user_id"]) for each in entries[:2]] == [("delete", None), ("change", None)]


@pytest.mark.parametrize("command", [("passwd",), ("delete", "--yes")])
@pytest.mark.one_database
def test_an_unknown_account_is_refused(url: str, command: tuple[str, ...]) -> None:
    name = f"nobody-{uuid4().hex[:8]}"
    sentence = refused(run("user", *command, name, "--database", url, stdin="a password\n"), 1)
    assert f"There is no account '{name}'" in sentence


@pytest.mark.parametrize("command", [("list",), ("passwd", "anna"), ("delete", "--yes", "anna")])
def test_a_missing_database_is_refused_and_not_created(tmp_path: Path, command: tuple[str, ...]) -> None:
    sentence = refused(run("user", *command, "--database", f"sqlite:///{tmp_path}/x.db", stdin="a password\n"), 1)
    assert "There is no database" in sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.one_database
def test_without_a_terminal_a_deletion_requires_a_flag(url: str) -> None:
    assert "--yes" in refused(run("user", "delete", "anna", "--database", url, stdin="y\n"), 2)
    assert len(json.loads(run("user", "list", "--json", "--database", url).stdout)) == 1


@pytest.mark.parametrize(("typed", "status", "left"), [("y", 0, 0), ("n", 1, 1), ("", 1, 1)])
@pytest.mark.one_database
def test_on_a_terminal_a_deletion_asks_first(url: str, typed: str, status: int, left: int) -> None:
    answers = [("[y/N]: ", typed)]
    returncode, said = on_a_terminal("user", "delete", "anna", "--database", url, answers=answers, echo=True)
    assert returncode == status, said
    assert ("Deleted anna." if status == 0 else "Touchstone: Nothing was deleted.") in said
    assert len(json.loads(run("user", "list", "--json", "--database", url).stdout)) == left


@pytest.mark.one_database
def test_on_a_terminal_the_new_password_is_asked_for_twice_and_not_shown(url: str) -> None:
    word = new_password()
    answers = [("Password: ", word), ("Repeat for confirmation: ", word)]
    returncode, said = on_a_terminal("user", "passwd", "anna", "--database", url, answers=answers)
    assert returncode == 0, said
    assert word not in said
