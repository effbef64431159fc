"""docs/json-server.md: each request on the page is sent, and each option exists."""

import re
from pathlib import Path

import pytest

from api.commands.serve import serve
from run import COMMANDS
from tests.collections.comparing import DB, HERE, Compared, file_for, reads, sent, space_with, tidy, writes
from tests.collections.departures import rows
from tests.collections.requests import Request
from tests.servers import ROOT, Server

pytestmark = pytest.mark.one_database
PAGE = Path(ROOT / "docs/json-server.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.+?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
BODY = {"title": "x"}


def cells(section: str) -> list[list[str]]:
    """The cells of the rows of tables in a section."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("| ")]
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if not line.startswith("| Request")
    ]


@pytest.mark.parametrize("version", ["0.17", "1.0"])
def test_each_request_for_reading_is_answered_as_that_version_does(server: Server, version: str) -> None:
    column = 1 if version == "0.17" else 2
    asked = [row[0].strip("`") for row in cells("Requests") if row[column] == "yes" and row[0].startswith("`GET ")]
    seen: dict[str, Compared] = {each.line: each for each in reads(version, server.port)}
    assert len(asked) > 15
    assert [line for line in asked if line not in seen or not seen[line].same] == []


def test_each_request_for_writing_succeeds(server: Server) -> None:
    for row in cells("Requests"):
        method, target = row[0].strip("`").split(" ")
        if method != "GET":
            space = space_with(server.port, tidy(DB))
            request = Request(f"{method} {target}", None if method == "DELETE" else BODY)
            status = 201 if method == "POST" else 200
            assert sent(server.port, request, space).status == status, row


@pytest.mark.parametrize("version", ["0.17", "1.0"])
def test_writing_answers_as_that_version_does(server: Server, version: str) -> None:
    for scenario in ("put ", "patch ", "singleton-put ", "singleton-patch "):
        compared = [each for each in writes(version, server.port, scenario.strip()) if f" {scenario}" in each.name]
        assert compared
        assert [each.name for each in compared if not each.same] == []


def test_the_differences_are_those_that_are_tested() -> None:
    lines = [line for line in SECTIONS["What is different"].splitlines() if line.startswith("| `")]
    assert lines == rows()


def test_the_options_that_the_page_names_exist() -> None:
    options = {name for parameter in serve.params for name in parameter.opts} | {"--help", "--version"}
    named = re.findall(r"--[a-z-]+", " ".join(row[2] for row in cells("Options") if len(row) > 2))
    assert set(named) <= options
    assert "dump" in COMMANDS


def test_each_option_of_json_server_has_a_row() -> None:
    documented = re.findall(r"^--\S+", (HERE / "options.txt").read_text(), re.MULTILINE)
    assert len(documented) > 15
    listed = " ".join(row[0] for row in cells("Options") if len(row) > 2)
    assert [option for option in documented if f"`{option}`" not in listed] == []


def test_the_file_of_1_0_has_text_ids() -> None:
    assert file_for("1.0", DB)["posts"][0]["id"] == "1"
