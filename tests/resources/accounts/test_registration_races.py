"""Concurrent POST /users, and closed registration (CONTRACT §1, §2)."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.resources.accounts.accounts import (
    WRITERS,
    Account,
    Act,
    at_once,
    bearer,
    make_token,
    new_client,
    register,
    registration,
)
from tests.resources.making import refused
from tests.servers import Server

ADMIN = ("admin", "secret")
JOHN = ("john", "john")


def post(sent: Account) -> Act:
    return lambda client: client.post("/users", json=sent, headers={"X-Request-Id": own_id(sent)})


def own_id(sent: Account) -> str:
    """A request id that is unique to this registration, like its mailbox."""
    return str(sent["email"]).partition("@")[0]


def different_case(text: str, number: int) -> str:
    return text.upper() if number % 2 else text


def check_one_won(answers: list[httpx.Response]) -> httpx.Response:
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (WRITERS - 1)
    return next(answer for answer in answers if answer.status_code == 201)


def test_eight_registrations_of_one_name_at_once_make_one_account(
    server: Server, admin: httpx.Client, mark: str
) -> None:
    tries = [registration(username=different_case(mark, number)) for number in range(WRITERS)]
    answers = at_once(server, *map(post, tries))
    winner = check_one_won(answers)
    for answer in answers:
        if answer is not winner:
            assert refused(answer, 409, "username-taken")["existing"] == winner.headers["Location"]
    found = admin.get("/users", params={"username:in": f"{mark},{mark.upper()}"}).json()["items"]
    assert [f"/users/{each['id']}" for each in found] == [winner.headers["Location"]]
    sent = next(each for each, answer in zip(tries, answers, strict=True) if answer is winner)
    assert admin.get("/users/me", auth=(mark, sent["password"])).json()["email"] == sent["email"]


def test_only_the_registration_that_won_is_in_the_audit_trail(server: Server, admin: httpx.Client, mark: str) -> None:
    tries = [registration(username=mark) for _ in range(WRITERS)]
    winner = check_one_won(at_once(server, *map(post, tries)))
    query = {"request_id:in": ",".join(map(own_id, tries))}
    rows = admin.get("/admin/audit", params=query).json()["items"]
    assert [(row["target"], row["request_id"]) for row in rows] == [
        (winner.headers["Location"], winner.headers["X-Request-Id"])
    ]


def test_eight_registrations_of_one_mailbox_at_once_make_one_account(server: Server, mark: str) -> None:
    email = f"{mark}@example.org"
    tries = [registration(email=different_case(email, number)) for number in range(WRITERS)]
    answers = at_once(server, *map(post, tries))
    winner = check_one_won(answers)
    for answer in answers:
        if answer is not winner:
            assert "existing" not in refused(answer, 409, "username-taken")


@pytest.fixture(scope="module")
def closed(migrated_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server where only administrators register accounts."""
    log: Path = tmp_path_factory.mktemp("closed") / "log"
    running = Server(log, "--database", migrated_database(), REGISTRATION="closed")
    with new_client(running) as client:
        yield client
    assert running.stop() == 0


def test_closed_registration_requires_credentials(closed: httpx.Client) -> None:
    answer = closed.post("/users", json=registration())
    refused(answer, 401, "unauthenticated")
    assert len(answer.headers.get_list("WWW-Authenticate")) == 2


def test_closed_registration_refuses_users(closed: httpx.Client) -> None:
    refused(closed.post("/users", json=registration(), auth=JOHN), 403, "forbidden")
    # Permissions are checked before the body.
    refused(closed.post("/users", content=b"{", auth=JOHN), 403, "forbidden")


def test_closed_registration_allows_administrators(closed: httpx.Client) -> None:
    answer = closed.post("/users", json=registration(role="admin"), auth=ADMIN)
    assert (answer.status_code, answer.json()["role"]) == (201, "admin")


def test_closed_registration_requires_the_scope_admin(closed: httpx.Client) -> None:
    token = make_token(closed, auth=ADMIN, scopes=["users:write"])
    answer = closed.post("/users", json=registration(), headers=bearer(token))
    assert refused(answer, 403, "insufficient-scope")["required_scopes"] == ["admin"]


def test_closed_registration_allows_changes_of_own_accounts(closed: httpx.Client) -> None:
    closed.auth = httpx.BasicAuth(*ADMIN)
    try:
        account = register(closed)
    finally:
        closed.auth = None
    answer = closed.patch(
        "/users/me",
        json={"name": "New"},
        auth=(account["username"], account["password"]),
        headers={"Content-Type": "application/merge-patch+json"},
    )
    assert (answer.status_code, answer.json()["name"]) == (200, "New")
