"""Fixtures: a new account, a client signed in as it, and all the other clients by name."""

from collections.abc import Iterator

import httpx
import pytest

from tests.resources.accounts.accounts import Account, register, signed_in
from tests.servers import Server


@pytest.fixture
def account(anonymous: httpx.Client) -> Account:
    """A new account, with its password."""
    return register(anonymous)


@pytest.fixture
def own(server: Server, account: Account) -> Iterator[httpx.Client]:
    """A client signed in as that account."""
    with signed_in(server, account) as client:
        yield client


@pytest.fixture
def clients(
    anonymous: httpx.Client, api: httpx.Client, steve: httpx.Client, admin: httpx.Client
) -> dict[str, httpx.Client]:
    """The clients, by name."""
    return {"anonymous": anonymous, "api": api, "steve": steve, "admin": admin}
