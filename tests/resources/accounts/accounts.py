"""Makes accounts and tokens, and asks as them: over many connections, and at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import httpx

from tests.servers import Server

Account = dict[str, Any]
Act = Callable[[httpx.Client], Any]

# What anybody sees of an account, and what itself and administrators see.
PUBLIC = ["id", "username", "name", "version", "created_at", "updated_at"]
EVERYTHING = ["id", "username", "name", "email", "role", "version", "created_at", "updated_at"]

# Each goes to either of the two workers; that all go to the same happens once in 2,000 times.
CONNECTIONS = 12
# As many as the two workers have threads, so that all write at the same moment.
WRITERS = 8


def registration(**members: Any) -> Account:
    """What is sent to register an account that nobody else has."""
    mark = "m" + uuid4().hex[:15]
    sent = {"username": mark, "name": "A name", "email": f"{mark}@example.org", "password": f"password-{mark}"}
    return {**sent, **members}


def register(client: httpx.Client, **members: Any) -> Account:
    """Register an account, and give what was sent, the password too, with what the server made of it."""
    sent = registration(**members)
    answer = client.post("/users", json=sent)
    assert answer.status_code == 201, answer.text
    return {"role": "user", **sent, **answer.json()}


def place(account: Account) -> str:
    return f"/users/{account['id']}"


def shown(account: Account) -> Account:
    """What the account itself and administrators see of it."""
    return {name: account[name] for name in EVERYTHING}


def changeable(account: Account) -> Account:
    """What a PUT of an account needs."""
    return {name: account[name] for name in ("username", "name", "email")}


def password_of(account: Account) -> tuple[str, str]:
    """The credentials of an account, for `auth`."""
    return account["username"], account["password"]


def signed_in(server: Server, account: Account) -> httpx.Client:
    """A client signed in as this account, by password; to be closed."""
    return new_client(server, auth=httpx.BasicAuth(*password_of(account)))


def new_client(server: Server, **options: Any) -> httpx.Client:
    # Without TLS, which is never used here and takes 25 ms to prepare.
    return httpx.Client(base_url=server.url, timeout=20, trust_env=False, verify=False, **options)


def make_token(client: httpx.Client, **wish: Any) -> dict[str, Any]:
    """Make a token of the account that the client is signed in as; with `auth` of another."""
    auth = wish.pop("auth", httpx.USE_CLIENT_DEFAULT)
    answer = client.post("/tokens", json=wish, auth=auth)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def bearer(token: dict[str, Any]) -> dict[str, str]:
    """The field that signs in by a token, for a client that is not signed in otherwise."""
    return {"Authorization": f"Bearer {token['token']}"}


def everywhere(server: Server, **credentials: Any) -> set[int]:
    """The statuses that these credentials (`auth` or `headers`) get, asked for often enough to meet every worker."""
    with new_client(server) as client:
        client.headers["Connection"] = "close"
        return {client.get("/users/me", **credentials).status_code for _ in range(CONNECTIONS)}


def at_once(server: Server, *acts: Act) -> list[Any]:
    """Run the acts at the same moment, each over a connection of its own that is open already."""
    barrier = Barrier(len(acts), timeout=20)

    def run(act: Act) -> Any:
        with new_client(server) as client:
            client.get("/hello")
            barrier.wait()
            return act(client)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
