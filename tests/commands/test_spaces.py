"""`run.py spaces` against a running server."""

import json

import httpx
import pytest

from tests.servers import Server, run

pytestmark = pytest.mark.one_database


def test_a_space_is_made_listed_reset_and_deleted(server: Server) -> None:
    made = run("spaces", "make", server.url, "--id", "by-command", "--from", "empty", "--idle-minutes", "5")
    url, token = made.stdout.split()
    assert url == f"{server.url}/in/by-command"
    fields = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{url}/users/me", headers=fields).json()["username"] == "admin"
    assert "by-command" in run("spaces", "list", server.url).stdout
    listed = json.loads(run("spaces", "list", server.url, "--json").stdout)
    assert {"by-command"} <= {each["id"] for each in listed}
    assert run("spaces", "reset", server.url, "by-command").stdout == "Reset by-command: generation 2.\n"
    shown = json.loads(run("spaces", "reset", server.url, "by-command", "--json", "--token", token).stdout)
    assert shown["generation"] == 3
    assert run("spaces", "delete", server.url, "by-command").stdout == "Deleted by-command.\n"
    assert httpx.get(f"{url}/articles").status_code == 404


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("delete", "{url}", "nobody"), 1, "404"),
        (("make", "{url}", "--id", "A"), 1, "422"),
        (("make", "{url}", "--id", "root"), 1, "409"),
        (("list", "http://127.0.0.1:1"), 1, "Nothing answers"),
        (("list", "nowhere"), 2, "not the URL"),
        (("list", "{url}", "--user", "admin"), 2, "--password"),
        (("list", "{url}", "--user", "a", "--password", "b", "--token", "c"), 2, "--token"),
        (("make", "{url}", "--idle-minutes", "0"), 2, "--idle-minutes"),
    ],
)
def test_a_mistake_is_one_sentence(server: Server, arguments: tuple[str, ...], status: int, says: str) -> None:
    done = run("spaces", *(each.format(url=server.url) for each in arguments))
    assert done.returncode == status
    assert says in done.stderr
    assert "Traceback" not in done.stderr
