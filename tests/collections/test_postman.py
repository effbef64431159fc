"""Newman runs the Postman collection of own data: every operation answers as it is described."""

from pathlib import Path

import pytest

from tests.collections.conftest import Start
from tests.judges.postman import newman

pytestmark = [pytest.mark.one_database, pytest.mark.slow]


@pytest.mark.parametrize("style", ["json-server", "touchstone"])
@pytest.mark.parametrize("access", ["open", "signed-in"])
def test_the_collection_passes(start: Start, data_file: Path, tmp_path: Path, style: str, access: str) -> None:
    options = ("--data", str(data_file), "--style", style, "--access", access)
    server = start("--ephemeral", *options, TOUCHSTONE_ENV="development")
    done = newman(server.url, tmp_path)
    assert done.returncode == 0, done.stdout[-4000:]
