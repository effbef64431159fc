"""The development accounts: on loopback only unless a setting allows more, and closed in production (CONTRACT §9)."""

import socket
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.servers import Server, run

pytestmark = pytest.mark.one_database

SECRET = "a secret for tests, and none to keep"
PRODUCTION = {"TOUCHSTONE_ENV": "production", "SECRET_KEY": SECRET}
MERGE = {"Content-Type": "application/merge-patch+json"}
ACCOUNTS = {"admin": "secret", "john": "john", "steve": "steve", "bill": "bill"}
PAIRS = list(ACCOUNTS.items())


def refused(*arguments: str, **environment: str) -> str:
    """The error sentence of a `serve` that refuses to start."""
    done = run("serve", "--port", "0", *arguments, **environment)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("Touchstone: ")
    assert sentence.endswith(".")
    return sentence


def statuses(client: httpx.Client) -> dict[str, int]:
    """The statuses for each development account with its well-known password."""
    return {name: client.get("/users/me", auth=pair).status_code for name, pair in zip(ACCOUNTS, PAIRS, strict=True)}


@pytest.mark.parametrize(
    ("environment", "arguments", "variables"),
    [
        ("development", ("--host", "0.0.0.0"), {}),
        ("development", ("--host", "::"), {}),
        ("development", ("--host", "192.0.2.1"), {}),
        ("development", ("--host", "0"), {}),
        ("development", (), {"HOST": "0.0.0.0"}),
        ("testing", ("--host", "0.0.0.0"), {"EXPOSE_DEVELOPMENT_ACCOUNTS": "false"}),
    ],
)
def test_addresses_that_others_can_reach_are_refused_before_any_work(
    tmp_path: Path, environment: str, arguments: tuple[str, ...], variables: dict[str, str]
) -> None:
    settings = {"TOUCHSTONE_ENV": environment, "DATABASE_URL": f"sqlite:///{tmp_path}/x.db", "TMPDIR": str(tmp_path)}
    sentence = refused(*arguments, **settings, **variables)
    host = arguments[1].strip("[]") if arguments else variables["HOST"]
    assert sentence.startswith(f"Touchstone: {host} can be reached from other machines")
    assert "--expose-development-accounts" in sentence
    assert "TOUCHSTONE_ENV=production" in sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "::1"])
def test_loopback_is_always_allowed(tmp_path: Path, host: str) -> None:
    try:
        socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError:
        pytest.skip(f"this machine does not listen on {host}")
    server = Server(tmp_path / "log", "--ephemeral", "--host", host, TOUCHSTONE_ENV="development")
    answer = httpx.get(f"{server.url}/users/me", auth=("john", "john"), trust_env=False)
    assert server.stop() == 0
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        pytest.param((), {"EXPOSE_DEVELOPMENT_ACCOUNTS": "True"}, marks=pytest.mark.slow),
        (("--expose-development-accounts",), {"EXPOSE_DEVELOPMENT_ACCOUNTS": "false"}),
        ((), PRODUCTION),
        pytest.param((), {**PRODUCTION, "TOUCHSTONE_ENV": "staging"}, marks=pytest.mark.slow),
    ],
)
def test_the_setting_allows_listening_on_any_address(
    tmp_path: Path, arguments: tuple[str, ...], variables: dict[str, str]
) -> None:
    server = Server(tmp_path / "log", "--ephemeral", "--host", "0.0.0.0", *arguments, **variables)
    answer = httpx.get(f"http://127.0.0.1:{server.port}/hello", trust_env=False)
    assert server.stop() == 0
    assert answer.status_code == 200


def test_each_development_account_has_its_name_as_password(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral", TOUCHSTONE_ENV="development")
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        roles = {
            name: client.get("/users/me", auth=pair).json()["role"] for name, pair in zip(ACCOUNTS, PAIRS, strict=True)
        }
        wrong = client.get("/users/me", auth=("admin", "admin"))
    assert server.stop() == 0
    assert roles == {"admin": "admin", "john": "user", "steve": "user", "bill": "user"}
    assert wrong.status_code == 401


def test_in_production_development_accounts_do_not_sign_in(new_database: Callable[[], str], tmp_path: Path) -> None:
    url, password = new_database(), f"password-{uuid4().hex}"
    server = Server(tmp_path / "development", "--database", url, TOUCHSTONE_ENV="development")
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        in_development = statuses(client)
        token = client.post("/tokens", json={}, auth=("admin", "secret")).json()["token"]
        place = client.get("/users/me", auth=("john", "john")).headers["Content-Location"]
        own = {"username": "anna", "name": "Anna", "email": "anna@example.org", "password": password, "role": "admin"}
        made = client.post("/users", json=own, auth=("admin", "secret"))
    assert server.stop() == 0
    assert in_development == dict.fromkeys(ACCOUNTS, 200)
    assert made.status_code == 201

    server = Server(tmp_path / "production", "--database", url, **PRODUCTION)
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        in_production = statuses(client)
        known, unknown = (client.get("/users/me", auth=(name, "john")) for name in ("john", "nobody"))
        by_token = client.get("/admin/audit", headers={"Authorization": f"Bearer {token}"})
        changed = client.patch(place, json={"password": password}, headers=MERGE, auth=("anna", password))
        old, new = (client.get("/users/me", auth=("john", each)).status_code for each in ("john", password))
        others = statuses(client)
    assert server.stop() == 0
    assert in_production == dict.fromkeys(ACCOUNTS, 401)
    assert known.headers["WWW-Authenticate"] == unknown.headers["WWW-Authenticate"]
    ours, theirs = ({**answer.json(), "instance": ""} for answer in (known, unknown))
    assert ours == theirs
    assert changed.status_code == 200
    assert (old, new) == (401, 200)
    assert others == dict.fromkeys(ACCOUNTS, 401)
    # It was created with a well-known password, so it does not work either.
    assert by_token.status_code == 401


def test_a_renamed_development_account_does_not_prevent_a_start(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    url = new_database()
    server = Server(tmp_path / "log", "--database", url, TOUCHSTONE_ENV="development")
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        renamed = client.patch("/users/me", json={"username": "johnny"}, headers=MERGE, auth=("john", "john"))
    assert server.stop() == 0
    assert renamed.status_code == 200
    server = Server(tmp_path / "log", "--database", url, TOUCHSTONE_ENV="development")
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        answers = [client.get("/users/me", auth=(name, "john")).status_code for name in ("johnny", "admin")]
        again = statuses(client)
    assert server.stop() == 0
    assert answers == [200, 401]
    assert {**again, "john": 200} == dict.fromkeys(ACCOUNTS, 200)


def test_a_changed_password_stays_changed(tmp_path: Path) -> None:
    url, password = f"sqlite:///{tmp_path}/x.db", f"password-{uuid4().hex}"
    for first in (True, False):
        server = Server(tmp_path / "log", "--database", url, TOUCHSTONE_ENV="development")
        with httpx.Client(base_url=server.url, trust_env=False) as client:
            if first:
                change = {"password": password}
                assert client.patch("/users/me", json=change, headers=MERGE, auth=("bill", "bill")).status_code == 200
            opened = [client.get("/users/me", auth=("bill", each)).status_code for each in ("bill", password)]
        assert server.stop() == 0
        assert opened == [401, 200]


@pytest.mark.parametrize(
    ("environment", "key"),
    [
        ("production", ""),
        ("production", "31 characters, and one too few:"),
        ("production", "changeme" * 8),
        ("staging", ""),
        ("staging", "changeme" * 8),
    ],
)
def test_production_does_not_start_without_a_good_secret(tmp_path: Path, environment: str, key: str) -> None:
    settings = {"TOUCHSTONE_ENV": environment, "DATABASE_URL": f"sqlite:///{tmp_path}/x.db"}
    sentence = refused(**settings, SECRET_KEY=key)
    assert sentence.startswith("Touchstone: SECRET_KEY is ")
    assert "at least 32 random characters" in sentence
    assert not key or key not in sentence
    assert list(tmp_path.iterdir()) == []
