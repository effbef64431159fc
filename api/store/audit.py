"""The audit trail: each change with its author, written in the transaction of the change."""

import sqlalchemy as sa

from api.rules.accounts import Account
from api.rules.clock import present
from api.store.columns import Id, Moment, Text, metadata
from api.store.prepared import Prepared

# No foreign key, because the trail keeps the name of an account after its deletion.
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("user_id", Id),  # null: anonymous, or the command line
    sa.Column("username", Text),
    sa.Column("action", Text, nullable=False),
    sa.Column("target", Text, nullable=False),
    sa.Column("request_id", Text),  # null: the command line
    sqlite_autoincrement=True,
)
for column in ("created_at", "user_id", "target"):
    sa.Index(f"ix_audit_{column}", audit.c[column], audit.c.id)

_insert = Prepared(audit.insert())


def write_audit(
    db: sa.Connection, account: Account | None, action: str, target: str, request_id: str | None = None
) -> None:
    """Record that `account` (None: anonymous) did `action` to `target`, the path of a resource."""
    _insert.rows(
        db,
        {
            "created_at": present(),
            "user_id": account and account.id,
            "username": account and account.username,
            "action": action,
            "target": target,
            "request_id": request_id,
        },
    )
