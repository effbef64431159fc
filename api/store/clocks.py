"""The database's clock."""

from datetime import datetime

import sqlalchemy as sa

from api.rules.clock import now
from api.store.audit import audit
from api.store.database import Database


def seconds_apart(database: Database) -> float:
    """Seconds between this machine's clock and the database's; 0 for SQLite, which has no clock of its own."""
    if database.sqlite:
        return 0.0
    with database.reading() as db:
        theirs: datetime = db.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return abs((theirs - now()).total_seconds())


def newest_change(database: Database) -> str | None:
    """The time of the newest row of the audit trail; None without rows."""
    with database.reading() as db:
        found: str | None = db.execute(sa.select(sa.func.max(audit.c.created_at))).scalar_one()
    return found
