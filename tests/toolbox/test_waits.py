"""Answers that wait: when they come, what ends the wait, and what they leave to others."""

import http.client
import json
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.servers import Server
from tests.waiting import wait_until

pytestmark = pytest.mark.one_database


def test_late_answers_are_whole(toolbox: httpx.Client) -> None:
    answer = toolbox.post("/delay/0.05?a=1", content=b"abc")
    assert (answer.status_code, answer.json()["data"], answer.json()["args"]) == (200, "abc", {"a": "1"})
    assert answer.headers["Server-Timing"] == "initial_delay;dur=50.00"
    assert "json" not in answer.json()
    dripped = toolbox.get("/drip?numbytes=400&duration=0.1&code=500")
    assert (dripped.status_code, dripped.content, dripped.headers["Content-Length"]) == (500, b"*" * 400, "400")
    letters = toolbox.get("/range/26?duration=0.05", headers={"Range": "bytes=1-3"})
    assert (letters.status_code, letters.content) == (206, b"bcd")
    lines = toolbox.get("/jsonl?count=3&duration=0.05").text.splitlines()
    assert [json.loads(each)["id"] for each in lines] == [0, 1, 2]
    stream = toolbox.get("/stream/3?a=b")
    assert "Content-Length" not in stream.headers
    assert [json.loads(each)["id"] for each in stream.text.splitlines()] == [0, 1, 2]
    assert stream.text.startswith('{"url": "')


def test_events_are_numbered_and_resume(beside: httpx.Client) -> None:
    answer = beside.get("/sse?count=3&duration=0.05&retry=100")
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.startswith("retry: 100\n\nevent: ping\nid: 0\ndata: {")
    later = beside.get("/sse?count=3&duration=0.05", headers={"Last-Event-ID": "1"}).text
    assert re.findall("^id: ([0-9]+)$", later, re.MULTILINE) == ["2"]
    assert beside.get("/sse?count=3", headers={"Last-Event-ID": "3"}).text == ""
    assert beside.get("/sse", headers={"Last-Event-ID": "x"}).status_code == 400


def test_a_long_delay_is_clamped(server: Server) -> None:
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{server.url}/httpbin/delay/99999", timeout=0.3, trust_env=False)


def test_head_waits_and_has_no_content(beside: httpx.Client) -> None:
    answer = beside.head("/drip?numbytes=5&delay=0.05")
    assert (answer.headers["Content-Length"], answer.content) == ("5", b"")


def test_pieces_come_one_after_another(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/httpbin/drip?numbytes=5&duration=0.4")
    answer = connection.getresponse()
    started = time.monotonic()
    assert answer.read1(5) in (b"*", b"**")  # not all at once
    assert answer.read() in (b"****", b"***")
    assert time.monotonic() - started > 0.2
    connection.close()


def test_faults_and_the_journal_know_waits(server: Server) -> None:
    made = httpx.post(f"{server.url}/spaces", json={"journal": True}, trust_env=False).json()
    space = f"{server.url}{made['url']}/httpbin"
    assert httpx.get(f"{space}/drip?numbytes=6&duration=0.05", trust_env=False).content == b"*" * 6
    late = {"Touchstone-Fault": "delay;ms=20"}
    assert httpx.get(f"{space}/drip?numbytes=7&duration=0.05", headers=late, trust_env=False).content == b"*" * 7
    with pytest.raises(httpx.RemoteProtocolError):
        cut = {"Touchstone-Fault": "cut;at=body;bytes=3"}
        httpx.get(f"{space}/drip?numbytes=8&duration=0.05", headers=cut, trust_env=False)
    refused = {"Touchstone-Fault": "status;code=503"}
    assert httpx.get(f"{space}/get", headers=refused, trust_env=False).status_code == 503
    httpx.get(f"{space}/basic-auth/ada/open-sesame", trust_env=False)
    entries = httpx.get(f"{server.url}/spaces/{made['id']}/journal", trust_env=False).json()["items"]
    assert [each["path"] for each in entries[:3]] == ["/httpbin/drip"] * 3
    assert [each["answer"]["body"]["length"] for each in entries[:2]] == [6, 7]
    assert [each["answer"]["sent"] for each in entries[:3]] == ["whole", "whole", "cut"]
    assert "open-sesame" not in json.dumps(entries)


def test_a_client_that_leaves_ends_its_wait(tmp_path: Path, migrated_database: Callable[[], str]) -> None:
    running = Server(tmp_path / "log", "--database", migrated_database())
    with socket.create_connection(("127.0.0.1", running.port)) as connection:
        connection.sendall(b"GET /httpbin/delay/10 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert httpx.get(f"{running.url}/hello", trust_env=False).status_code == 200
    wait_until(lambda: any(line.get("reason") == "client_gone" for line in running.lines()), "the end of the wait")
    assert running.stop() == 0


def test_a_stop_skips_the_waits_and_cuts_nothing(tmp_path: Path, migrated_database: Callable[[], str]) -> None:
    running = Server(tmp_path / "log", "--database", migrated_database())
    paths = ["/delay/10", "/drip?numbytes=1000&duration=10", "/range/1000?duration=10", "/jsonl?count=9&duration=10"]
    connections = [http.client.HTTPConnection("127.0.0.1", running.port, timeout=20) for _ in paths]
    for connection, path in zip(connections, paths, strict=True):
        connection.request("GET", f"/httpbin{path}")
    streams = [connection.getresponse() for connection in connections[1:]]
    starts = [answer.read1(1) for answer in streams]
    begun = time.monotonic()
    assert running.stop() == 0
    late = connections[0].getresponse()
    assert (late.status, json.loads(late.read())["args"]) == (200, {})
    drip, letters, lines = [start + answer.read() for start, answer in zip(starts, streams, strict=True)]
    assert (drip, len(letters), lines.count(b"\n")) == (b"*" * 1000, 1000, 9)
    assert time.monotonic() - begun < 10  # the waits would have taken that long
    for connection in connections:
        connection.close()
