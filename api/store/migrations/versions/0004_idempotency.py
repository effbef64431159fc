"""Idempotency keys and their stored answers."""

import sqlalchemy as sa
from alembic import op

from api.store import columns
from api.store.migrations.set_aside import bring_back, set_aside

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("idempotency_keys",)


def upgrade() -> None:
    """Create the table."""
    if bring_back(*TABLES):
        return
    op.create_table(
        "idempotency_keys",
        sa.Column("owner", columns.Text, nullable=False),
        sa.Column("key", columns.Text, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", columns.Moment, nullable=False),
        sa.Column("status", sa.Integer, nullable=True),
        sa.Column("headers", columns.Json, nullable=True),
        sa.Column("content", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("owner", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_expires_at", "idempotency_keys", ["expires_at"])


def downgrade() -> None:
    """Set it aside."""
    set_aside(*TABLES)
