"""The log: one line for each answer, in JSON, which no value can forge."""

import json
import logging
from pathlib import Path

import httpx
import pytest

from api.watch.logs import JsonFormatter, PlainFormatter
from tests.contract.raw import ask
from tests.servers import Server

# A server without a limit of failed logins logs a warning.
LIMITED = {"LOGIN_LIMIT": "10/minute"}


def test_every_answer_is_one_line_with_its_request_id(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral")
    for path, status in (("/hello", 200), ("/nowhere", 404), ("/status/503", 503)):
        answer = httpx.get(server.url + path, headers={"X-Request-Id": f"id{status}"})
        assert answer.status_code == status
    assert server.stop() == 0
    lines = {line["request_id"]: line for line in server.lines() if line["message"] == "answered"}
    assert (lines["id200"]["path"], lines["id200"]["content_type"]) == ("/hello", "application/json")
    # Paths of one route have the same `route`; unknown paths have none.
    assert (lines["id503"]["path"], lines["id503"]["route"]) == ("/status/503", "/status/<int:code>")
    assert "route" not in lines["id404"]
    assert (lines["id404"]["method"], lines["id404"]["status"], lines["id404"]["problem"]) == ("GET", 404, "not-found")
    assert lines["id503"]["duration_ms"] >= 0
    assert len(lines) == 3


def test_a_log_file_replaces_standard_error(tmp_path: Path) -> None:
    server = Server(tmp_path / "stderr", "--ephemeral", LOG_FILE=str(tmp_path / "log"), **LIMITED)
    assert httpx.get(server.url).status_code == 200
    assert server.stop() == 0
    assert (tmp_path / "stderr").read_text() == ""
    *migrated, line = map(json.loads, (tmp_path / "log").read_text().splitlines())
    assert {each["message"] for each in migrated} == {"migrated"}
    assert line["level"] == "info"


def test_lines_below_the_log_level_are_left_out(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral", LOG_LEVEL="warning", **LIMITED)
    assert httpx.get(server.url).status_code == 200
    assert server.stop() == 0
    assert server.lines() == []


def test_no_request_can_forge_a_line(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral", **LIMITED)
    ask(server.port, "GET", '/x%0d%0a{"level":"error"}', b"Host: a\r\nX-Request-Id: a b\r\n")
    assert server.stop() == 0
    assert all(json.loads(line)["level"] == "info" for line in server.log.read_text().splitlines())


@pytest.mark.parametrize("formatter", [JsonFormatter(), PlainFormatter()])
def test_a_value_with_line_breaks_stays_on_its_line(formatter: logging.Formatter) -> None:
    record = logging.makeLogRecord(
        {"name": "a", "levelname": "INFO", "msg": "said", "fields": {"path": "/a\r\nb\x1b[0m"}}
    )
    line = formatter.format(record)
    assert "\n" not in line
    assert "\r" not in line
    assert "\x1b" not in line


def test_an_error_has_its_trace(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ZeroDivisionError("by hand")
    except ZeroDivisionError:
        logging.getLogger("touchstone.test").exception("failed")
    record = caplog.records[-1]
    assert "ZeroDivisionError: by hand" in json.loads(JsonFormatter().format(record))["trace"]
    assert "ZeroDivisionError: by hand" in PlainFormatter().format(record)
