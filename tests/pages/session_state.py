"""What a test asks about sessions: whether one is good, and which are stored."""

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
    """Whether a page says so, whichever worker makes it: asked over new connections, until each has been met."""
    cookies = {"session": visitor.cookie or ""}
    options: dict[str, Any] = {"headers": {**BROWSER, "Connection": "close"}, "cookies": cookies, "trust_env": False}
    with httpx.Client(base_url=visitor.origin, **options) as http:
        answers = {http.get("/users/me").status_code for _ in range(CONNECTIONS)}
    assert len(answers) == 1
    return answers == {200}


def rows(store: Database, account: dict[str, Any]) -> list[Any]:
    with store.reading() as db:
        return list(db.execute(sa.select(sessions).where(sessions.c.user_id == account["id"])).fetchall())
