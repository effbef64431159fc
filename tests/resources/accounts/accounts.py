"""Creates accounts and tokens, and sends requests as them: over many connections, and concurrently."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import httpx

from tests.servers import Server

Account = dict[str, Any]
Act = Callable[[httpx.Client], Any]

# The public members of an account, and those for itself and administrators.
PUBLIC = ["id", "username", "name", "version", "created_at", "updated_at"]
EVERYTHING = ["id", "username", "name", "email", "role", "version", "created_at", "updated_at"]

# Each reaches one of two workers; all reach the same one only once in 2,000 times.
CONNECTIONS = 12
# The number of threads of two workers, so that all write at the same moment.
WRITERS = 8


def registration(**members: Any) -> Account:
    """The body to register an account with a unique name."""
    mark = "m" + uuid4().hex[:15]
    sent = {"username": mark, "name": "A name", "email": f"{mark}@example.org", "password": f"password-{mark}"}
    return {**sent, **members}


def register(client: httpx.Client, **members: Any) -> Account:
    """Register an account; return the sent members, including the password, and those of the server."""
    sent = registration(**members)
    answer = client.post("/users", json=sent)
    assert answer.status_code == 201, answer.text
    return {"role": "user", **sent, **answer.json()}


def place(account: Account) -> str:
    return f"/users/{account['id']}"


def shown(account: Account) -> Account:
    """The members that the account itself and administrators see."""
    return {name: account[name] for name in EVERYTHING}


def changeable(account: Account) -> Account:
    """The members that a PUT of an account needs."""
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
    """Create a token of the client's account, or with `auth` of another."""
    auth = wish.pop("auth", httpx.USE_CLIENT_DEFAULT)
    answer = client.post("/tokens", json=wish, auth=auth)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def bearer(token: dict[str, Any]) -> dict[str, str]:
    """The Authorization field for a token, for an anonymous client."""
    return {"Authorization": f"Bearer {token['token']}"}


def everywhere(server: Server, **credentials: Any) -> set[int]:
    """The statuses for these credentials (`auth` or `headers`), from enough requests to reach every worker."""
    with new_client(server) as client:
        client.headers["Connection"] = "close"
        return {client.get("/users/me", **credentials).status_code for _ in range(CONNECTIONS)}


def at_once(server: Server, *acts: Act) -> list[Any]:
    """Run the acts at the same moment, each over its own open connection."""
    barrier = Barrier(len(acts), timeout=20)

    def run(act: Act) -> Any:
        with new_client(server) as client:
            client.get("/hello")
            barrier.wait()
            return act(client)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
