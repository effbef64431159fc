"""Newman runs the Postman collection of the toolbox: every example answers as it is described."""

from pathlib import Path

import httpx
import pytest

from tests.judges.postman import newman
from tests.servers import Server

pytestmark = [pytest.mark.one_database, pytest.mark.slow]


def test_the_collection_of_the_toolbox_passes(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "toolbox.json"
    file.write_bytes(httpx.get(f"{server.url}/httpbin/postman.json", trust_env=False).raise_for_status().content)
    done = newman(server.url, tmp_path, file)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "assertions" in done.stdout
