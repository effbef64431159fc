"""The log file: all workers write it, it is rotated when it is full, and no line is lost or torn."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import httpx
import pytest

from api.watch.log_files import RotatingFile
from tests.servers import Server

KIB = 1024
CLIENTS = 4


def written(path: Path) -> list[bytes]:
    """Every line of the file and of the rotated files."""
    return [line for file in path.parent.glob(f"{path.name}*") for line in file.read_bytes().splitlines(keepends=True)]


@pytest.mark.parametrize("each", [50, pytest.param(300, marks=pytest.mark.slow)])
def test_rotations_under_load_lose_and_tear_no_line(tmp_path: Path, each: int) -> None:
    log = tmp_path / "logs" / "log"
    log.parent.mkdir()
    settings = {"LOG_FILE": str(log), "LOG_MAX_BYTES": str(each * 50), "LOG_BACKUPS": "1000"}
    server = Server(tmp_path / "stderr", "--ephemeral", "--workers", "2", **settings)

    def ask(client: int) -> None:
        for number in range(each):
            # A new connection for each request, so that both workers get many.
            headers = {"X-Request-Id": f"{client}-{number}", "Connection": "close"}
            assert (
                httpx.get(f"{server.url}/echo/{'x' * (number + 1)}", headers=headers, trust_env=False).status_code
                == 200
            )

    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(ask, range(CLIENTS)))
    finally:
        assert server.stop() == 0
    assert (tmp_path / "stderr").read_text() == ""
    lines = [json.loads(line) for line in written(log)]
    ids = [line["request_id"] for line in lines if line["message"] == "answered"]
    assert sorted(ids) == sorted(f"{client}-{number}" for client in range(CLIENTS) for number in range(each))
    assert len(list(log.parent.iterdir())) > 10


def write_many(path: Path, name: str, handler: RotatingFile, count: int) -> None:
    for number in range(count):
        handler.emit(logging.makeLogRecord({"msg": f"{name}-{number}-" + "x" * (number % 200)}))


# A rotation renames every file, so ten times as many lines take a hundred times as long.
@pytest.mark.parametrize("count", [100, pytest.param(2000, marks=pytest.mark.slow)])
def test_processes_do_not_rotate_a_shared_file_twice(tmp_path: Path, count: int) -> None:
    path = tmp_path / "log"
    handler = RotatingFile(str(path), max_bytes=KIB, backups=10_000)
    fork = get_context("fork")
    workers = [fork.Process(target=write_many, args=(path, name, handler, count)) for name in "ab"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    found = sorted(line.decode().rsplit("-", 1)[0] for line in written(path))
    assert found == sorted(f"{name}-{number}" for name in "ab" for number in range(count))
    assert max(file.stat().st_size for file in tmp_path.iterdir()) < 2 * KIB


def test_the_oldest_files_are_deleted(tmp_path: Path) -> None:
    path = tmp_path / "log"
    handler = RotatingFile(str(path), max_bytes=10, backups=2)
    for word in ("first line", "second line", "third line", "fourth line"):
        handler.emit(logging.makeLogRecord({"msg": word}))
    texts = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert texts == {"log": "fourth line\n", "log.1": "third line\n", "log.2": "second line\n"}


def test_a_file_that_another_program_moved_is_not_written_any_more(tmp_path: Path) -> None:
    path = tmp_path / "log"
    handler = RotatingFile(str(path))
    handler.emit(logging.makeLogRecord({"msg": "before"}))
    path.rename(tmp_path / "log.old")
    path.touch()
    handler.emit(logging.makeLogRecord({"msg": "after"}))
    assert (path.read_text(), (tmp_path / "log.old").read_text()) == ("after\n", "before\n")


def test_other_users_cannot_read_the_log(tmp_path: Path) -> None:
    RotatingFile(str(tmp_path / "log"))
    assert (tmp_path / "log").stat().st_mode & 0o007 == 0


def test_the_target_of_a_link_is_written_and_neither_is_moved(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    handler = RotatingFile(str(link), max_bytes=1, backups=1)
    for word in ("one", "two", "three"):
        handler.emit(logging.makeLogRecord({"msg": word}))
    assert target.read_text() == "one\ntwo\nthree\n"
    assert link.is_symlink()
    assert {file.name for file in tmp_path.iterdir()} == {"target", "link"}


def test_a_file_that_was_replaced_by_a_link_is_not_moved(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "log", tmp_path / "elsewhere"
    handler = RotatingFile(str(path), max_bytes=1, backups=1)
    handler.emit(logging.makeLogRecord({"msg": "one"}))
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    handler.emit(logging.makeLogRecord({"msg": "two"}))
    handler.emit(logging.makeLogRecord({"msg": "three"}))
    assert path.is_symlink()
    assert elsewhere.read_text() == "one\ntwo\nthree\n"
    assert not (tmp_path / "log.1").exists()
