"""The state of sessions: whether one is valid, and the stored rows."""

from typing import Any

import httpx
import sqlalchemy as sa

from api.store.accounts import sessions
from api.store.database import Database
from tests.pages.visitors import BROWSER, Visitor
from tests.resources.accounts.accounts import CONNECTIONS

JSON = {"Accept": "application/json"}
MERGE = {"Content-Type": "application/merge-patch+json"}


def is_signed_in(visitor: Visitor) -> bool:
    """Whether pages of all workers say so: requests over new connections reach each worker."""
    cookies = {"session": visitor.cookie or ""}
    options: dict[str, Any] = {"headers": {**BROWSER, "Connection": "close"}, "cookies": cookies, "trust_env": False}
    with httpx.Client(base_url=visitor.origin, **options) as http:
        answers = {http.get("/users/me").status_code for _ in range(CONNECTIONS)}
    assert len(answers) == 1
    return answers == {200}


def rows(store: Database, account: dict[str, Any]) -> list[Any]:
    with store.reading() as db:
        return list(db.execute(sa.select(sessions).where(sessions.c.user_id == account["id"])).fetchall())
