"""Sessions of browsers."""

import sqlalchemy as sa
from alembic import op

from api.store import columns
from api.store.migrations.set_aside import bring_back, set_aside

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("sessions",)


def upgrade() -> None:
    """Create the table."""
    if bring_back(*TABLES):
        return
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("user_id", columns.Id, nullable=False),
        sa.Column("created_at", columns.Moment, nullable=False),
        sa.Column("last_used_at", columns.Moment, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id", ondelete="CASCADE"),
    )
    for column in ("user_id", "created_at"):
        op.create_index(f"ix_sessions_{column}", "sessions", [column])


def downgrade() -> None:
    """Set it aside."""
    set_aside(*TABLES)
