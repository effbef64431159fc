"""The content of new spaces: the same in each, so that a test may expect an id."""

from collections.abc import Sequence

import sqlalchemy as sa

from api.store import loading, migrating
from api.store.accounts import logins, users
from api.store.database import Database
from api.store.documents import replace_all
from api.store.loading import Loader
from api.store.space_data import Data
from api.store.spaces import EMPTY

# The time of every row of a new space: it does not depend on the start of the server.
MADE = "2026-01-01T00:00:00.000Z"


def fill(database: Database, kind: str, data: Data | None, loaders: Sequence[Loader], *, passwords: bool) -> None:
    """Write a template: `seeded` has the rows of a development database, `empty` only its administrator.

    With own `data`, both have its documents instead of articles.

    Without `passwords`, nobody can sign in with the well-known ones: only the token of the space opens it.
    """
    migrating.upgrade(database)
    loading.seed(database, [each for each in loaders if (kind != EMPTY and not data) or each.table is users])
    with database.transaction() as db:
        if kind == EMPTY:
            db.execute(users.delete().where(users.c.username != "admin"))
            db.execute(sa.text("UPDATE sqlite_sequence SET seq = 1 WHERE name = 'users'"))
        if not passwords:
            db.execute(logins.delete())
        for loader in loaders:
            db.execute(loader.table.update().values(created_at=MADE, updated_at=MADE))
        if data:
            replace_all(db, data.filled(), data.digest)
