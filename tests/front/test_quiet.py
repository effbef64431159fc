"""What is done about quiet connections leaves all other files of the process alone."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from api.front.quiet import close_quiet

WRITE = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_the_locks_of_a_database_that_is_open_stay(tmp_path: Path, journal: str) -> None:
    """Any descriptor of a file that a process closes takes all of the process's locks on it (fcntl(2))."""
    file = tmp_path / "a.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute(f"PRAGMA journal_mode={journal}")
        db.execute("CREATE TABLE held (id INTEGER)")
        db.execute("BEGIN IMMEDIATE")
        close_quiet(1, seconds=0)
        other = subprocess.run([sys.executable, "-c", WRITE, str(file)], capture_output=True, text=True, check=False)
        assert "database is locked" in other.stderr
