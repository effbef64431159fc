"""The examples of docs/toolbox-auth.md, run as written."""

from pathlib import Path

import pytest

from api.web.oauth import demo
from tests.documents import check_output
from tests.servers import ROOT, Server

pytestmark = pytest.mark.one_database

PAGE = "docs/toolbox-auth.md"


def test_each_command_shows_its_answer(server: Server, tmp_path: Path) -> None:
    assert check_output(PAGE, tmp_path, server) >= 7


def test_the_page_names_the_demo_clients_and_the_demo_user() -> None:
    page = (ROOT / PAGE).read_text()
    for client in demo.CLIENTS.values():
        assert f"| `{client.client_id}` |" in page
    assert f"| `{demo.USER}` | `{demo.PASSWORD}` |" in page
    assert all(uri in page or uri.rpartition("/")[2] in page for uri in demo.POSTMAN)
