"""Specmatic reads the document, and its contract tests pass."""

import json
import re
from pathlib import Path

import httpx
import pytest

from tests.clients.generators import SPECMATIC, needs, run
from tests.clients.specmatic import OWN_ACCOUNT, WITH_PASSWORD, with_one_scheme, write_examples
from tests.servers import Server

# Operations without an example: answers that are not JSON, and requests that need another account or a password.
FEWEST_OPERATIONS = 100


@pytest.mark.slow
def test_its_contract_tests_pass(own_server: Server, tmp_path: Path) -> None:
    needs(jar=SPECMATIC)
    folder = tmp_path / "examples"
    folder.mkdir()
    with httpx.Client(base_url=own_server.url, auth=("admin", "secret"), trust_env=False) as client:
        document = with_one_scheme(client.get("/openapi.json").json())
        token = client.post("/tokens", json={}).json()["token"]
        operations = write_examples(client, folder)
    assert len(operations) >= FEWEST_OPERATIONS
    assert not {*OWN_ACCOUNT, *WITH_PASSWORD} & {*operations}
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    # With --strict it tests only the given examples, and makes up nothing. The document's own examples are answers
    # that depend on earlier requests.
    options = ("--strict", f"--examples={folder}", f"--testBaseURL={own_server.url}")
    told = {"SPECMATIC_OAUTH2_TOKEN": token, "IGNORE_INLINE_EXAMPLES": "true"}
    done = run("java", "-jar", SPECMATIC, "test", "openapi.json", *options, folder=tmp_path, **told)
    counted = re.search(r"Tests run: (\d+), Successes: (\d+), Failures: 0", done.stdout)
    assert (done.returncode, bool(counted)) == (0, True), done.stdout[-8000:]
    assert counted
    assert int(counted[1]) == int(counted[2]) >= len(operations)
