"""Quiet connections are closed, and no others."""

import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from api.front.quiet import QuietConnections

WRITE = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"


def test_a_connection_that_waited_long_for_accept_is_still_answered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        quiet = QuietConnections(port, seconds=0.05)
        quiet.close()
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            time.sleep(0.1)
            accepted, _ = listener.accept()
            with accepted:
                assert quiet.close() == 0
                assert accepted.recv(100)
                assert quiet.close() == 1
                assert client.recv(1) == b""


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_the_locks_of_a_database_that_is_open_stay(tmp_path: Path, journal: str) -> None:
    """If a process closes any descriptor of a file, it loses all of its locks on the file (fcntl(2))."""
    file = tmp_path / "a.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute(f"PRAGMA journal_mode={journal}")
        db.execute("CREATE TABLE held (id INTEGER)")
        db.execute("BEGIN IMMEDIATE")
        quiet = QuietConnections(1, seconds=0)
        quiet.close()
        quiet.close()
        other = subprocess.run([sys.executable, "-c", WRITE, str(file)], capture_output=True, text=True, check=False)
        assert "database is locked" in other.stderr
