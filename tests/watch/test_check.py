"""`run.py check`: each line passes, or says what to do."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from api.rules.clock import now, timestamp
from api.store import migrating
from api.store.audit import audit
from api.store.database import Database
from tests.servers import ROOT, run

SECRET = "a secret for tests, and none to keep"


def lines(**environment: str) -> tuple[int, dict[str, str]]:
    """The exit status, and the line of each check."""
    done = run("check", **environment)
    assert "Traceback" not in done.stderr
    said = [line.partition(": ") for line in done.stdout.splitlines()]
    return done.returncode, {name: fault for name, _, fault in said}


def test_a_sound_environment_passes(tmp_path: Path) -> None:
    status, said = lines(DATABASE_URL=f"sqlite:///{tmp_path}/x.db")
    assert status == 0
    assert all(name.startswith("pass") for name in said)
    assert list(tmp_path.iterdir()) == []


def test_postgresql_is_reached(postgres) -> None:
    status, said = lines(DATABASE_URL=postgres.create("checked"))
    assert status == 1
    assert "run.py db upgrade" in said["FAIL  migrations"]


def test_each_fault_is_reported_with_advice(tmp_path: Path) -> None:
    status, said = lines(DATABASE_URL="sqlite:////missing/x.db")
    assert status == 1
    assert "/missing" in said["FAIL  database folder"]
    status, said = lines(DATABASE_URL="postgresql://u:pa55word@127.0.0.1:1/x")
    assert status == 1
    assert "DATABASE_URL" in said["FAIL  database"]
    assert "pa55word" not in str(said)
    (tmp_path / "x.db").write_text("not a database, by far " * 50)
    status, said = lines(DATABASE_URL=f"sqlite:///{tmp_path}/x.db")
    assert status == 1
    assert "DATABASE_URL" in said["FAIL  database"]


def test_spaces_that_everybody_makes_are_reported_in_production(tmp_path: Path) -> None:
    deployed = {"TOUCHSTONE_ENV": "production", "SECRET_KEY": "k3Jx8sQv0ZrT5wYb1nMc7pLd9fGh2aUe"}
    database = {"DATABASE_URL": f"sqlite:///{tmp_path}/x.db"}
    assert "SPACES" in lines(**deployed, **database, SPACES="open")[1]["FAIL  spaces"]
    assert "pass  spaces" in lines(**deployed, **database, SPACES="admins")[1]
    assert "pass  spaces" not in lines(**deployed, **database)[1]


def test_a_database_behind_the_code_is_reported(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    assert run("db", "upgrade", "--database", url).returncode == 0
    assert lines(DATABASE_URL=url)[0] == 0
    assert run("db", "downgrade", "base", "--database", url).returncode == 0
    status, said = lines(DATABASE_URL=url)
    assert status == 1
    assert "run.py db upgrade" in said["FAIL  migrations"]


def test_an_invalid_setting_is_reported() -> None:
    assert lines(PORT="99999")[1].keys() == {"FAIL  settings"}
    status, said = lines(TOUCHSTONE_ENV="production")
    assert status == 1
    assert "SECRET_KEY" in said["FAIL  settings"]


def test_a_clock_that_is_behind_is_reported(new_database: Callable[[], str]) -> None:
    url = new_database()
    with closing(Database(url)) as database:
        migrating.upgrade(database)
        with database.transaction() as db:
            later = timestamp(now() + timedelta(hours=1))
            db.execute(audit.insert(), {"created_at": later, "action": "create", "target": "/articles/1"})
    status, said = lines(DATABASE_URL=url)
    assert status == 1
    assert later in said["FAIL  clock"]


def test_a_folder_that_is_not_writable_is_reported(tmp_path: Path) -> None:
    status, said = lines(DATABASE_URL=f"sqlite:///{tmp_path}/x.db", LOG_FILE=f"{tmp_path}/none/log")
    assert status == 1
    assert f"{tmp_path}/none" in said["FAIL  log file"]


def test_the_report_as_json(tmp_path: Path) -> None:
    sound = run("check", "--json", DATABASE_URL=f"sqlite:///{tmp_path}/x.db")
    report = json.loads(sound.stdout)
    assert (sound.returncode, report["passed"]) == (0, True)
    assert {"settings", "Python", "packages", "SQLite", "database", "secret"} <= {
        each["name"] for each in report["checks"]
    }
    assert all(each["passed"] for each in report["checks"])
    amiss = run("check", "--json", DATABASE_URL="sqlite:////missing/x.db")
    report = json.loads(amiss.stdout)
    assert (amiss.returncode, report["passed"], amiss.stderr) == (1, False, "")
    assert [each["detail"] for each in report["checks"] if not each["passed"] and "/missing" in each["detail"]]


def test_a_locked_database_is_reported(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as other:
        other.execute("CREATE TABLE t (a)")
        other.execute("BEGIN EXCLUSIVE")
        status, said = lines(DATABASE_URL=f"sqlite:///{tmp_path}/x.db", LOCK_TIMEOUT="0.1")
    assert status == 1
    assert "locked" in said["FAIL  database"]


def test_another_version_of_a_package_is_reported(tmp_path: Path) -> None:
    for part in ("api", "resources"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("run.py", "config.py"):
        shutil.copy(ROOT / part, tmp_path / part)
    (tmp_path / "requirements.txt").write_text("Flask==0.1\n")
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "run.py", "check"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "Flask is 3" in done.stdout


def test_a_closed_server_without_accounts_is_reported(tmp_path: Path) -> None:
    production = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/x.db",
        "TOUCHSTONE_ENV": "production",
        "SECRET_KEY": SECRET,
    }
    assert run("db", "upgrade", **production).returncode == 0
    status, said = lines(**production)
    assert status == 1
    assert "run.py user add" in said["FAIL  accounts"]
    assert lines(**production, REGISTRATION="open")[0] == 0
    made = run("user", "add", "anna", "--email", "anna@example.org", **production, stdin="password-0123456789\n")
    assert made.returncode == 0, made.stderr
    assert lines(**production)[0] == 0
