"""Starting, being ready, and ending."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from api.front import serve
from tests.front.conftest import body_of, read_answer, running, status_of
from tests.waiting import PATIENCE, wait_until


def test_a_port_in_use_is_an_error_before_any_work() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        serve(lambda: pytest.fail("loaded"), host="127.0.0.1", port=taken.getsockname()[1])


def test_a_second_server_never_shares_the_port() -> None:
    with running() as first, pytest.raises(OSError, match="in use"):
        serve(lambda: pytest.fail("loaded"), host="127.0.0.1", port=first.address[1])


def test_an_address_that_is_not_ours_is_an_error() -> None:
    with pytest.raises(OSError, match="assign"):
        serve(lambda: pytest.fail("loaded"), host="192.0.2.1", port=0)


def test_the_first_request_after_ready_is_answered() -> None:
    with running(workers=2) as server:
        assert server.shown()["SERVER_PORT"] == str(server.address[1])


def test_both_workers_serve() -> None:
    with running(workers=2) as server:
        first = server.shown()["pid"]
        wait_until(lambda: server.shown()["pid"] != first, "an answer of the other worker", pause=0)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_an_ipv6_address_stands_in_brackets() -> None:
    with running(host="::1") as server:
        assert server.url.startswith("http://[::1]:")
        assert httpx.get(server.url + "/livez").text == "alive"


def test_http_2_is_served(http_2: None) -> None:
    with running() as server:
        command = ["curl", "-s", "--http2-prior-knowledge", "-d", "abc", server.url]
        shown = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE).stdout)
    assert (shown["SERVER_PROTOCOL"], shown["body_length"], shown["CONTENT_LENGTH"]) == ("HTTP/2.0", 3, "3")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_running_requests_finish_and_exits_0(tmp_path: Path, number: signal.Signals) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with running(workers=2) as server, server.connect() as connection:
        connection.sendall(b"GET /wait?" + bytes(gate) + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        with gate.open("wb"):  # opens when the application reads
            server.process.send_signal(number)
        answer = read_answer(connection)
        assert (status_of(answer), body_of(answer)) == (200, b"waited")
        _, errors = server.process.communicate(timeout=PATIENCE)
        assert (server.process.returncode, errors) == (0, "")


def test_ctrl_c_reaches_every_process_and_exits_0() -> None:
    command = [sys.executable, "-m", "tests.front.application", '{"workers": 2}']
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, start_new_session=True, text=True, **pipes)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("http://")
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")


def test_an_application_that_cannot_be_loaded_ends_the_server() -> None:
    command = [sys.executable, "-m", "tests.front.application", '{"workers": 2}']
    environment = {**os.environ, "FRONT_LOAD": "fails"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "The application could not be loaded" in ended.stderr
    assert "no such thing" in ended.stderr


def test_a_worker_that_is_killed_is_replaced() -> None:
    with running() as server:
        first = server.shown()["pid"]
        os.kill(first, signal.SIGKILL)
        assert server.shown()["pid"] != first  # the connection waits for the new worker


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or is a zombie."""
    try:
        return b"State:\tZ" in Path(f"/proc/{pid}/status").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_workers_end_with_their_parent() -> None:
    with running() as server:
        worker = server.shown()["pid"]
        server.process.kill()
        server.process.wait()
        wait_until(lambda: has_ended(worker), "the end of the worker")
