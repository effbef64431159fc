"""The examples of docs/own-data.md, run as written."""

import json
from pathlib import Path

import pytest

from tests.collections.conftest import Start
from tests.documents import blocks, check_output

pytestmark = pytest.mark.one_database

PAGE = "docs/own-data.md"


def test_each_command_shows_its_answer(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "db.json"
    [content] = blocks(PAGE, "json")
    json.loads(content)
    file.write_text(content)
    server = start("--ephemeral", "--data", str(file))
    assert check_output(PAGE, tmp_path, server) >= 7
