"""How sessions end: idle, after 12 hours, and with the password, the role or the account, in every worker at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.rules.clock import now, timestamp
from api.rules.tokens import token_digest
from api.store.accounts import sessions
from api.store.database import Database
from tests.pages.session_state import is_signed_in, rows
from tests.pages.visitors import Visitor, new_account
from tests.servers import Server

JSON = {"Accept": "application/json"}
MERGE = {"Content-Type": "application/merge-patch+json"}


def rewrite(store: Database, visitor: Visitor, **values: timedelta) -> None:
    """Set the start, or the last use, of a session to a past time, because waiting would take hours."""
    moments = {name: timestamp(now() - ago) for name, ago in values.items()}
    with store.transaction() as db:
        digest = token_digest(visitor.cookie)
        db.execute(sessions.update().where(sessions.c.digest == digest).values(**moments))


def test_a_session_ends_when_it_is_idle(store: Database, visitor: Visitor) -> None:
    for minutes, good in ((29, True), (30, False)):
        rewrite(store, visitor, last_used_at=timedelta(minutes=minutes))
        assert is_signed_in(visitor) is good, minutes


def test_a_session_ends_after_twelve_hours_even_if_used(store: Database, visitor: Visitor) -> None:
    rewrite(store, visitor, created_at=timedelta(hours=12) - timedelta(minutes=1))
    assert is_signed_in(visitor)
    rewrite(store, visitor, created_at=timedelta(hours=12))
    assert not is_signed_in(visitor)


def test_its_last_use_is_stored_once_a_minute(store: Database, visitor: Visitor, account: dict[str, Any]) -> None:
    before = rows(store, account)[0].last_used_at
    visitor.page("/articles")
    assert rows(store, account)[0].last_used_at == before
    rewrite(store, visitor, last_used_at=timedelta(minutes=1))
    earlier = rows(store, account)[0].last_used_at
    visitor.page("/articles")
    noted = rows(store, account)[0].last_used_at
    assert earlier < before <= noted
    visitor.get("/articles", headers=JSON)
    assert rows(store, account)[0].last_used_at == noted


@pytest.mark.parametrize(
    "end",
    [
        lambda http, me: http.patch("/users/me", json={"password": f"password-{'ab' * 8}"}, headers=MERGE, auth=me),
        lambda http, me: http.patch("/users/me", json={"password": me[1]}, headers=MERGE, auth=me),
        lambda http, me: http.delete("/users/me", auth=me),
    ],
    ids=["a new password", "the same password anew", "deletion"],
)
def test_changing_the_password_or_deleting_the_account_ends_sessions(
    visitor: Visitor, account: dict[str, Any], anonymous: httpx.Client, end: Callable[..., httpx.Response]
) -> None:
    assert is_signed_in(visitor)
    assert end(anonymous, (account["username"], account["password"])).status_code in (200, 204)
    assert not is_signed_in(visitor)


def test_a_demotion_ends_sessions_and_another_change_does_not(
    server: Server, admin: httpx.Client, anonymous: httpx.Client
) -> None:
    chief = new_account(admin, role="admin")
    visitor = Visitor(server)
    visitor.sign_in(chief["username"], chief["password"])
    assert visitor.get("/admin/audit").status_code == 200
    admin.patch(f"/users/{chief['id']}", json={"name": "Another"}, headers=MERGE)
    assert is_signed_in(visitor)
    assert admin.patch(f"/users/{chief['id']}", json={"role": "user"}, headers=MERGE).status_code == 200
    assert not is_signed_in(visitor)
    visitor.http.close()


def test_an_ended_session_is_anonymous_and_not_an_error(store: Database, visitor: Visitor) -> None:
    rewrite(store, visitor, last_used_at=timedelta(days=1))
    assert visitor.page("/articles").link("Sign in") == "/sign-in?next=/articles"
    assert "/sign-in?next=/secrets" in visitor.page("/secrets", status=401).links()
