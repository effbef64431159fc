"""Marks of the toolbox's auth lab: used codes and tokens, and counters of nonces."""

import sqlalchemy as sa
from alembic import op

from api.store.migrations.set_aside import bring_back, set_aside

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = ("toolbox_used", "toolbox_nonces")


def upgrade() -> None:
    """Create the tables."""
    if bring_back(*TABLES):
        return
    op.create_table(
        "toolbox_used",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_toolbox_used"),
    )
    op.create_table(
        "toolbox_nonces",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_toolbox_nonces"),
    )
    for table in TABLES:
        op.create_index(f"ix_{table}_until", table, ["until"])


def downgrade() -> None:
    """Set them aside."""
    set_aside(*TABLES)
