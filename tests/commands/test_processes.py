"""Each command runs as a separate process; help and misuse do not import the application."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from api.app import find_loaders
from api.store import loading, migrating
from api.store.database import Database
from run import COMMANDS
from tests.servers import ROOT, Server, clean_environment, run_process

ANNA = ("anna", "--email", "anna@example.org")
# The output of each. Many other tests start `serve`.
SAID = {
    ("check",): "pass  database",
    ("prune", "--older-than", "1d"): "messages: 0 deleted",
    ("backup", "{folder}/a.backup"): "Wrote ",
    ("load", "{folder}/rows.ndjson"): "",
    ("user", "add", *ANNA): "Created anna",
    ("user", "list"): "john",
    ("routes",): "GET     /hello",
    ("openapi",): '"openapi": "3.1',
    ("postman",): '"schema": "https://schema.getpostman.com',
    ("db", "current"): f"{migrating.head()} (newest: {migrating.head()})",
}
ELSEWHERE = {"serve", "httpbin", "smoke", "restore", "spaces", "dump"}


def test_every_command_is_tested_as_a_process() -> None:
    assert {command for command, *_ in SAID} | ELSEWHERE == set(COMMANDS)


@pytest.mark.parametrize("arguments", SAID, ids=lambda arguments: arguments[0])
def test_a_command_works(arguments: tuple[str, ...], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    with closing(Database(url)) as database:
        migrating.upgrade(database)
        loading.seed(database, find_loaders())
    (tmp_path / "rows.ndjson").write_text('{"title": "A title", "body": ""}\n')
    words = [word.format(folder=tmp_path) for word in arguments]
    done = run_process(*words, stdin="password-0123456789\n", DATABASE_URL=url)
    assert done.returncode == 0, done.stderr
    assert SAID[arguments] in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.one_database
def test_smoke_works(server: Server) -> None:
    done = run_process("smoke", server.url)
    assert done.returncode == 0, done.stdout
    assert "15 of 15 passed" in done.stdout


def test_restore_works(tmp_path: Path) -> None:
    backup, url, other = tmp_path / "a.backup", f"sqlite:///{tmp_path}/x.db", f"sqlite:///{tmp_path}/y.db"
    with closing(Database(url)) as database:
        migrating.upgrade(database)
    assert run_process("backup", str(backup), "--database", url).returncode == 0
    done = run_process("restore", str(backup), "--database", other)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Restored ")


@pytest.mark.parametrize("arguments", [("sevre",), ("prune",), ("serve", "--prot", "1"), ("load", "/missing")])
def test_misuse_has_an_exit_status_and_no_trace(arguments: tuple[str, ...]) -> None:
    done = run_process(*arguments)
    assert done.returncode == (1 if arguments[0] == "load" else 2)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


WITHOUT_THE_APPLICATION = """
import sys
from click.testing import CliRunner
from run import COMMANDS, main
for words in (["--help"], ["sevre"], *([name, flag] for name in COMMANDS for flag in ("--help", "--nothing"))):
    assert CliRunner().invoke(main, words).exit_code in (0, 2), words
slow = {"sqlalchemy", "flask", "pydantic", "granian", "alembic", "orjson", "argon2"}
sys.exit(", ".join(slow & sys.modules.keys()) or 0)
"""


def test_help_and_misuse_import_nothing_of_the_application() -> None:
    """Importing it takes half a second."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_APPLICATION],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


WITHOUT_A_STORE = """
import sys
import api.toolbox
sys.exit(", ".join({"sqlalchemy", "pydantic", "authlib"} & sys.modules.keys()) or 0)
"""


def test_the_toolbox_alone_imports_neither_a_database_nor_models() -> None:
    """So that `run.py httpbin` starts fast (docs/decisions/0019-toolbox.md)."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_STORE], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
