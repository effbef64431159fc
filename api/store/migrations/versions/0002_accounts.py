"""Passwords, tokens, secrets, and the audit trail."""

import sqlalchemy as sa
from alembic import op

from api.store import columns
from api.store.migrations.set_aside import bring_back, set_aside

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("audit", "secrets", "tokens", "logins")


def upgrade() -> None:
    """Create the tables."""
    if bring_back(*TABLES):
        return
    op.create_table(
        "logins",
        sa.Column("user_id", columns.Id, nullable=False, autoincrement=False),
        sa.Column("password_hash", columns.Text, nullable=False),
        sa.Column("well_known", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_logins"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_logins_user_id", ondelete="CASCADE"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("scopes", columns.Json, nullable=False),
        sa.Column("created_at", columns.Moment, nullable=False),
        sa.Column("expires_at", columns.Moment, nullable=False),
        sa.Column("last_used_at", columns.Moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("digest", name="uq_tokens_digest"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_tokens_user_id", ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tokens_user_id", "tokens", ["user_id", "id"])
    op.create_table(
        "secrets",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("name", columns.Text, nullable=False),
        sa.Column("value", columns.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", columns.Moment, nullable=False),
        sa.Column("updated_at", columns.Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_secrets"),
        sa.UniqueConstraint("user_id", "name", name="uq_secrets_user_id_name"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_secrets_user_id", ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit",
        sa.Column("id", columns.Id, nullable=False),
        sa.Column("created_at", columns.Moment, nullable=False),
        sa.Column("user_id", columns.Id, nullable=True),
        sa.Column("username", columns.Text, nullable=True),
        sa.Column("action", columns.Text, nullable=False),
        sa.Column("target", columns.Text, nullable=False),
        sa.Column("request_id", columns.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    for column in ("created_at", "user_id", "target"):
        op.create_index(f"ix_audit_{column}", "audit", [column, "id"])


def downgrade() -> None:
    """Set them aside."""
    set_aside(*TABLES)
